//! The input contract: what bytes a caller gives, and what the net was told they mean.

use super::record::record;

record! {
    /// The caller gives rows of raw `u8` pixels, red first; the normalization is in the first
    /// operator's weights. Mean and deviation stand here for hosts that feed an f32 reference.
    InputRecord {
        /// 1 if the net itself takes blue first (its weights are stored red first).
        bgr: u8,
        /// Number of f32 in each of the two lists: the channels of the input.
        channels: u8,
        /// Zero.
        reserved: u16,
        /// Offset of the means: f32 bit patterns, in the net's order of channels.
        mean: u32,
        /// Offset of the deviations: f32 bit patterns, in the net's order of channels.
        std: u32,
    }
}
