//! Parts that are the same on every board, 32 bits or 64: the arena between its canaries, and the
//! gauge of the stack. Both need `unsafe`, which the app has none of.
#![no_std]

mod arena;
mod stack;

// Copies and fills that take little flash.
#[cfg(tidbit_short_copies)]
core::arch::global_asm!(include_str!("memory.s"), options(raw));

pub use arena::{Arena, Canaries};
pub use stack::Painted;
