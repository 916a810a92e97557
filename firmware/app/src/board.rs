//! What a board brings.

use embedded_hal::digital::OutputPin;
use embedded_io::{Read, Write};

/// Counts what a piece of work costs: instructions on an emulator, cycles on a chip.
pub trait Counter {
    /// Starts counting, as the last thing it does.
    fn begin(&mut self);
    /// The instructions (or cycles) from the return of [`begin`](Self::begin) to this call.
    fn end(&mut self) -> u64;
    /// About as many as [`end`](Self::end) would say, at little cost: to a step of the counter.
    fn elapsed(&self) -> u64;
}

/// Measures stack by painting it.
pub trait StackGauge {
    /// Paints all stack that is free now.
    fn paint(&mut self);
    /// Bytes of paint that were overwritten since: the most stack that was taken below the caller
    /// of [`paint`](Self::paint).
    fn used(&self) -> u32;
    /// Bytes of stack that are free now.
    fn free(&self) -> u32;
}

/// A board's parts.
pub struct Board<L: Read + Write, P: OutputPin, C: Counter, S: StackGauge> {
    /// The line to the host.
    pub link: L,
    /// High while the net runs.
    pub busy: P,
    /// Counts what an inference costs.
    pub counter: C,
    /// Measures what stack it takes.
    pub stack: S,
}
