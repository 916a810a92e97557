//! The plan: where every tensor's ring lies, how many rows it holds, and what runs interleaved.
//!
//! A net is cut into *segments*; within one, operators run interleaved, row by row, so that a tensor
//! never exists as a whole, and nothing is computed twice. Between segments tensors are whole. The
//! planner looks for the cuts, ring heights and places in the arena that take the least memory
//! ([`Ram::Auto`]), or the least work that fits a budget ([`Ram::Budget`]):
//!
//! 1. [`draft`]: the net as the runtime's own schedule sees it;
//! 2. [`pull`]: how many rows each ring of a segment has to hold;
//! 3. [`replay`]: the schedule run without arithmetic, and what is needed of each ring when;
//! 4. [`cuts`]: dynamic programming over the places to cut, over what is [`known`] of segments;
//! 5. [`spacing`], [`pack`] and `place`: how far apart rings must lie, and where they do lie;
//! 6. [`search`]: all of it, for a goal;
//! 7. `clear`: places once more, for steps that gain where they lie clear of what they read.

mod clear;
pub mod cuts;
pub mod draft;
pub mod known;
mod layerwise;
pub mod loose;
mod overlap;
pub mod pack;
mod place;
pub mod pull;
pub mod replay;
pub mod search;
pub mod spacing;

pub use layerwise::layerwise;
pub use search::plan;

/// What a plan is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ram {
    /// The least memory.
    Auto,
    /// The least work in at most this many bytes of arena and scratch.
    Budget(usize),
    /// Every operator by itself, all rows at once.
    Layerwise,
}

/// A tensor's ring and its place in the schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ring {
    /// First byte in the arena.
    pub offset: usize,
    /// Rows that it holds.
    pub rows: usize,
    /// First byte of the landing in the arena.
    pub landing_offset: usize,
    /// Rows that the landing holds; 0 if there is none.
    pub landing_rows: usize,
    /// Rows that its operator makes in one step; of its input, if it accumulates.
    pub step_rows: usize,
    /// Whether its operator, a pool, takes its input row by row.
    pub accumulates: bool,
    /// First and last operator that read it; the last is `None` if the caller does.
    pub readers: (usize, Option<usize>),
}

/// A plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// For each operator the ring of its tensor.
    pub rings: Vec<Ring>,
    /// Number of operators of each segment.
    pub segments: Vec<usize>,
    /// Bytes of the arena.
    pub arena_bytes: usize,
    /// What no plan that the planner considers gets below, however it places its rings: the least,
    /// over all cuts and styles, of the most bytes of rows that are needed at one time. `None` if it
    /// was not looked for.
    pub bound: Option<usize>,
}
