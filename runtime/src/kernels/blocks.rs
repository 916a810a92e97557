//! Blocks of eight output channels, eight elements of each in turn ([`Packing::CortexA`](super::Packing)):
//! what the backends of 64-bit and of 32-bit cores both have to know of them.

use super::{Gemm, Weights};

/// Channels of a block, and elements of a step.
pub const BLOCK: usize = 8;
/// Bytes of patches that are taken against all blocks before the next ones, so that they stay in the
/// first cache.
const NEAR: usize = 16384;

/// Patches, so many bytes apart, that stay in the first cache: a multiple of eight.
#[inline(always)]
pub fn near(pitch: usize) -> usize {
    (NEAR.checked_div(pitch).unwrap_or(1) & !7).max(8)
}

/// The channels from `start` on, and the byte of a pixel of the output where they begin.
pub fn last_channels<'a>(job: &Gemm<'a>, start: usize) -> Option<(Gemm<'a>, usize)> {
    let requant = job.requant.from_channel(start)?;
    let values = job.weights.values.get(start.checked_mul(job.k)?..)?;
    if values.is_empty() {
        return None;
    }
    let rest = Gemm {
        weights: Weights {
            values,
            ..job.weights
        },
        requant,
        ..*job
    };
    Some((rest, start.checked_mul(job.output_bytes.into())?))
}

/// The last `left` elements of each channel behind zeros, as a step of eight, of a block of eight channels
/// of eight elements or more.
#[inline(always)]
pub fn last_step(weights: &[i8], left: usize) -> [i8; BLOCK * BLOCK] {
    let mut step = [0; BLOCK * BLOCK];
    let tails = BLOCK.wrapping_mul(left);
    let Some(before) = weights.len().checked_sub(tails).filter(|n| *n >= BLOCK) else {
        return step;
    };
    let zeros = (BLOCK.wrapping_sub(left) as u32).wrapping_mul(8);
    // Eight bytes up to the last one of the first channel.
    let mut from = weights
        .as_ptr()
        .wrapping_add(before.wrapping_add(left).wrapping_sub(BLOCK));
    for row in step.as_chunks_mut::<BLOCK>().0 {
        // SAFETY: eight bytes that end where a channel's elements do, the last channel's with the
        // weights; they begin at byte `left` or later.
        let tail = unsafe { from.cast::<u64>().read_unaligned() };
        // Those of other channels come first, and go.
        let kept = u64::from_le(tail).wrapping_shr(zeros).wrapping_shl(zeros);
        *row = kept.to_le_bytes().map(|byte| byte as i8);
        from = from.wrapping_add(left);
    }
    step
}
