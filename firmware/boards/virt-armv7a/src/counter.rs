//! The core's cycle counter, by which [`Cycles`] counts instructions.
//!
//! It has 32 bits, which a large net may exceed; the system's timer, which is coarser, tells how often.

use core::arch::asm;

use tidbit_virt::{Clock, Cycles};

/// `PMCR.E`: counters count; `PMCR.C`: that of cycles begins at 0.
const ENABLE_RESET: u32 = 1 << 0 | 1 << 2;
/// `PMCNTENSET.C`: that of cycles among them.
const CYCLES: u32 = 1 << 31;
/// Cycles of a tick of the system's timer, which has 62.5 MHz.
const TICK: u64 = 16;

/// The counter, running.
pub struct Running {
    /// The system's timer when the counter began.
    first_tick: u64,
}

/// Starts the counter.
pub fn start() -> Cycles<Running> {
    // SAFETY: registers of the performance monitors, which this file alone uses.
    unsafe {
        asm!(
            "mcr p15, 0, {zero}, c14, c15, 7",
            "mcr p15, 0, {enable}, c9, c12, 0",
            "mcr p15, 0, {cycles}, c9, c12, 1",
            "isb",
            zero = in(reg) 0,
            enable = in(reg) ENABLE_RESET,
            cycles = in(reg) CYCLES,
            options(nostack, preserves_flags),
        );
    }
    Cycles::by(Running {
        first_tick: ticks(),
    })
}

impl Clock for Running {
    /// Not `nomem`: no access to memory may be moved across it.
    fn now(&self) -> u64 {
        let low: u32;
        // SAFETY: reads a counter, and does nothing else.
        unsafe {
            asm!(
                "isb",
                "mrc p15, 0, {low}, c9, c13, 0",
                low = out(reg) low,
                options(nostack, preserves_flags),
            );
        }
        let near = ticks().wrapping_sub(self.first_tick).wrapping_mul(TICK);
        // Both begin together, so they never are far apart.
        let off = low.wrapping_sub(near as u32) as i32;
        near.wrapping_add_signed(off.into())
    }
}

/// The system's timer.
fn ticks() -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: reads a counter, and does nothing else.
    unsafe {
        asm!(
            "mrrc p15, 1, {low}, {high}, c14",
            low = out(reg) low,
            high = out(reg) high,
            options(nostack, preserves_flags),
        );
    }
    u64::from(high) << 32 | u64::from(low)
}
