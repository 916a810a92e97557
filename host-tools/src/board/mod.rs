//! Boards: builds the firmware, boots it in an emulator with a blob in its flash, and has it
//! answer images over the same link that a real board has.
//!
//! ```no_run
//! # fn demo() -> Result<(), tidbit_cli::board::BoardError> {
//! use tidbit_cli::board::{Board, Emulated, firmware};
//! let board = Board::find("mps2-an386")?;
//! let elf = firmware::build(&board.name)?;
//! let mut device = Emulated::boot(&board, &elf, "net.tidbit".as_ref())?;
//! let image = vec![0; device.info().image_bytes()];
//! let answer = device.infer(&image, false)?;
//! println!("{} instructions", answer.instructions);
//! # Ok(())
//! # }
//! ```
//!
//! What a board has, and what of it tidbit may use, is data: `firmware/boards/<board>/board.toml`.

mod answer;
mod budget;
mod certificate;
mod conversation;
mod emulated;
mod error;
pub mod firmware;
mod limits;
mod log;
mod qemu;
mod spec;
mod stack;

pub use answer::BoardAnswer;
pub use budget::{Budget, Fit};
pub use certificate::{Breach, Certified, certify};
pub use emulated::{BoardInfo, Emulated};
pub use error::BoardError;
pub use spec::Board;
pub use stack::stack_key;
