//! What QEMU's board `virt` has alike whichever core it has, of 32 bits or 64: the UART that is the link,
//! the log by semihosting, the end.
//!
//! How a core starts, maps its memory, counts and takes exceptions is its board's own.
#![no_std]

mod blob;
mod logger;
mod panic;
mod pin;
mod uart;

pub use blob::region;
pub use panic::halt;
pub use pin::NoPin;
pub use uart::Link;
