//! The plan: which operators run interleaved, row by row.

use super::record::record;

/// Most operators of one segment: bounds the state that a session keeps.
pub const MAX_SEGMENT_OPS: usize = 128;

record! {
    /// Operators `first_op .. first_op + op_count`, run interleaved until all their rows are made.
    SegmentRecord {
        /// Index of the first operator.
        first_op: u16,
        /// Number of operators.
        op_count: u16,
    }
}
