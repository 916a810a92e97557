//! Counts instructions, exactly, by a counter that is dozens of times too coarse.
//!
//! Under QEMU's `-icount shift=0` every instruction takes one nanosecond of the board's time, so a
//! counter at 25 MHz makes one tick for each 40 instructions, one at 20 MHz for each 50: the same number
//! on every machine. What lies between two ticks is found as with a vernier: a loop of one instruction
//! more than a tick has reads the counter until two ticks went by at once. That happens only if the
//! reading before came in the last instruction of a tick, so this one came in the first of its own; and
//! the number of turns tells how long ago the loop began.

use core::arch::asm;

use tidbit_app::Counter;

use crate::FpgaIo;

/// Instructions of a turn of the loop beside those that only pass the time.
const TURN: usize = 8;
/// The edge comes within this many turns, unless the board is none that QEMU emulates with
/// `-icount`; there the count is only good to a tick or two.
const MOST_TURNS: u32 = 96;

/// The counter of the FPGA I/O, which makes a tick for each `TICK` instructions.
pub struct Timer<const TICK: usize> {
    counter: *const u32,
    begun: u32,
    /// What a piece of no work at all seems to cost.
    overhead: u64,
}

/// The first instruction of a tick.
struct Edge {
    /// Ticks of the counter by then.
    ticks: u32,
    /// Turns of the loop that it took to find it.
    turns: u32,
}

impl<const TICK: usize> Timer<TICK> {
    /// Finds out what a piece of no work costs.
    pub fn start(io: FpgaIo) -> Self {
        let mut timer = Self {
            counter: io.counter(),
            begun: 0,
            overhead: 0,
        };
        // Twice: the first time, the loop is not yet where the emulator has translated code.
        for _ in 0..2 {
            timer.overhead = 0;
            timer.begin();
            timer.overhead = timer.end();
        }
        timer
    }

    /// Waits for the next edge. All instructions of the loop are such as a Cortex-M0+ has.
    #[inline(never)]
    fn edge(&self) -> Edge {
        let mut turns = 0u32;
        let ticks: u32;
        // SAFETY: reads the counter's register, which may be read at any time, and otherwise works on
        // the registers named below alone.
        unsafe {
            asm!(
                "ldr {before}, [{at}]",
                ".rept {tick}",
                "nop",
                ".endr",
                "2:",
                "ldr {ticks}, [{at}]",
                "subs {went}, {ticks}, {before}",
                "mov {before}, {ticks}",
                "adds {turns}, {turns}, #1",
                "cmp {turns}, {most}",
                "beq 3f",
                ".rept {rest}",
                "nop",
                ".endr",
                "cmp {went}, #1",
                "bls 2b",
                "3:",
                tick = const TICK,
                rest = const { TICK + 1 - TURN },
                at = in(reg) self.counter,
                most = in(reg) MOST_TURNS,
                before = out(reg) _,
                went = out(reg) _,
                turns = inout(reg) turns,
                ticks = out(reg) ticks,
                options(nostack, readonly),
            );
        }
        Edge { ticks, turns }
    }
}

impl<const TICK: usize> Counter for Timer<TICK> {
    #[inline(never)]
    fn begin(&mut self) {
        self.begun = self.edge().ticks;
    }

    #[inline(never)]
    fn end(&mut self) -> u64 {
        let edge = self.edge();
        let ticks = u64::from(edge.ticks.wrapping_sub(self.begun));
        let waited = u64::from(edge.turns).wrapping_mul(TICK as u64 + 1);
        ticks
            .wrapping_mul(TICK as u64)
            .saturating_sub(waited)
            .saturating_sub(self.overhead)
    }

    fn elapsed(&self) -> u64 {
        // SAFETY: the counter's register, which may be read at any time.
        let ticks = unsafe { self.counter.read_volatile() };
        u64::from(ticks.wrapping_sub(self.begun)).wrapping_mul(TICK as u64)
    }
}
