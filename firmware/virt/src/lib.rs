//! What QEMU's board `virt` has alike whichever core it has, of 32 bits or 64: the UART that is the link,
//! the log by semihosting, the program that runs nets, the end.
//!
//! How a core starts, maps its memory, reads its counter and takes exceptions is its board's own.
#![no_std]

mod blob;
mod counter;
mod logger;
mod panic;
mod pin;
mod serve;
mod uart;

pub use blob::region;
pub use counter::{Clock, Cycles};
pub use panic::halt;
pub use pin::NoPin;
pub use serve::{Buffers, serve};
pub use tidbit_app::Budget;
pub use tidbit_parts::Arena;
pub use uart::Link;
