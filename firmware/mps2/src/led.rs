//! The busy pin: the first of the board's LEDs.

use core::convert::Infallible;

use embedded_hal::digital::{ErrorType, OutputPin};
use vcell::VolatileCell;

use crate::FpgaIo;

/// LED 0 of the board's FPGA I/O.
pub struct Led(&'static VolatileCell<u32>);

impl Led {
    /// The LED, off.
    pub fn new(io: FpgaIo) -> Self {
        io.leds().set(0);
        Self(io.leds())
    }
}

impl ErrorType for Led {
    type Error = Infallible;
}

impl OutputPin for Led {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.set(self.0.get() & !1);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.set(self.0.get() | 1);
        Ok(())
    }
}
