//! GEMM: tiles of three patches against 16 output channels, a block of the host's order.
//!
//! Two registers of weights are four elements of 16 channels; four elements of a patch go to all lanes
//! at once, their absolute values and their signs apart.

use core::arch::x86_64::*;

use super::super::unrolled::unrolled;
use super::lines;
use super::requant::{Finish, load_words};
use crate::kernels::{Gemm, Packing, scalar};

/// Channels of a block, by the host's order.
const BLOCK: usize = Packing::Host.block().0;

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

/// Up to 16 channels.
struct Block {
    weights: *const i8,
    rows: usize,
    /// The last run, if it is of fewer than four elements, with zeros behind each channel's.
    last: [__m256i; 2],
    bias: [__m256i; 2],
    multipliers: [__m256i; 2],
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
        let rows = job.outputs().wrapping_sub(first).min(BLOCK);
        let (low, high) = (rows.min(8), rows.saturating_sub(8));
        // SAFETY: so many words, and `k` times as many weights, are there from `first` on; a tile takes
        // no more patches than are left, and the elements and outputs of all patches below `count` lie
        // within the slices (`fits`).
        unsafe {
            let weights = job.weights.values.as_ptr().add(first.wrapping_mul(job.k));
            let words = |all: &[[u8; 4]]| all.as_ptr().add(first).cast::<i8>();
            let (bias, multipliers) = (words(job.requant.bias), words(job.requant.multipliers));
            let upper = low.wrapping_mul(4);
            let whole = job.k & !3;
            let block = Block {
                weights,
                rows,
                last: last_run(weights.add(whole.wrapping_mul(rows)), rows, job.k & 3),
                bias: [load_words(bias, low), load_words(bias.add(upper), high)],
                multipliers: [
                    load_words(multipliers, low),
                    load_words(multipliers.add(upper), high),
                ],
            };
            let mut done = 0;
            while done < count {
                let from = patches.add(done.wrapping_mul(job.pitch));
                let to = out.add(done.wrapping_mul(job.stride).wrapping_add(first));
                let left = count.wrapping_sub(done);
                if left >= 3 {
                    tile::<3>(job, &finish, &block, (from, to));
                    done = done.wrapping_add(3);
                } else {
                    tile::<1>(job, &finish, &block, (from, to));
                    done = done.wrapping_add(1);
                }
            }
        }
        first = first.wrapping_add(rows);
    }
}

/// `P` patches against a block.
///
/// # Safety
/// `P` patches of the job can be read from the first address on, and as many outputs of the block written
/// from the second on; the block's weights are all there.
#[target_feature(enable = "avx2")]
unsafe fn tile<const P: usize>(
    job: &Gemm<'_>,
    finish: &Finish,
    block: &Block,
    (from, to): (*const i8, *mut i8),
) {
    let zero = _mm256_setzero_si256();
    let ones = _mm256_set1_epi16(1);
    let mut acc = [block.bias; P];
    // Sums of a run of weights and what its elements are in each patch.
    macro_rules! step {
        ($weights:expr, $elements:expr) => {
            let weights: [__m256i; 2] = $weights;
            unrolled!(p below P => {
                let x = _mm256_set1_epi32($elements(from.add(p.wrapping_mul(job.pitch))));
                let size = _mm256_abs_epi8(x);
                unrolled!(half below 2 => {
                    let signed = _mm256_sign_epi8(weights[half], x);
                    let pairs = _mm256_maddubs_epi16(size, signed);
                    let sums = _mm256_madd_epi16(pairs, ones);
                    acc[p][half] = _mm256_add_epi32(acc[p][half], sums);
                });
            });
        };
    }
    let rows = block.rows;
    let (low, high) = (rows.min(8), rows.saturating_sub(8));
    let whole = job.k & !3;
    let mut done = 0;
    while done < whole {
        // SAFETY: a run of the block's weights and four elements of each patch, all below `k`.
        unsafe {
            let run = block.weights.add(done.wrapping_mul(rows));
            let weights = if rows == BLOCK {
                let run = run.cast::<__m256i>();
                [_mm256_loadu_si256(run), _mm256_loadu_si256(run.add(1))]
            } else {
                [
                    load_words(run, low),
                    load_words(run.add(low.wrapping_mul(4)), high),
                ]
            };
            step!(weights, |patch: *const i8| patch
                .add(done)
                .cast::<i32>()
                .read_unaligned());
        }
        done = done.wrapping_add(4);
    }
    if whole < job.k {
        // SAFETY: the elements from `whole` on are the patch's own.
        unsafe {
            step!(block.last, |patch: *const i8| last_elements(
                patch.add(whole),
                job.k & 3
            ));
        }
    }
    // The first and the last eight channels of two pixels at a time.
    let by_pixel = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    unrolled!(pair below P.div_ceil(2) => {
        let mut four = [zero; 4];
        unrolled!(n below 4 => {
            if let Some(sums) = acc.get(pair * 2 + n / 2) {
                four[n] = finish.scale(sums[n % 2], block.multipliers[n % 2]);
            }
        });
        let bytes = _mm256_permutevar8x32_epi32(finish.pack(four), by_pixel);
        // SAFETY: pixels of this tile, the block's channels of each.
        unsafe {
            let to = to.add((pair * 2).wrapping_mul(job.stride));
            store(_mm256_castsi256_si128(bytes), to, rows);
            if pair * 2 + 1 < P {
                store(_mm256_extracti128_si256::<1>(bytes), to.add(job.stride), rows);
            }
        }
    });
}

/// Stores the first `count` of 16 bytes.
///
/// # Safety
/// They can be written.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store(bytes: __m128i, to: *mut i8, count: usize) {
    // SAFETY: 16 bytes where there are so many, else `count`.
    unsafe {
        if count >= 16 {
            return _mm_storeu_si128(to.cast(), bytes);
        }
        let mut all = [0i8; 16];
        _mm_storeu_si128(all.as_mut_ptr().cast(), bytes);
        to.copy_from_nonoverlapping(all.as_ptr(), count);
    }
}

/// The last run of a block: `elements` (none to three) of each channel, with zeros behind them.
///
/// # Safety
/// So many weights can be read from there on.
#[target_feature(enable = "avx2")]
unsafe fn last_run(at: *const i8, rows: usize, elements: usize) -> [__m256i; 2] {
    let mut runs = [0i8; 64];
    for row in 0..rows.min(BLOCK) {
        for element in 0..elements {
            // SAFETY: each channel's elements lie one behind the other.
            let weight = unsafe { *at.add(row.wrapping_mul(elements).wrapping_add(element)) };
            if let Some(place) = runs.get_mut(row.wrapping_mul(4).wrapping_add(element)) {
                *place = weight;
            }
        }
    }
    // SAFETY: 64 bytes are there.
    unsafe {
        let runs = runs.as_ptr().cast::<__m256i>();
        [_mm256_loadu_si256(runs), _mm256_loadu_si256(runs.add(1))]
    }
}

/// One to three bytes, low byte first, with zeros above them.
///
/// # Safety
/// They can be read.
#[inline]
unsafe fn last_elements(at: *const i8, elements: usize) -> i32 {
    let mut word = 0;
    for n in 0..elements {
        // SAFETY: the caller's.
        let byte = unsafe { at.add(n).cast::<u8>().read() };
        word |= i32::from(byte).wrapping_shl(8u32.wrapping_mul(n as u32));
    }
    word
}
