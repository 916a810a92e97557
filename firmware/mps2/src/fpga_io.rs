//! The FPGA I/O block: LEDs, and a counter of 32 bits that begins at reset.

use vcell::VolatileCell;

#[repr(C)]
struct Registers {
    leds: VolatileCell<u32>,
    _reserved: [u32; 5],
    counter: VolatileCell<u32>,
}

/// The block.
#[derive(Clone, Copy)]
pub struct FpgaIo(&'static Registers);

impl FpgaIo {
    /// The block whose registers begin at `address`.
    ///
    /// # Safety
    /// That has to be so.
    pub unsafe fn at(address: usize) -> Self {
        let registers = core::ptr::with_exposed_provenance::<Registers>(address);
        // SAFETY: by the promise of the caller these are the block's registers, which exist for ever
        // and are only touched through volatile cells.
        Self(unsafe { &*registers })
    }

    pub(crate) fn leds(self) -> &'static VolatileCell<u32> {
        &self.0.leds
    }

    pub(crate) fn counter(self) -> *const u32 {
        self.0.counter.as_ptr()
    }
}
