//! GEMM over int8: two pixels by eight output channels at a time.
//!
//! A block of weights holds eight channels, eight elements of each in turn: 64 bytes a step. Elements
//! past the last whole step are met by a step over the last eight of a patch, whose weights are zeros where
//! elements were taken before.

use super::constants::Constants;
use crate::kernels::blocks::{BLOCK, last_channels, last_step, near};
use crate::kernels::{Gemm, Packing, scalar};

assembly!("gemm.s");

unsafe extern "C" {
    /// Pairs of pixels.
    fn tidbit_gemm_2(block: &Block);
    /// Pixels.
    fn tidbit_gemm_1(block: &Block);
}

/// A block of weights and some pixels, in the order in which the assembly takes it.
#[repr(C)]
struct Block {
    /// The first patch, and the block's first channel of its pixel.
    patches: *const i8,
    out: *mut i8,
    /// How many pixels, and bytes from one to the next.
    pixels: usize,
    pitch: usize,
    stride: usize,
    weights: *const i8,
    /// Whole steps: pairs of them, and what is left.
    pairs: usize,
    single: usize,
    /// The weights of a step over the last eight elements of a patch; null if there is none.
    rest: *const i8,
    /// From where the whole steps end to where the last eight elements begin, at most 0.
    back: isize,
    bias: *const [u8; 4],
    multipliers: *const [u8; 4],
    constants: *const Constants,
    kind: u32,
}

/// A [`Gemm`] over patches that lie one behind the other.
pub(super) fn gemm(job: &Gemm<'_>, count: usize, patches: &[i8], out: &mut [i8], _: &mut [i8]) {
    let fast = job.weights.packing == Packing::CortexA && job.input_bytes == 1 && job.k >= BLOCK;
    if !fast || !job.fits(count, patches.len(), out.len()) {
        return scalar::gemm(job, count, patches, out, &mut []);
    }
    let done = whole_blocks(job, count, patches, out);
    if let Some((rest, first)) = last_channels(job, done)
        && let Some(out) = out.get_mut(first..)
    {
        scalar::gemm(&rest, count, patches, out, &mut []);
    }
}

/// All blocks of eight channels; how many channels that were. The job is one that fits.
fn whole_blocks(job: &Gemm<'_>, count: usize, patches: &[i8], out: &mut [i8]) -> usize {
    let Some(constants) = Constants::of(&job.requant, job.output_bytes) else {
        return 0;
    };
    let channels = job.outputs() & !(BLOCK - 1);
    let (steps, left) = (job.k / BLOCK, job.k % BLOCK);
    let near = near(job.pitch);
    let mut rest = [0i8; BLOCK * BLOCK];
    let mut first = 0;
    while first < count {
        let end = count.min(first.saturating_add(near));
        for start in (0..channels).step_by(BLOCK) {
            let at = start.wrapping_mul(job.k);
            let weights = job.weights.values.get(at..);
            let weights = weights.and_then(|all| all.get(..BLOCK.wrapping_mul(job.k)));
            let Some(weights) = weights else { return 0 };
            if left > 0 {
                rest = last_step(weights, left);
            }
            let to = first.wrapping_mul(job.stride);
            let to = to.wrapping_add(start.wrapping_mul(job.output_bytes.into()));
            let block = Block {
                patches: patches.as_ptr().wrapping_add(first.wrapping_mul(job.pitch)),
                out: out.as_mut_ptr().wrapping_add(to),
                pixels: end.wrapping_sub(first),
                pitch: job.pitch,
                stride: job.stride,
                weights: weights.as_ptr(),
                pairs: steps / 2,
                single: steps & 1,
                rest: if left > 0 {
                    rest.as_ptr()
                } else {
                    core::ptr::null()
                },
                back: (left as isize).wrapping_sub(BLOCK as isize),
                bias: job.requant.bias.as_ptr().wrapping_add(start),
                multipliers: job.requant.multipliers.as_ptr().wrapping_add(start),
                constants: &raw const constants,
                kind: constants.kind(),
            };
            // SAFETY: the job fits, so patch `count - 1` and pixel `count - 1` end within their slices,
            // and so do all before them; `end` is at most `count`, and more than `first`. This block's
            // channels are elements `start` to `start + 8` of a pixel, and there are as many biases and
            // multipliers from `start` on. The weights are `8 * k` bytes; whole steps take 64 of them
            // each, and eight elements of a patch. The step over the last eight elements of a patch takes
            // 64 bytes of `rest`.
            unsafe { block.run() };
        }
        first = end;
    }
    channels
}

impl Block {
    /// Runs it, the last of an odd number of pixels by itself.
    ///
    /// # Safety
    /// There is a pixel at least. From `patches` on, `pixels` patches of `8 * (2 * pairs + single)` bytes
    /// can be read, and `back + 8` more if there is a `rest`; with this they have eight bytes at least.
    /// From `out` on, eight elements of as many pixels can be written. There are weights, rest, biases and
    /// multipliers of eight channels.
    unsafe fn run(mut self) {
        let pairs = self.pixels & !1;
        let odd = self.pixels & 1;
        // SAFETY: the caller's promise, of as many pixels in all.
        unsafe {
            if pairs > 0 {
                self.pixels = pairs;
                tidbit_gemm_2(&self);
            }
            if odd > 0 {
                self.patches = self.patches.wrapping_add(pairs.wrapping_mul(self.pitch));
                self.out = self.out.wrapping_add(pairs.wrapping_mul(self.stride));
                self.pixels = odd;
                tidbit_gemm_1(&self);
            }
        }
    }
}
