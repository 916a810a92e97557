//! What can go wrong between the host and a board, one variant a cause.

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;
use tidbit_link::Fault;

use super::{Breach, Budget};

/// Why a board gave no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BoardError {
    /// The firmware's folder is nowhere to be found.
    #[error(
        "the firmware's sources are not found. Run this inside tidbit's repository, or name its \
         folder `firmware` with the environment variable TIDBIT_FIRMWARE_DIR."
    )]
    NoFirmware,
    /// There is no board of this name.
    #[error("there is no board named {name}. There are: {}.", known.join(", "))]
    NoBoard {
        /// The name.
        name: String,
        /// Names of the boards there are.
        known: Vec<String>,
    },
    /// The board has no such core.
    #[error("{board} has no core {cpu}. It may have: {}.", known.join(", "))]
    NoCpu {
        /// The board.
        board: String,
        /// Name of the core.
        cpu: String,
        /// Names of the cores it may have.
        known: Vec<String>,
    },
    /// A board's description cannot be read.
    #[error("{}: {reason}. Correct the board's description.", path.display())]
    Description {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The firmware cannot be built.
    #[error("the firmware cannot be built ({command}):\n{output}")]
    Build {
        /// What was run.
        command: String,
        /// The end of what it printed.
        output: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}. Check the path and its permissions.", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The blob is none.
    #[error("{}: {source}. Quantize the model anew.", path.display())]
    Blob {
        /// The file.
        path: PathBuf,
        /// The runtime's reason.
        source: tidbit::Error,
    },
    /// The blob exceeds budgets of the board.
    #[error(
        "{} does not fit {board}: it needs {}. Use a smaller net or image, or a larger board.",
        path.display(), over.iter().map(Budget::excess).collect::<Vec<_>>().join("; ")
    )]
    TooLarge {
        /// The blob.
        path: PathBuf,
        /// The board.
        board: String,
        /// The budgets that it exceeds.
        over: Vec<Budget>,
    },
    /// Nobody measured what stack an operator takes on the board.
    #[error(
        "the description of {board} has no figure of stack for the operator {key}. Measure it: \
         TIDBIT_BLESS=1 cargo test --release --workspace --test board_stack."
    )]
    NoStackFigure {
        /// The board.
        board: String,
        /// Key of the operator.
        key: String,
    },
    /// The certificate says something else than the board's memory.
    #[error("the certificate of {} does not hold on {board}: {breach}", path.display())]
    Uncertified {
        /// The blob.
        path: PathBuf,
        /// The board.
        board: String,
        /// What it says wrong.
        breach: Breach,
    },
    /// The canaries around the arena were overwritten.
    #[error(
        "the inference wrote outside of the board's arena: a canary right before or behind it is overwritten. \
         This is a defect of tidbit; please report it with the blob and the image."
    )]
    Fence,
    /// The image is not of the net's size.
    #[error("the image has {have} bytes where the net takes {expected}. Resize it first.")]
    Image {
        /// Bytes given.
        have: usize,
        /// Bytes expected.
        expected: usize,
    },
    /// The emulator is not installed.
    #[error(
        "{program} is not installed. Install it: apt-get install qemu-system-arm \
         (Debian, Ubuntu), brew install qemu (macOS)."
    )]
    NoEmulator {
        /// Name of the program.
        program: String,
    },
    /// The operating system refused something that the emulation needs.
    #[error("cannot {what}: {source}")]
    Host {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The board went silent.
    #[error("the board did not {what} within {} seconds.{details}", after.as_secs())]
    Silent {
        /// What it was expected to do.
        what: &'static str,
        /// How long the host waited.
        after: Duration,
        /// The emulator's and the board's last words.
        details: String,
    },
    /// The emulator ended.
    #[error(
        "the emulator ended ({status}). If it locked up, the firmware crashed: most likely the stack \
         in board.toml is too small.{details}"
    )]
    Ended {
        /// Its exit status.
        status: String,
        /// The emulator's and the board's last words.
        details: String,
    },
    /// The board refused.
    #[error("the board refused: {fault}.{details}")]
    Refused {
        /// Its reason.
        fault: Fault,
        /// The emulator's and the board's last words.
        details: String,
    },
    /// The board said something that makes no sense here.
    #[error(
        "the board and this tool do not understand one another: {reason}. Build the firmware anew."
    )]
    Protocol {
        /// What is wrong.
        reason: String,
    },
}
