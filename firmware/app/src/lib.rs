//! The firmware without the board: waits on a serial link for an image, runs it through the blob,
//! answers with output, scores and what the inference took.
//!
//! A board brings four things ([`Board`]): a serial line, a pin that is high while the net runs, a
//! counter of instructions or cycles, and a gauge of its stack. It also says where the blob lies
//! and gives the [`Memory`] that nets run in. One firmware runs any blob that fits.
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod blob;
mod board;
mod inference;
mod line;
mod log;
mod memory;
mod meter;
mod serve;
mod trace;

pub use blob::find_blob;
pub use board::{Board, Counter, StackGauge};
pub use line::Line;
pub use memory::{Fence, Memory};
pub use serve::{Budget, serve};
pub use trace::Trace;
