//! Counts instructions by the core's cycle counter.
//!
//! Under QEMU's `-icount shift=0` every instruction takes one nanosecond of the board's time, and
//! the emulated core runs at 1 GHz: a cycle is an instruction, the same number on every machine.

use core::arch::asm;

use tidbit_app::Counter;

/// `PMCR_EL0.E`: counters count; `PMCR_EL0.LC`: that of cycles has 64 bits.
const ENABLE_LONG: u64 = 1 << 0 | 1 << 6;
/// `PMCNTENSET_EL0.C`: that of cycles among them.
const CYCLES: u64 = 1 << 31;

/// The cycle counter, running.
pub struct Cycles {
    begun: u64,
    /// What a piece of no work at all seems to cost.
    overhead: u64,
}

impl Cycles {
    /// Starts the counter.
    pub fn start() -> Self {
        // SAFETY: registers of the performance monitors, which this file alone uses.
        unsafe {
            asm!(
                "msr pmccfiltr_el0, xzr",
                "msr pmcr_el0, {enable}",
                "msr pmcntenset_el0, {cycles}",
                "isb",
                enable = in(reg) ENABLE_LONG,
                cycles = in(reg) CYCLES,
                options(nostack, preserves_flags),
            );
        }
        let mut counter = Self {
            begun: 0,
            overhead: 0,
        };
        counter.begin();
        counter.overhead = counter.end();
        counter
    }

    /// The count. Not `nomem`: no access to memory may be moved across it.
    fn now() -> u64 {
        let now;
        // SAFETY: reads a counter, and does nothing else.
        unsafe {
            asm!(
                "isb",
                "mrs {now}, pmccntr_el0",
                now = out(reg) now,
                options(nostack, preserves_flags),
            );
        }
        now
    }
}

impl Counter for Cycles {
    #[inline(never)]
    fn begin(&mut self) {
        self.begun = Self::now();
    }

    #[inline(never)]
    fn end(&mut self) -> u64 {
        Self::now()
            .wrapping_sub(self.begun)
            .saturating_sub(self.overhead)
    }

    fn elapsed(&self) -> u64 {
        Self::now().wrapping_sub(self.begun)
    }
}
