//! The messages, both ways.
//!
//! An inference is this conversation; any `Hello` or `Start` in the middle abandons it.
//!
//! ```text
//! host                       device
//! Hello                  ->
//!                        <-  Info
//! Start                  ->
//!                        <-  NeedRow { y: 0, offset: 0 }
//! Row { y: 0, offset: 0 } ->
//!                        <-  NeedRow ... until the answer is there, then
//!                        <-  TensorHash or Instructions for every tensor (if traced)
//!                        <-  Output, piece by piece
//!                        <-  Scores, piece by piece
//!                        <-  Done
//! ```
//!
//! Messages are written by `postcard`: variants and integers as varints, slices with their length
//! in front. A change of this file is a new [`PROTOCOL`](crate::PROTOCOL).

use serde::{Deserialize, Serialize};

use crate::Fault;

/// What the host says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToDevice<'a> {
    /// Who are you? Answered by [`ToHost::Info`].
    Hello,
    /// Start an inference.
    Start {
        /// What to send of every tensor besides.
        trace: TraceKind,
        /// Fill the board's whole arena with this byte first, and say afterwards how much of it was
        /// overwritten. A byte that happens to be written with the paint's own value does not
        /// show: two inferences with different paints together show every one.
        paint: Option<u8>,
    },
    /// The piece of the image that [`ToHost::NeedRow`] asked for.
    Row {
        /// Row of the image.
        y: u16,
        /// First byte of the piece within the row.
        offset: u32,
        /// Raw pixels, at most [`CHUNK`](crate::CHUNK) bytes.
        pixels: &'a [u8],
    },
}

/// What an inference is watched for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TraceKind {
    /// Nothing.
    #[default]
    Off,
    /// A hash of every tensor.
    Hashes,
    /// The instructions that every tensor took.
    Instructions,
}

/// What the device says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToHost<'a> {
    /// The answer to [`ToDevice::Hello`].
    #[serde(borrow)]
    Info(Info<'a>),
    /// The device waits for this piece of the image.
    NeedRow {
        /// Row of the image.
        y: u16,
        /// First byte of the piece within the row.
        offset: u32,
    },
    /// CRC-32 over all rows of a tensor, in order of rows.
    TensorHash {
        /// Index of the tensor.
        tensor: u16,
        /// The checksum.
        crc32: u32,
    },
    /// Instructions (or cycles) that the rows of a tensor took, to a step of the board's counter.
    Instructions {
        /// Index of the tensor.
        tensor: u16,
        /// Sum over all of its rows.
        count: u32,
    },
    /// A piece of the answers, one after another, as bytes.
    Output {
        /// First byte of the piece.
        offset: u32,
        /// The bytes, at most [`CHUNK`](crate::CHUNK).
        bytes: &'a [u8],
    },
    /// A piece of the scores: little-endian u16, Q0.15.
    Scores {
        /// First byte of the piece.
        offset: u32,
        /// The bytes, at most [`CHUNK`](crate::CHUNK).
        bytes: &'a [u8],
    },
    /// The inference is over and everything about it is said.
    Done {
        /// Instructions (or cycles, on a board that counts those) of the runtime alone.
        instructions: u64,
        /// Most stack that the runtime took below its caller.
        stack_bytes: u32,
        /// Bytes of the arena that the session ran in.
        arena_bytes: u32,
        /// Whether the canaries right before and behind the board's arena still stand.
        fence_intact: bool,
        /// How far the memory was used; only of an inference over painted memory.
        high_water: Option<HighWater>,
    },
    /// Something was wrong; what, is for people.
    Error(Fault),
}

/// How far painted memory was overwritten: places behind the last byte that is not paint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HighWater {
    /// Of the blob's arena.
    pub arena: u32,
    /// Of all that the board has behind the arena, where the scratch lies.
    pub scratch: u32,
}

/// A device introduces itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info<'a> {
    /// [`PROTOCOL`](crate::PROTOCOL) of the device.
    pub protocol: u16,
    /// Version of the blob format that its runtime reads.
    pub format: u16,
    /// Name of the board.
    pub board: &'a str,
    /// Bytes that the board keeps for arena and scratch.
    pub arena_budget: u32,
    /// Bytes of its buffer for a row of the image or the scores.
    pub buffer_budget: u32,
    /// Bytes of its stack.
    pub stack_budget: u32,
    /// The blob in its flash, or why it cannot run.
    pub blob: Result<BlobInfo, Fault>,
}

/// The blob that a device holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobInfo {
    /// Length of the blob.
    pub blob_bytes: u32,
    /// Checksum at its end: which blob it is.
    pub checksum: u32,
    /// Rows of the image.
    pub height: u16,
    /// Pixels of a row.
    pub width: u16,
    /// Bytes of a pixel.
    pub channels: u16,
    /// Tensors, and so hashes of a traced inference.
    pub tensors: u16,
    /// Bytes of the output tensor.
    pub output_bytes: u32,
    /// Number of scores.
    pub classes: u32,
    /// Bytes of the arena.
    pub arena_bytes: u32,
    /// Bytes of scratch besides.
    pub scratch_bytes: u32,
}
