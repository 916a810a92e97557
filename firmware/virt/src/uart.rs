//! The board's PL011 UART, which is the link. Polled; no interrupts.

use core::ptr::{NonNull, with_exposed_provenance_mut};

use arm_pl011_uart::{DataBits, Error, LineConfig, Parity, StopBits, Uart, UniqueMmioPointer};
use embedded_io::{ErrorType, Read, Write};

/// Where its registers lie.
const ADDRESS: usize = 0x0900_0000;
/// The board's clock for it.
const CLOCK_HZ: u32 = 24_000_000;
/// As fast as the clock allows.
const BAUD: u32 = CLOCK_HZ / 16;

/// The line to the host.
pub struct Link(Uart<'static>);

impl Link {
    /// The line, open; `main` asks once.
    pub fn open() -> Option<Self> {
        let registers = NonNull::new(with_exposed_provenance_mut(ADDRESS))?;
        // SAFETY: this is the address of a PL011 on this board, whose registers exist for ever;
        // `main` calls this once, and nobody else refers to them.
        let registers = unsafe { UniqueMmioPointer::new(registers) };
        let mut uart = Uart::new(registers);
        let line = LineConfig {
            data_bits: DataBits::Bits8,
            parity: Parity::None,
            stop_bits: StopBits::One,
        };
        uart.enable(line, BAUD, CLOCK_HZ).ok()?;
        Some(Self(uart))
    }
}

impl ErrorType for Link {
    type Error = Error;
}

impl Read for Link {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.0.read(buffer)
    }
}

impl Write for Link {
    /// Never more than there is, which the optimizer cannot see in the driver: callers would keep a
    /// panic for it.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let written = self.0.write(bytes)?;
        Ok(written.min(bytes.len()))
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.0.flush()
    }
}
