//! The header: the first bytes of a blob, from which everything else is found.

use super::record::record;

/// First bytes of every blob.
pub const MAGIC: [u8; 4] = *b"tidb";
/// Version of the format that this crate reads and writes.
pub const VERSION: u16 = 4;
/// Bytes of the CRC-32 at the end of a blob.
pub const CHECKSUM_LEN: usize = 4;
/// Stands for "none" where a tensor or operator index is expected.
pub const NONE: u16 = u16::MAX;
/// Most operators (and so tensors) that a blob may have.
pub const MAX_OPS: u16 = 1024;
/// Greatest height and width of a tensor.
pub const MAX_SIDE: u16 = 8192;
/// Greatest channel count of a tensor.
pub const MAX_CHANNELS: u16 = 32768;
/// Most answers that a blob may have.
pub const MAX_OUTPUTS: u16 = 64;
/// Most multiply-accumulates of one inference: bounds the time that any valid blob takes.
pub const MAX_MACS: u64 = 1 << 40;
/// Most operators and tensors that validation looks at while it runs the schedule, summed over all
/// rows: bounds the time that it takes, whatever the plan. A plan by rows of EfficientNet-Lite0 takes
/// less than 2^19.
pub const MAX_SCHEDULE: u32 = 1 << 22;

record! {
    /// Where everything is, and how much memory the net needs.
    Header {
        /// [`MAGIC`].
        magic: [u8; 4],
        /// [`VERSION`].
        version: u16,
        /// Length of this header.
        header_bytes: u16,
        /// Length of the whole blob, checksum included.
        blob_bytes: u32,
        /// Bytes of the arena in which the rings lie.
        arena_bytes: u32,
        /// Bytes of scratch that the operators need besides the arena.
        scratch_bytes: u32,
        /// Bytes of stack that the runtime takes at most on a 32-bit ARM core.
        stack_bytes: u32,
        /// Operators; operator `i` makes tensor `i`, and operator 0 takes the input.
        op_count: u16,
        /// Segments of the plan.
        segment_count: u16,
        /// Answers, at least one.
        output_count: u16,
        /// Labels, 0 if there are none.
        label_count: u16,
        /// Offset of the tensor table.
        tensors: u32,
        /// Offset of the operator table.
        ops: u32,
        /// Offset of the segment table.
        segments: u32,
        /// Offset of the table of answers.
        outputs: u32,
        /// Offset of the input contract.
        input: u32,
        /// Offset of the label table: `label_count + 1` offsets (u32) into the blob.
        labels: u32,
        /// Offset of the provenance text (UTF-8).
        provenance: u32,
        /// Bytes of it.
        provenance_bytes: u32,
    }
}
