//! The memory in which nets run, and the proof of how much of it they touch.
//!
//! Paint laid before an inference and looked for afterwards shows which bytes were written; the
//! [`Fence`] shows whether anything outside was. Neither is counted in an inference's instructions
//! or stack.

use tidbit::Model;
use tidbit_link::HighWater;

/// Canaries on both sides of the arena: bytes that nobody has a reason to write.
///
/// The board holds them, and reads them in a way that the optimizer cannot foresee.
pub trait Fence {
    /// Writes the canaries anew.
    fn raise(&mut self);
    /// Whether all of them are as they were written.
    fn intact(&self) -> bool;
}

/// What a board keeps for nets.
pub struct Memory<'a> {
    /// Arena and scratch, and nothing else.
    pub arena: &'a mut [u8],
    /// The bytes right before and behind the arena.
    pub fence: &'a mut dyn Fence,
    /// Holds a row of the image while it comes in, and the scores while they go out.
    pub buffer: &'a mut [u16],
}

/// What was touched of painted memory: the place behind the last byte that lost its paint, once in
/// the model's arena and once in all that lies behind it.
pub(crate) fn high_water(model: &Model<'_>, memory: &[u8], paint: u8) -> HighWater {
    let touched = |bytes: &[u8]| {
        let last = bytes.iter().rposition(|byte| *byte != paint);
        let bytes = last.map_or(0, |last| last.saturating_add(1));
        u32::try_from(bytes).unwrap_or(u32::MAX)
    };
    let whole: (&[u8], &[u8]) = (memory, &[]);
    let (arena, scratch) = memory
        .split_at_checked(model.arena_bytes())
        .unwrap_or(whole);
    HighWater {
        arena: touched(arena),
        scratch: touched(scratch),
    }
}
