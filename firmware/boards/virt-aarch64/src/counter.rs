//! The core's cycle counter, by which [`Cycles`] counts instructions.

use core::arch::asm;

use tidbit_virt::{Clock, Cycles};

/// `PMCR_EL0.E`: counters count; `PMCR_EL0.LC`: that of cycles has 64 bits.
const ENABLE_LONG: u64 = 1 << 0 | 1 << 6;
/// `PMCNTENSET_EL0.C`: that of cycles among them.
const CYCLES: u64 = 1 << 31;

/// The counter, running.
pub struct Running;

/// Starts the counter.
pub fn start() -> Cycles<Running> {
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
    Cycles::by(Running)
}

impl Clock for Running {
    /// Not `nomem`: no access to memory may be moved across it.
    fn now(&self) -> u64 {
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
