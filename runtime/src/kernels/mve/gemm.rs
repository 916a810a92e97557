//! GEMM: blocks of four output channels, two pixels at a time.
//!
//! In a block 16 weights of each of its channels lie one after another, so one pointer walks
//! through all of it. Output channels that fill no block are made one by one.

use super::clamp::clamp_pixels;
use super::{dot::dots, medium, narrow, wide};
use crate::kernels::{Gemm, Packing, scalar};

/// Output channels of a block.
const BLOCK: usize = 4;
/// Most bytes from one output pixel to the next: places within four pixels are of 16 bits.
const FARTHEST: usize = 0x5000;

/// What the assembly of a GEMM works through; it counts up the places as it goes.
#[repr(C)]
pub(super) struct Tiles {
    /// The first patch.
    pub(super) patches: *const i8,
    /// Bytes from one patch to the next.
    pub(super) pitch: usize,
    /// Elements of a patch.
    pub(super) k: usize,
    /// Passes over the patches' pairs, or over single patches.
    pub(super) passes: usize,
    /// Bytes from one output pixel to the next.
    pub(super) stride: usize,
    /// Blocks of output channels that are left, at least one.
    pub(super) blocks: usize,
    /// Of the next block.
    pub(super) weights: *const i8,
    /// Of the next block.
    pub(super) bias: *const [u8; 4],
    /// Of the next block.
    pub(super) multipliers: *const [u8; 4],
    /// Where the first pixel's channels of the next block go.
    pub(super) out: *mut i8,
    /// Of the output.
    pub(super) zero_point: i32,
    /// Left shift of the accumulators.
    pub(super) shift: u32,
}

/// A [`Gemm`] over `count` patches.
pub fn gemm(job: &Gemm<'_>, count: usize, patches: &[i8], out: &mut [i8], scratch: &mut [i8]) {
    let packing = job.weights.packing;
    let known = matches!(packing, Packing::CortexM55 | Packing::Portable)
        && (count == 1 || job.stride <= FARTHEST);
    if (job.input_bytes, job.output_bytes) != (1, 1) || !known {
        return scalar::gemm(job, count, patches, out, scratch);
    }
    if !job.fits(count, patches.len(), out.len()) {
        return;
    }
    let outputs = job.outputs();
    let blocks = match packing {
        Packing::CortexM55 => outputs / BLOCK,
        _ => 0,
    };
    if blocks > 0 {
        in_blocks(job, (count, blocks), patches, out);
        clamp_pixels(
            &job.requant,
            (count, job.stride),
            blocks.wrapping_mul(BLOCK),
            out,
        );
    }
    dots(
        job,
        count,
        blocks.wrapping_mul(BLOCK)..outputs,
        patches,
        out,
    );
}

/// The output channels that fill blocks. The caller knows that the job fits.
fn in_blocks(job: &Gemm<'_>, (count, blocks): (usize, usize), patches: &[i8], out: &mut [i8]) {
    let requant = &job.requant;
    let target = out.as_mut_ptr();
    let tiles = |first: usize, passes: usize| Tiles {
        patches: patches.as_ptr().wrapping_add(first.wrapping_mul(job.pitch)),
        pitch: job.pitch,
        k: job.k,
        passes,
        stride: job.stride,
        blocks,
        weights: job.weights.values.as_ptr(),
        bias: requant.bias.as_ptr(),
        multipliers: requant.multipliers.as_ptr(),
        out: target.wrapping_add(first.wrapping_mul(job.stride)),
        zero_point: i32::from(requant.zero_point),
        shift: u32::from(requant.shift),
    };
    // Patches of some lengths go by four at a time; what is left of them goes by as all others do.
    let whole = matches!(job.k, 17..=32) && job.pitch == job.k && requant.shift == 0;
    let fours = if whole { count / medium::PIXELS } else { 0 };
    let first = fours.wrapping_mul(medium::PIXELS);
    let left = count.wrapping_sub(first);
    let (pairs, odd) = (left / 2, left % 2);
    // SAFETY: `fits` proved that patches 0 to `count` of `k` bytes, `pitch` apart, lie within `patches`,
    // that output pixels of `outputs` bytes, `stride` apart, lie within `out`, and that there are
    // `outputs` times `k` weights and `outputs` biases and multipliers; `blocks * 4 <= outputs`.
    // The functions read and write pixels `first` to `first + passes` (twice as many for
    // `pairs`, four times for `fours`; for an odd pixel, with pitch and stride 0, the one twice) and these
    // channels alone, and are called where there is such a pixel. `stride` is no more than `FARTHEST`, so
    // that the 16-bit offsets of scattered stores hold the distance of any two pixels of a pass.
    unsafe {
        if fours > 0 {
            medium::fours(&mut tiles(0, fours));
        }
        if pairs > 0 {
            let even = &mut tiles(first, pairs);
            if job.k <= 16 {
                narrow::pairs(even);
            } else {
                wide::pairs(even);
            }
        }
        if odd > 0 {
            let single = &mut tiles(count.wrapping_sub(odd), odd);
            if job.k <= 16 {
                // The one pixel takes both places.
                (single.pitch, single.stride) = (0, 0);
                narrow::pairs(single);
            } else {
                wide::single(single);
            }
        }
    }
}
