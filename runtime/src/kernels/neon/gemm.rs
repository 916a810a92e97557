//! GEMM over int8: tiles of some pixels by eight output channels.
//!
//! A block of weights holds eight channels, eight elements of each in turn: 64 bytes a step. What a
//! tile does with them is the core's own ([`Tile`]); here is what lies around: which pixels and
//! blocks come when, and the elements past the last whole step.

use core::arch::aarch64::{int16x8_t, int32x4_t, vdupq_n_s32};

use super::finish::{Eight, Finish, eight};
use crate::kernels::blocks::{BLOCK, last_channels, last_step, near};
use crate::kernels::{Gemm, Packing, Requant, scalar};

/// What a tile's channels take besides weights. Loops read it by address, so the order is fixed.
#[repr(C)]
pub(super) struct Words {
    /// Biases and multipliers, as [`Tile::words`] puts them: from bytes 0 and 64 on.
    pub(super) bias: [int32x4_t; 4],
    pub(super) multipliers: [int32x4_t; 4],
    /// Zero point and shift: from bytes 128 and 144 on.
    pub(super) zero: int16x8_t,
    pub(super) shift: int32x4_t,
    /// Bounds, of int8 or of int16: from bytes 160 and 176 on.
    pub(super) lo: int16x8_t,
    pub(super) hi: int16x8_t,
}

/// A block of weights, and what a tile has to know of the patches.
pub(super) struct Block {
    /// Of the block; as many steps as there are whole ones.
    pub(super) weights: *const i8,
    /// Whole steps.
    pub(super) steps: usize,
    /// Zeros and the elements that are left, for a step over the last eight elements of a patch; null
    /// if none are left.
    pub(super) rest: *const i8,
    /// From where the whole steps end to where the last eight elements begin, at most 0.
    pub(super) back: isize,
    pub(super) words: Words,
    /// Left shift of the accumulators.
    pub(super) shift: i32,
    /// Bytes from one patch to the next, and from one pixel of the output to the next.
    pub(super) pitch: usize,
    pub(super) stride: usize,
}

/// How far the pixels of a block are made.
#[derive(Clone, Copy)]
pub(super) struct Cursor {
    /// The patch before the next one.
    pub(super) before: *const i8,
    /// The next pixel of the output.
    pub(super) out: *mut i8,
}

/// How a core multiplies.
pub(super) trait Tile {
    /// Biases or multipliers of eight channels, as its loop wants them.
    #[inline(always)]
    fn words([a, b]: Eight) -> [int32x4_t; 4] {
        [a, b, a, b]
    }

    /// Makes eight channels of `count` pixels.
    ///
    /// # Safety
    /// The core has the instructions; from the cursor on there are `count` patches of the block's
    /// pitch and room for `count` pixels of the block's stride, and the block's pointers lead to what
    /// they are said to be.
    unsafe fn pixels<const WIDE: bool>(block: &Block, count: usize, cursor: Cursor);
}

/// A [`Gemm`] in tiles. The core must have the instructions of `T`.
#[inline(always)]
pub(super) fn gemm<T: Tile>(job: &Gemm<'_>, count: usize, patches: &[i8], out: &mut [i8]) {
    let fast = job.weights.packing == Packing::CortexA && job.input_bytes == 1 && job.k >= BLOCK;
    if !fast || !job.fits(count, patches.len(), out.len()) {
        return scalar::gemm(job, count, patches, out, &mut []);
    }
    let done = if job.output_bytes == 1 {
        whole_blocks::<T, false>(job, count, patches, out)
    } else {
        whole_blocks::<T, true>(job, count, patches, out)
    };
    if let Some((rest, first)) = last_channels(job, done)
        && let Some(out) = out.get_mut(first..)
    {
        scalar::gemm(&rest, count, patches, out, &mut []);
    }
}

/// All blocks of eight channels; how many channels that were. The job is one that fits.
#[inline(always)]
fn whole_blocks<T: Tile, const WIDE: bool>(
    job: &Gemm<'_>,
    count: usize,
    patches: &[i8],
    out: &mut [i8],
) -> usize {
    let Some(finish) = Finish::<WIDE>::of(&job.requant) else {
        return 0;
    };
    let channels = job.outputs() & !(BLOCK - 1);
    let (steps, left) = (job.k / BLOCK, job.k % BLOCK);
    let near = near(job.pitch);
    let mut rest = [0i8; BLOCK * BLOCK];
    // SAFETY: every AArch64 core that Rust builds for has NEON.
    let shifts = unsafe { vdupq_n_s32(finish.shift) };
    let mut first = 0;
    while first < count {
        let end = count.min(first.saturating_add(near));
        for start in (0..channels).step_by(BLOCK) {
            let Requant {
                bias, multipliers, ..
            } = job.requant;
            let at = start.wrapping_mul(job.k);
            let (Some(weights), Some(bias), Some(multipliers)) = (
                job.weights
                    .values
                    .get(at..at.wrapping_add(BLOCK.wrapping_mul(job.k))),
                bias.get(start..start.wrapping_add(BLOCK)),
                multipliers.get(start..start.wrapping_add(BLOCK)),
            ) else {
                return 0;
            };
            if left > 0 {
                rest = last_step(weights, left);
            }
            // SAFETY: eight words each.
            let [bias, multipliers] =
                unsafe { [eight(bias.as_ptr()), eight(multipliers.as_ptr())] };
            let block = Block {
                weights: weights.as_ptr(),
                steps,
                rest: if left > 0 {
                    rest.as_ptr()
                } else {
                    core::ptr::null()
                },
                back: (left as isize).wrapping_sub(BLOCK as isize),
                words: Words {
                    bias: T::words(bias),
                    multipliers: T::words(multipliers),
                    zero: finish.zero,
                    shift: shifts,
                    lo: finish.lo,
                    hi: finish.hi,
                },
                shift: finish.shift,
                pitch: job.pitch,
                stride: job.stride,
            };
            let from = patches.as_ptr().wrapping_add(first.wrapping_mul(job.pitch));
            let to = out
                .as_mut_ptr()
                .wrapping_add(first.wrapping_mul(job.stride));
            let cursor = Cursor {
                before: from.wrapping_sub(job.pitch),
                out: to.wrapping_add(start.wrapping_mul(if WIDE { 2 } else { 1 })),
            };
            // SAFETY: the job fits, so patch `count - 1` and pixel `count - 1` end within their slices,
            // and so do all before them; `end` is at most `count`, and this block's channels are
            // elements `start` to `start + 8` of a pixel. The weights are `8 * k` bytes. The caller's
            // core has the instructions.
            unsafe { T::pixels::<WIDE>(&block, end.wrapping_sub(first), cursor) };
        }
        first = end;
    }
    channels
}
