//! GEMM: tiles of three patches against 32 output channels (two blocks of the host's order), of six against
//! 16 or of eight against eight.
//!
//! A register of weights is four elements of eight channels; four elements of a patch, sign bits flipped,
//! go to all lanes at once. The sums of a tile stay in registers, twelve of them.

use core::arch::{asm, x86_64::*};

use super::super::avx2::block::{Channels, finish_tile};
use super::super::avx2::runs::{each_run, last_elements};
use super::super::avx2::{self, requant::Finish};
use super::super::unrolled::unrolled;
use super::dot::Dot;
use crate::kernels::{Gemm, Packing};

/// A [`Gemm`] over `count` patches.
pub fn gemm<D: Dot>(
    job: &Gemm<'_>,
    count: usize,
    patches: &[i8],
    out: &mut [i8],
    scratch: &mut [i8],
) {
    match (job.input_bytes, job.output_bytes, job.weights.packing) {
        // SAFETY: the table of this backend is handed out only where its instructions exist, and the
        // slices are as long as the job says.
        (1, 1, Packing::Host) if job.fits(count, patches.len(), out.len()) => unsafe {
            blocks::<D>(job, count, patches.as_ptr(), out.as_mut_ptr());
        },
        _ => avx2::gemm::gemm(job, count, patches, out, scratch),
    }
}

/// All channels, a block at a time.
///
/// # Safety
/// `job.fits` of slices that begin at these addresses.
#[target_feature(enable = "avx2")]
unsafe fn blocks<D: Dot>(job: &Gemm<'_>, count: usize, patches: *const i8, out: *mut i8) {
    let finish = Finish::new(&job.requant);
    let mut first = 0;
    while first < job.outputs() {
        let at = (count, patches, out.wrapping_add(first));
        // SAFETY: the caller's; `first` is a multiple of a block, and a pixel's outputs from there on are
        // asked for by their number.
        first = first.wrapping_add(unsafe {
            match job.outputs().wrapping_sub(first) {
                32.. => tiles::<D, 4>(job, &finish, Channels::new(job, first), at),
                9.. => tiles::<D, 2>(job, &finish, Channels::new(job, first), at),
                _ => tiles::<D, 1>(job, &finish, Channels::new(job, first), at),
            }
        });
    }
}

/// All patches against some channels; how many channels.
///
/// # Safety
/// `count` patches can be read from the first address on, and as many outputs of the channels written
/// from the second on; the channels' weights are all there.
#[target_feature(enable = "avx2")]
unsafe fn tiles<D: Dot, const H: usize>(
    job: &Gemm<'_>,
    finish: &Finish,
    mut channels: Channels<H>,
    (count, patches, out): (usize, *const i8, *mut i8),
) -> usize {
    let of = &mut channels;
    let mut done = 0;
    while done < count {
        let left = count.wrapping_sub(done);
        // SAFETY: a tile takes no more patches than are left.
        let taken = unsafe {
            let from = patches.add(done.wrapping_mul(job.pitch));
            let at = (from, out.add(done.wrapping_mul(job.stride)));
            match (H, done, left) {
                (1 | 2, 0, 4..) => tile::<D, H, 4, true>(job, finish, of, at),
                (_, 0, 2..) => tile::<D, H, 2, true>(job, finish, of, at),
                (_, 0, _) => tile::<D, H, 1, true>(job, finish, of, at),
                (1, _, 8..) => tile::<D, H, 8, false>(job, finish, of, at),
                (2, _, 6..) => tile::<D, H, 6, false>(job, finish, of, at),
                (1 | 2, _, 4..) => tile::<D, H, 4, false>(job, finish, of, at),
                (4, _, 3..) => tile::<D, H, 3, false>(job, finish, of, at),
                (_, _, 2..) => tile::<D, H, 2, false>(job, finish, of, at),
                _ => tile::<D, H, 1, false>(job, finish, of, at),
            }
        };
        done = done.wrapping_add(taken);
    }
    of.count
}

/// `P` patches against some channels; `P`. The `FIRST` tile also sums the weights, and leaves the bias as
/// the others want it.
///
/// # Safety
/// As for `tiles`, with `P` patches.
#[target_feature(enable = "avx2")]
unsafe fn tile<D: Dot, const H: usize, const P: usize, const FIRST: bool>(
    job: &Gemm<'_>,
    finish: &Finish,
    channels: &mut Channels<H>,
    (from, to): (*const i8, *mut i8),
) -> usize {
    let zero = [_mm256_setzero_si256(); H];
    let flip = opaque(_mm256_set1_epi8(i8::MIN));
    let mut acc = [if FIRST { zero } else { channels.bias }; P];
    let mut sums = zero;
    // Sums of a run of weights and what its elements are in each patch.
    macro_rules! step {
        ($weights:expr, $elements:expr) => {
            let weights: [__m256i; H] = $weights;
            let x = |p: usize| {
                let four = _mm256_set1_epi32($elements(from.add(p.wrapping_mul(job.pitch))));
                _mm256_xor_si256(four, flip)
            };
            if FIRST {
                unrolled!(h below H => {
                    sums[h] = D::dot(sums[h], flip, weights[h]);
                });
            }
            // Registers are few: those of the weights or those of the patches are all taken at once, of
            // which there are fewer.
            if P > H {
                unrolled!(p below P => {
                    let x = x(p);
                    unrolled!(h below H => {
                        acc[p][h] = D::dot(acc[p][h], x, weights[h]);
                    });
                });
            } else {
                let mut all = [flip; P];
                unrolled!(p below P => {
                    all[p] = x(p);
                });
                unrolled!(h below H => {
                    unrolled!(p below P => {
                        acc[p][h] = D::dot(acc[p][h], all[p], weights[h]);
                    });
                });
            }
        };
    }
    // SAFETY: of the channels' weights and each patch, elements below `k`.
    unsafe {
        each_run!(job, channels, step);
    }
    if FIRST {
        unrolled!(h below H => {
            channels.bias[h] = _mm256_sub_epi32(channels.bias[h], sums[h]);
        });
        unrolled!(p below P => {
            unrolled!(h below H => {
                acc[p][h] = _mm256_add_epi32(acc[p][h], channels.bias[h]);
            });
        });
    }
    // SAFETY: the outputs of the tile.
    unsafe { finish_tile!(channels, finish, acc, to, job.stride) };
    P
}

/// The same value, of which the compiler knows nothing: it would flip bits before it broadcasts, in
/// two instructions more than the one that takes both from memory.
#[inline]
#[target_feature(enable = "avx2")]
fn opaque(value: __m256i) -> __m256i {
    let same;
    // SAFETY: nothing is executed.
    unsafe {
        asm!("/* {0} */", inlateout(ymm_reg) value => same,
            options(pure, nomem, nostack, preserves_flags));
    }
    same
}
