//! Counts instructions by the core's cycle counter.
//!
//! Under QEMU's `-icount shift=0` every instruction takes one nanosecond of the board's time, and
//! the emulated core runs at 1 GHz: a cycle is an instruction, the same number on every machine.

use tidbit_app::Counter;

/// A core's cycle counter, running.
pub trait Clock {
    /// The count. No access to memory is moved across it.
    fn now(&self) -> u64;
}

/// Counts what lies between two looks at the clock.
pub struct Cycles<C> {
    clock: C,
    begun: u64,
    /// What a piece of no work at all seems to cost.
    overhead: u64,
}

impl<C: Clock> Cycles<C> {
    /// By this clock.
    pub fn by(clock: C) -> Self {
        let mut counter = Self {
            clock,
            begun: 0,
            overhead: 0,
        };
        counter.begin();
        counter.overhead = counter.end();
        counter
    }
}

impl<C: Clock> Counter for Cycles<C> {
    #[inline(never)]
    fn begin(&mut self) {
        self.begun = self.clock.now();
    }

    #[inline(never)]
    fn end(&mut self) -> u64 {
        self.elapsed().saturating_sub(self.overhead)
    }

    fn elapsed(&self) -> u64 {
        self.clock.now().wrapping_sub(self.begun)
    }
}
