//! An answer of the net: which tensor it is, and how scores are made of it.

use super::record::record;

record! {
    /// One answer. A net has one or more, in the order of the ONNX file.
    OutputRecord {
        /// Tensor whose rows are the answer.
        tensor: u16,
        /// Tensor whose softmax gives the scores: the logits.
        logits: u16,
        /// Offset of the table of exp by which scores are made of the logits.
        exp_table: u32,
        /// Offset of the answer's name (UTF-8).
        name: u32,
        /// Bytes of the name.
        name_bytes: u16,
        /// Zero.
        reserved: u16,
    }
}
