//! The CMSDK UART of the board: the link on UART0, the log on UART1. Polled; no interrupts.

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
/// The smallest divider there is: 25 MHz / 16 = 1.6 Mbaud.
const DIVIDER: u32 = 16;

/// A UART that is set up.
pub struct Uart(&'static Registers);

impl Uart {
    /// UART0, the line to the host.
    pub fn link() -> Self {
        Self::at(0x4000_4000)
    }

    /// UART1, the log.
    pub fn log() -> Self {
        Self::at(0x4000_5000)
    }

    fn at(address: usize) -> Self {
        let registers = core::ptr::with_exposed_provenance::<Registers>(address);
        // SAFETY: both addresses above are those of a CMSDK UART on this board, whose first five
        // registers are as declared; they exist for ever, and are only touched through volatile
        // cells, so it does no harm if two values refer to the same UART.
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
