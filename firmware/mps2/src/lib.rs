//! What Arm's MPS2 and MPS3 boards have alike. They are one board with an FPGA, and an image for each
//! core; so they differ in addresses and clocks, which stand in `board.toml`, and in nothing else.
//!
//! A board is a `board.toml` and a `Cargo.toml`: its programs are those of the folder `bin` beside
//! this one.
#![no_std]

// For every program: it brings copies and fills that take little flash.
use tidbit_parts as _;

mod blob;
mod fpga_io;
mod led;
mod logger;
mod panic;
mod timer;
mod uart;

pub use blob::BlobRegion;
pub use fpga_io::FpgaIo;
pub use led::Led;
pub use logger::log_to;
pub use timer::Timer;
pub use uart::Uart;
