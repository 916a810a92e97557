//! The CMSDK UART. Polled; no interrupts.

use core::convert::Infallible;

use embedded_io::{ErrorType, Read, Write};
use vcell::VolatileCell;

/// The registers of a UART.
#[repr(C)]
struct Registers {
    data: VolatileCell<u32>,
    state: VolatileCell<u32>,
    control: VolatileCell<u32>,
    interrupts: VolatileCell<u32>,
    divider: VolatileCell<u32>,
}

const TX_FULL: u32 = 1 << 0;
const RX_FULL: u32 = 1 << 1;
const TX_RX_ENABLE: u32 = 0b11;
/// The smallest divider there is: 25 MHz give 1.6 Mbaud.
const DIVIDER: u32 = 16;

/// A UART that is set up.
pub struct Uart(&'static Registers);

impl Uart {
    /// The UART whose registers begin at `address`.
    ///
    /// # Safety
    /// That has to be so.
    pub unsafe fn at(address: usize) -> Self {
        let registers = core::ptr::with_exposed_provenance::<Registers>(address);
        // SAFETY: by the promise of the caller these are the first five registers of a UART; they exist
        // for ever, and are only touched through volatile cells, so it does no harm if two values refer
        // to the same UART.
        let registers = unsafe { &*registers };
        registers.divider.set(DIVIDER);
        registers.control.set(TX_RX_ENABLE);
        // Throws away what may stand there from before. QEMU needs the read as well: by it, it
        // finds out that the board is ready for what the host sent while the board booted.
        registers.data.get();
        Self(registers)
    }

    /// Sends a byte, waiting for room first.
    pub fn put(&self, byte: u8) {
        while self.0.state.get() & TX_FULL != 0 {}
        self.0.data.set(u32::from(byte));
    }
}

impl ErrorType for Uart {
    type Error = Infallible;
}

impl Read for Uart {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let Some(first) = buffer.first_mut() else {
            return Ok(0);
        };
        while self.0.state.get() & RX_FULL == 0 {}
        *first = self.0.data.get() as u8;
        Ok(1)
    }
}

impl Write for Uart {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        for byte in bytes {
            self.put(*byte);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
