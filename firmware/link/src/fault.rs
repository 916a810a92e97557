//! What can go wrong on the device, one variant a cause.
//!
//! Faults travel as numbers, and become text on the host: a device that formats text carries
//! several kilobytes of code for it, with panics inside.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Why the device refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Fault {
    /// A frame arrived damaged, or longer than any frame is.
    BadFrame,
    /// A frame arrived whole, but holds no message that this device knows.
    UnknownMessage,
    /// A message came at the wrong moment.
    OutOfTurn,
    /// A piece of a row is not the one that was asked for.
    WrongPiece {
        /// Row that the device waits for.
        y: u16,
        /// Byte of that row.
        offset: u32,
    },
    /// The blob's header gives a length that the board has no room for.
    BlobTooLong {
        /// Length by the header.
        bytes: u32,
        /// Bytes that the board has for blobs.
        room: u32,
    },
    /// The blob did not pass validation; the device's log says why.
    BlobRefused,
    /// The board has too little memory for the blob.
    ArenaTooSmall {
        /// Bytes of arena and scratch that are needed.
        need: u32,
        /// Bytes that there are.
        have: u32,
    },
    /// The board's buffer is too small for a row of the image or for all scores.
    BufferTooSmall {
        /// Bytes that are needed.
        need: u32,
        /// Bytes that there are.
        have: u32,
    },
    /// The board has too little stack for the blob.
    StackTooSmall {
        /// Bytes that the runtime takes.
        need: u32,
        /// Bytes that are free.
        have: u32,
    },
    /// The runtime gave up in the middle of an inference; the device's log says why.
    Inference,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::BadFrame => write!(f, "a frame arrived damaged"),
            Self::UnknownMessage => write!(
                f,
                "a message is unknown to the firmware: build it anew with this host tool"
            ),
            Self::OutOfTurn => write!(f, "a message came at the wrong moment"),
            Self::WrongPiece { y, offset } => write!(
                f,
                "a piece of the image came that is not the one asked for (row {y} from byte {offset})"
            ),
            Self::BlobTooLong { bytes, room } => write!(
                f,
                "the blob's header says {bytes} bytes, {} more than the board's {room}",
                bytes.saturating_sub(room)
            ),
            Self::BlobRefused => {
                write!(f, "the blob in the board's flash did not pass validation")
            }
            Self::ArenaTooSmall { need, have } => write!(
                f,
                "the blob needs {need} bytes of arena and scratch, {} more than the board's {have}",
                need.saturating_sub(have)
            ),
            Self::BufferTooSmall { need, have } => write!(
                f,
                "the blob needs a buffer of {need} bytes for a row of its image or its scores, \
                 {} more than the board's {have}",
                need.saturating_sub(have)
            ),
            Self::StackTooSmall { need, have } => write!(
                f,
                "the blob needs {need} bytes of stack, {} more than the {have} that are free",
                need.saturating_sub(have)
            ),
            Self::Inference => write!(f, "the runtime gave up in the middle of an inference"),
        }
    }
}

impl core::error::Error for Fault {}
