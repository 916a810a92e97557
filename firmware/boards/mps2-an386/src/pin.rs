//! The busy pin: the first of the board's LEDs.

use core::convert::Infallible;

use embedded_hal::digital::{ErrorType, OutputPin};
use vcell::VolatileCell;

/// LED 0 of the board's FPGA I/O.
pub struct Led(&'static VolatileCell<u32>);

impl Led {
    /// The LED, off.
    pub fn new() -> Self {
        let register = core::ptr::with_exposed_provenance::<VolatileCell<u32>>(0x4002_8000);
        // SAFETY: this is the address of the LED register on this board; it exists for ever and is
        // only touched through a volatile cell.
        let register = unsafe { &*register };
        register.set(0);
        Self(register)
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
