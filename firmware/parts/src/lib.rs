//! Parts that are the same on every board, 32 bits or 64: the arena between its canaries, and the
//! gauge of the stack. Both need `unsafe`, which the app has none of.
#![no_std]

mod arena;
mod stack;

pub use arena::{Arena, Canaries};
pub use stack::Painted;
