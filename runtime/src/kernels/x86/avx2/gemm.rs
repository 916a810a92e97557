//! GEMM: tiles of three patches against 16 output channels, a block of the host's order.
//!
//! Two registers of weights are four elements of 16 channels; four elements of a patch go to all lanes
//! at once, their absolute values and their signs apart.

use core::arch::x86_64::*;

use super::super::unrolled::unrolled;
use super::block::{Channels, finish_tile};
use super::lines;
use super::requant::Finish;
use super::runs::{each_run, last_elements};
use crate::kernels::{Gemm, Packing, scalar};

/// A [`Gemm`] over `count` patches.
pub fn gemm(job: &Gemm<'_>, count: usize, patches: &[i8], out: &mut [i8], scratch: &mut [i8]) {
    let fits = job.fits(count, patches.len(), out.len());
    match (job.input_bytes, job.output_bytes, job.weights.packing) {
        // SAFETY: the table of this backend is handed out only where its instructions exist, and the
        // slices are as long as the job says.
        (1, 1, Packing::Host) if fits => unsafe {
            blocks(job, count, patches.as_ptr(), out.as_mut_ptr());
        },
        // SAFETY: as above.
        (1, 1, Packing::Portable) if fits => unsafe { lines::gemm(job, count, patches, out) },
        _ => scalar::gemm(job, count, patches, out, scratch),
    }
}

/// All channels, a block at a time.
///
/// # Safety
/// `job.fits` of slices that begin at these addresses.
#[target_feature(enable = "avx2")]
unsafe fn blocks(job: &Gemm<'_>, count: usize, patches: *const i8, out: *mut i8) {
    let finish = Finish::new(&job.requant);
    let mut first = 0;
    while first < job.outputs() {
        let at = (count, patches, out.wrapping_add(first));
        // SAFETY: the caller's; `first` is a multiple of a block, and a pixel's outputs from there on are
        // asked for by their number.
        first = first.wrapping_add(unsafe {
            match job.outputs().wrapping_sub(first) {
                9.. => tiles::<2>(job, &finish, &Channels::new(job, first), at),
                _ => tiles::<1>(job, &finish, &Channels::new(job, first), at),
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
unsafe fn tiles<const H: usize>(
    job: &Gemm<'_>,
    finish: &Finish,
    channels: &Channels<H>,
    (count, patches, out): (usize, *const i8, *mut i8),
) -> usize {
    let mut done = 0;
    while done < count {
        // SAFETY: a tile takes no more patches than are left.
        let taken = unsafe {
            let from = patches.add(done.wrapping_mul(job.pitch));
            let to = out.add(done.wrapping_mul(job.stride));
            match count.wrapping_sub(done) {
                3.. => tile::<H, 3>(job, finish, channels, (from, to)),
                _ => tile::<H, 1>(job, finish, channels, (from, to)),
            }
        };
        done = done.wrapping_add(taken);
    }
    channels.count
}

/// `P` patches against some channels; `P`.
///
/// # Safety
/// As for `tiles`, with `P` patches.
#[target_feature(enable = "avx2")]
unsafe fn tile<const H: usize, const P: usize>(
    job: &Gemm<'_>,
    finish: &Finish,
    channels: &Channels<H>,
    (from, to): (*const i8, *mut i8),
) -> usize {
    let ones = _mm256_set1_epi16(1);
    let mut acc = [channels.bias; P];
    // Sums of a run of weights and what its elements are in each patch.
    macro_rules! step {
        ($weights:expr, $elements:expr) => {
            let weights: [__m256i; H] = $weights;
            unrolled!(p below P => {
                let x = _mm256_set1_epi32($elements(from.add(p.wrapping_mul(job.pitch))));
                let size = _mm256_abs_epi8(x);
                unrolled!(h below H => {
                    let signed = _mm256_sign_epi8(weights[h], x);
                    let pairs = _mm256_maddubs_epi16(size, signed);
                    let sums = _mm256_madd_epi16(pairs, ones);
                    acc[p][h] = _mm256_add_epi32(acc[p][h], sums);
                });
            });
        };
    }
    // SAFETY: of the channels' weights and each patch, elements below `k`.
    unsafe {
        each_run!(job, channels, step);
    }
    // SAFETY: the outputs of the tile.
    unsafe { finish_tile!(channels, finish, acc, to, job.stride) };
    P
}
