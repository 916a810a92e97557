//! Measures what the runtime alone takes, piece by piece of an inference.

use crate::board::{Counter, StackGauge};

/// Sums of one inference.
#[derive(Clone, Copy, Default)]
pub(crate) struct Meter {
    /// Instructions or cycles.
    pub(crate) instructions: u64,
    /// Most stack.
    pub(crate) stack_bytes: u32,
}

impl Meter {
    /// Runs a piece of work and adds what it took.
    #[inline(never)]
    pub(crate) fn run<T, C: Counter, S: StackGauge>(
        &mut self,
        counter: &mut C,
        stack: &mut S,
        work: impl FnOnce(&C) -> T,
    ) -> T {
        stack.paint();
        counter.begin();
        let result = work(counter);
        let instructions = counter.end();
        self.stack_bytes = self.stack_bytes.max(stack.used());
        self.instructions = self.instructions.wrapping_add(instructions);
        result
    }
}
