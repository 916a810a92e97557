//! Counts instructions, exactly, by a timer that is forty times too coarse.
//!
//! Under QEMU's `-icount shift=0` every instruction takes one nanosecond of the board's time, so a
//! timer at 25 MHz makes one tick for each 40 instructions, the same number on every machine.
//! What lies between two ticks is found as with a vernier: a loop of 41 instructions reads the
//! timer until two ticks went by at once. That happens only if the reading before came in the last
//! instruction of a tick, so this one came in the first of its own; and the number of turns tells
//! how long ago the loop began.

use core::arch::asm;

use tidbit_app::Counter;
use vcell::VolatileCell;

/// The registers of a CMSDK APB timer.
#[repr(C)]
struct Registers {
    control: VolatileCell<u32>,
    value: VolatileCell<u32>,
    reload: VolatileCell<u32>,
}

const ENABLE: u32 = 1;
/// Instructions of a tick.
const TICK: u64 = 40;
/// Instructions of one turn of the loop that looks for the edge of a tick.
const TURN: u64 = TICK + 1;
/// The edge comes within this many turns, unless the board is none that QEMU emulates with
/// `-icount`; there the count is only good to a tick or two.
const MOST_TURNS: u32 = 64;

/// Timer 0, running. It has 32 bits where SysTick has 24.
pub struct Timer {
    registers: &'static Registers,
    begun: u32,
    /// What a piece of no work at all seems to cost.
    overhead: u64,
}

/// The first instruction of a tick.
struct Edge {
    /// Ticks of the timer by then.
    ticks: u32,
    /// Turns of the loop that it took to find it.
    turns: u32,
}

impl Timer {
    /// Starts the timer; it runs through all 32 bits.
    pub fn start() -> Self {
        let registers = core::ptr::with_exposed_provenance::<Registers>(0x4000_0000);
        // SAFETY: this is the address of timer 0 on this board, a CMSDK APB timer with these
        // registers, which exist for ever and are only touched through volatile cells.
        let registers = unsafe { &*registers };
        registers.reload.set(u32::MAX);
        registers.value.set(u32::MAX);
        registers.control.set(ENABLE);
        let mut timer = Self {
            registers,
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

    /// Waits for the next edge.
    #[inline(never)]
    fn edge(&self) -> Edge {
        let mut turns = 0u32;
        let value: u32;
        // SAFETY: reads the timer's value register, which may be read at any time, and otherwise
        // works on the registers named below alone.
        unsafe {
            asm!(
                "ldr {before}, [{at}]",
                ".rept 40",
                "nop",
                ".endr",
                "2:",
                "ldr {value}, [{at}]",
                "sub {went}, {before}, {value}",
                "mov {before}, {value}",
                "add {turns}, {turns}, #1",
                "cmp {turns}, {most}",
                "it eq",
                "moveq {went}, #2",
                ".rept 32",
                "nop",
                ".endr",
                "cmp {went}, #1",
                "bls 2b",
                at = in(reg) self.registers.value.as_ptr(),
                most = in(reg) MOST_TURNS,
                before = out(reg) _,
                went = out(reg) _,
                turns = inout(reg) turns,
                value = out(reg) value,
                options(nostack, readonly),
            );
        }
        // The timer counts down; this is how far it has come.
        Edge {
            ticks: !value,
            turns,
        }
    }
}

impl Counter for Timer {
    #[inline(never)]
    fn begin(&mut self) {
        self.begun = self.edge().ticks;
    }

    #[inline(never)]
    fn end(&mut self) -> u64 {
        let edge = self.edge();
        let ticks = u64::from(edge.ticks.wrapping_sub(self.begun));
        let waited = u64::from(edge.turns).wrapping_mul(TURN);
        ticks
            .wrapping_mul(TICK)
            .saturating_sub(waited)
            .saturating_sub(self.overhead)
    }

    fn elapsed(&self) -> u64 {
        let ticks = (!self.registers.value.get()).wrapping_sub(self.begun);
        u64::from(ticks).wrapping_mul(TICK)
    }
}
