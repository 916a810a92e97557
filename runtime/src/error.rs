//! Everything that can go wrong in the runtime, one variant a cause.
//!
//! All variants but the last five are answers of the one validation pass
//! ([`Model::new`](crate::Model::new)); they name what is wrong with the bytes.

use core::fmt;

/// Why a blob, or a call, was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// No bytes at all.
    Empty,
    /// Fewer bytes than the smallest blob has.
    TooShort {
        /// Bytes given.
        have: usize,
        /// Bytes that the header (or the header's own length field) asks for.
        need: usize,
    },
    /// The first four bytes are not those of a tidbit blob.
    NotABlob {
        /// What was found there.
        found: [u8; 4],
    },
    /// Written for another version of the format.
    Version {
        /// Version of the blob.
        found: u16,
        /// Version that this runtime reads.
        supported: u16,
    },
    /// More bytes than the header says.
    TrailingBytes {
        /// Bytes given.
        have: usize,
        /// Bytes that the header says.
        expected: usize,
    },
    /// The checksum at the end is not that of the bytes before it.
    Checksum {
        /// CRC-32 stored in the blob.
        stored: u32,
        /// CRC-32 of the bytes.
        computed: u32,
    },
    /// A table or a piece of data lies outside the blob.
    OutOfBlob {
        /// First byte of it.
        offset: u32,
    },
    /// More tensors and operators than the runtime takes, or none.
    Count {
        /// How many there are.
        count: u16,
    },
    /// A height, width or channel count of zero or above the format's limit.
    Dimension {
        /// Index of the tensor.
        tensor: u16,
        /// The offending number.
        value: u32,
    },
    /// A ring has no rows, more rows than its tensor, or lies outside the arena.
    Ring {
        /// Index of the tensor.
        tensor: u16,
    },
    /// Two rings that are needed at the same time share bytes.
    Overlap {
        /// Index of the one tensor.
        tensor: u16,
        /// Index of the other.
        other: u16,
    },
    /// An operator of a kind that this runtime does not have.
    UnknownOperator {
        /// Index of the operator.
        op: u16,
        /// Its kind byte.
        kind: u8,
    },
    /// An operator reads a tensor that no earlier operator makes, or that does not list it as a reader.
    Operand {
        /// Index of the operator.
        op: u16,
        /// The offending tensor index.
        tensor: u16,
    },
    /// An operator's parameters do not fit the shapes of its tensors.
    Parameters {
        /// Index of the operator.
        op: u16,
    },
    /// The scratch memory of the blob is smaller than an operator needs.
    Scratch {
        /// Index of the operator.
        op: u16,
        /// Bytes that it needs.
        need: usize,
    },
    /// Segments do not cover the operators one after another, or one is too long.
    Segment {
        /// Index of the segment.
        segment: u16,
    },
    /// The plan comes to a halt before the net is done: a ring is too small.
    Stalled {
        /// Index of the segment.
        segment: u16,
    },
    /// The net takes more multiply-accumulates, or its plan more steps, than the format allows.
    TooMuchWork,
    /// Input, output or score tensor, labels or provenance are not as the format wants them.
    Contract,
    /// The memory given to a session is smaller than arena and scratch.
    MemoryTooSmall {
        /// Bytes given.
        have: usize,
        /// Bytes needed.
        need: usize,
    },
    /// An input image, row or result buffer of the wrong length.
    Length {
        /// Bytes given.
        have: usize,
        /// Bytes expected.
        expected: usize,
    },
    /// A row was offered or a result asked for at the wrong moment.
    OutOfTurn,
    /// An answer that the net does not have was asked for.
    NoSuchOutput {
        /// Index asked for.
        index: u16,
        /// Answers of the net.
        outputs: u16,
    },
    /// An operator met what validation rules out; cannot happen with a model that [`Model::new`](crate::Model::new) made.
    Inconsistent {
        /// Index of the operator.
        op: u16,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Empty => write!(f, "the blob is empty"),
            Self::TooShort { have, need } => {
                write!(f, "the blob is cut short: {have} bytes of {need}")
            }
            Self::NotABlob { found } => {
                write!(f, "not a tidbit blob: it starts with {found:02x?}")
            }
            Self::Version { found, supported } => write!(
                f,
                "the blob has format version {found}, this runtime reads version {supported}: \
                 quantize the model again with the tidbit that the firmware was built with"
            ),
            Self::TrailingBytes { have, expected } => {
                write!(
                    f,
                    "the blob has {have} bytes where its header says {expected}"
                )
            }
            Self::Checksum { stored, computed } => write!(
                f,
                "the blob is damaged: checksum {computed:08x}, stored {stored:08x}"
            ),
            Self::OutOfBlob { offset } => {
                write!(f, "something at offset {offset} lies outside the blob")
            }
            Self::Count { count } => write!(f, "{count} operators are not within the limits"),
            Self::Dimension { tensor, value } => {
                write!(
                    f,
                    "tensor {tensor} has a dimension of {value}, outside the limits"
                )
            }
            Self::Ring { tensor } => write!(f, "the ring of tensor {tensor} does not fit"),
            Self::Overlap { tensor, other } => {
                write!(
                    f,
                    "the rings of tensors {tensor} and {other} share memory while both are needed"
                )
            }
            Self::UnknownOperator { op, kind } => {
                write!(f, "operator {op} is of the unknown kind {kind}")
            }
            Self::Operand { op, tensor } => {
                write!(f, "operator {op} cannot read tensor {tensor}")
            }
            Self::Parameters { op } => {
                write!(f, "the parameters of operator {op} do not fit its shapes")
            }
            Self::Scratch { op, need } => {
                write!(
                    f,
                    "operator {op} needs {need} bytes of scratch, more than the blob states"
                )
            }
            Self::Segment { segment } => write!(f, "segment {segment} of the plan is malformed"),
            Self::Stalled { segment } => {
                write!(f, "segment {segment} of the plan cannot be finished")
            }
            Self::TooMuchWork => write!(
                f,
                "the net takes more multiply-accumulates, or its plan more steps, than the format allows"
            ),
            Self::Contract => write!(
                f,
                "the blob's input, output, labels or provenance are malformed"
            ),
            Self::MemoryTooSmall { have, need } => write!(
                f,
                "{have} bytes of memory are too few: arena and scratch take {need}"
            ),
            Self::Length { have, expected } => {
                write!(f, "{have} bytes where {expected} are expected")
            }
            Self::NoSuchOutput { index, outputs } => {
                write!(
                    f,
                    "answer {index} was asked for; the net has {outputs}, from 0 on"
                )
            }
            Self::OutOfTurn => write!(f, "the call came at the wrong moment of an inference"),
            Self::Inconsistent { op } => {
                write!(f, "operator {op} met a state that validation rules out")
            }
        }
    }
}

impl core::error::Error for Error {}
