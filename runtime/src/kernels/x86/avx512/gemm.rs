//! GEMM: tiles of up to eight patches against up to 64 output channels.
//!
//! In the host's order a register of weights is four elements of 16 channels, and four elements of a
//! patch go to all of its lanes at once: each lane is the sum of one output, from the first element to the
//! last, and nothing is ever added across lanes. The 16 sums of a tile stay in registers; each register
//! of weights is used for all patches of the tile.

use core::arch::x86_64::*;

use super::super::unrolled::unrolled;
use super::lines;
use super::requant::{Finish, first16, first64};
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
        (1, 1, Packing::Portable) if fits => unsafe {
            lines::gemm(job, count, patches, out);
        },
        _ => scalar::gemm(job, count, patches, out, scratch),
    }
}

/// All channels, up to four blocks of them at a time.
///
/// # Safety
/// `job.fits` of slices that begin at these addresses.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn blocks(job: &Gemm<'_>, count: usize, patches: *const i8, out: *mut i8) {
    let finish = Finish::new(&job.requant);
    let outputs = job.outputs();
    let mut first = 0;
    while first < outputs {
        let left = outputs.wrapping_sub(first);
        // SAFETY: the caller's; `first` is a multiple of the block's channels below `outputs`.
        let made = unsafe {
            match left.div_ceil(BLOCK) {
                1 => group::<1, 8>(job, &finish, first, (count, patches, out)),
                2 | 3 => group::<2, 8>(job, &finish, first, (count, patches, out)),
                _ => group::<4, 6>(job, &finish, first, (count, patches, out)),
            }
        };
        first = first.wrapping_add(made);
    }
}

/// Some blocks of channels.
struct Group<const B: usize> {
    /// Where the weights of each block begin.
    weights: [*const i8; B],
    /// Channels of each.
    rows: [usize; B],
    /// Bias of each channel, less what flipped sign bits add to its sums.
    bias: [__m512i; B],
    /// Multiplier of each channel.
    multipliers: [__m512i; B],
    /// Channels of all blocks.
    width: usize,
}

/// `B` blocks of channels from `first` on, over all patches, `P` at a time; how many channels they are
/// at most.
///
/// # Safety
/// As for `blocks`, and `first` is a multiple of a block below the number of channels.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn group<const B: usize, const P: usize>(
    job: &Gemm<'_>,
    finish: &Finish,
    first: usize,
    (count, patches, out): (usize, *const i8, *mut i8),
) -> usize {
    let left = job.outputs().wrapping_sub(first);
    let zero = _mm512_setzero_si512();
    let mut group = Group {
        weights: [job.weights.values.as_ptr(); B],
        rows: [0; B],
        bias: [zero; B],
        multipliers: [zero; B],
        width: left.min(BLOCK.wrapping_mul(B)),
    };
    for b in 0..B {
        let start = b.wrapping_mul(BLOCK).min(left);
        let rows = left.wrapping_sub(start).min(BLOCK);
        let channel = first.wrapping_add(start);
        group.rows[b] = rows;
        // SAFETY: `channel` is at most the number of channels, and so many words and `k` times as many
        // weights are there (`fits`); the masks keep the loads within `rows` channels from there.
        unsafe {
            group.weights[b] = job.weights.values.as_ptr().add(channel.wrapping_mul(job.k));
            let words = |all: &[[u8; 4]]| all.as_ptr().add(channel).cast::<i32>();
            let lanes = first16(rows);
            group.bias[b] = _mm512_maskz_loadu_epi32(lanes, words(job.requant.bias));
            group.multipliers[b] = _mm512_maskz_loadu_epi32(lanes, words(job.requant.multipliers));
        }
    }
    let mut done = 0;
    while done < count {
        // SAFETY: a tile takes no more patches than are left, and the elements and outputs of all patches
        // below `count` are within the slices (`fits`).
        done = done.wrapping_add(unsafe {
            let from = patches.add(done.wrapping_mul(job.pitch));
            let to = out.add(first).add(done.wrapping_mul(job.stride));
            let left = count.wrapping_sub(done);
            if done == 0 {
                some::<B, P, true>(job, finish, &mut group, left, (from, to))
            } else {
                some::<B, P, false>(job, finish, &mut group, left, (from, to))
            }
        });
    }
    BLOCK.wrapping_mul(B)
}

/// A tile of `P` patches, or of 4, 2 or 1 where fewer are left; how many it took.
///
/// # Safety
/// As for `tile`, with at least one patch left.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn some<const B: usize, const P: usize, const FIRST: bool>(
    job: &Gemm<'_>,
    finish: &Finish,
    group: &mut Group<B>,
    left: usize,
    at: (*const i8, *mut i8),
) -> usize {
    // SAFETY: the caller's.
    unsafe {
        if left >= P {
            tile::<B, P, FIRST>(job, finish, group, at);
            P
        } else if left >= 4 {
            tile::<B, 4, FIRST>(job, finish, group, at);
            4
        } else if left >= 2 {
            tile::<B, 2, FIRST>(job, finish, group, at);
            2
        } else {
            tile::<B, 1, FIRST>(job, finish, group, at);
            1
        }
    }
}

/// `P` patches against a group of channels. The `FIRST` tile also sums the weights, and leaves the bias
/// as the others want it.
///
/// # Safety
/// `P` patches of the job can be read from the first address on, and as many outputs of the group
/// written from the second on; the group's weights are all there.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn tile<const B: usize, const P: usize, const FIRST: bool>(
    job: &Gemm<'_>,
    finish: &Finish,
    group: &mut Group<B>,
    (from, to): (*const i8, *mut i8),
) {
    let zero = _mm512_setzero_si512();
    let flip = opaque(_mm512_set1_epi8(i8::MIN));
    let (k, pitch) = (job.k, job.pitch);
    let mut acc = if FIRST {
        [[zero; B]; P]
    } else {
        [group.bias; P]
    };
    let mut sums = [zero; B];
    // Sums of a run of weights and what its elements are in each patch.
    macro_rules! step {
        ($run:expr, $elements:expr) => {
            let mut weights = [zero; B];
            unrolled!(b below B => {
                weights[b] = $run(group.weights[b], group.rows[b]);
            });
            if FIRST {
                unrolled!(b below B => {
                    sums[b] = _mm512_dpbusd_epi32(sums[b], flip, weights[b]);
                });
            }
            unrolled!(p below P => {
                let x = _mm512_set1_epi32($elements(from.add(p.wrapping_mul(pitch))));
                let x = _mm512_xor_si512(x, flip);
                unrolled!(b below B => {
                    acc[p][b] = _mm512_dpbusd_epi32(acc[p][b], x, weights[b]);
                });
            });
        };
    }
    let whole = k & !3;
    let mut done = 0;
    while done < whole {
        // SAFETY: a run of each block's weights and four elements of each patch, all below `k`.
        unsafe {
            step!(
                |at: *const i8, rows| load_four(at.add(done.wrapping_mul(rows)), rows),
                |patch: *const i8| patch.add(done).cast::<i32>().read_unaligned()
            );
        }
        done = done.wrapping_add(4);
    }
    if whole < k {
        let left = k & 3;
        // SAFETY: the last run of each block's weights, and the last elements of each patch.
        unsafe {
            step!(
                |at: *const i8, rows| load_run(at.add(done.wrapping_mul(rows)), rows, left),
                |patch: *const i8| last(patch, k, left)
            );
        }
    }
    if FIRST {
        unrolled!(b below B => {
            group.bias[b] = _mm512_sub_epi32(group.bias[b], sums[b]);
        });
        unrolled!(p below P => {
            unrolled!(b below B => {
                acc[p][b] = _mm512_add_epi32(acc[p][b], group.bias[b]);
            });
        });
    }
    if finish.shifts {
        unrolled!(p below P => {
            unrolled!(b below B => {
                acc[p][b] = finish.shifted(acc[p][b]);
            });
        });
    }
    // Four registers at a time: four pixels of a block, two of two blocks or one of four.
    let by_vector = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    let flat = acc.as_flattened();
    unrolled!(n below (P * B).div_ceil(4) => {
        let mut four = [zero; 4];
        unrolled!(v below 4 => {
            if let Some(sum) = flat.get(n * 4 + v) {
                four[v] = finish.scale(*sum, group.multipliers[v % B]);
            }
        });
        let bytes = _mm512_permutexvar_epi32(by_vector, finish.pack(four));
        let pixel = n * 4 / B;
        // SAFETY: pixels of this tile from `pixel` on, the group's channels of each.
        unsafe {
            let to = to.add(pixel.wrapping_mul(job.stride));
            store::<B>(bytes, (to, job.stride), P - pixel, group.width);
        }
    });
}

/// The same value, of which the compiler knows nothing: it would flip bits before it broadcasts, in
/// two instructions more than the one that takes both from memory.
#[inline]
#[target_feature(enable = "avx512f")]
fn opaque(value: __m512i) -> __m512i {
    let same;
    // SAFETY: nothing is executed.
    unsafe {
        core::arch::asm!("/* {0} */", inlateout(zmm_reg) value => same,
            options(pure, nomem, nostack, preserves_flags));
    }
    same
}

/// A run of four elements of `rows` channels.
///
/// # Safety
/// So many weights can be read from there on.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load_four(at: *const i8, rows: usize) -> __m512i {
    // SAFETY: the mask lets through no more than four bytes for each row.
    unsafe { _mm512_maskz_loadu_epi32(first16(rows), at.cast()) }
}

/// A last run of `elements` (one to three) of `rows` channels, with zeros behind each channel's.
///
/// # Safety
/// So many weights can be read from there on.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn load_run(at: *const i8, rows: usize, elements: usize) -> __m512i {
    let bytes = rows.wrapping_mul(elements);
    // SAFETY: the masks let through no more than `rows * elements` bytes.
    unsafe {
        match elements {
            3 => {
                // 12 bytes for each quarter of the register, and 3 of those for each lane.
                let thirds = _mm512_setr_epi32(0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8, 0, 9, 10, 11, 0);
                let lanes = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
                let run = _mm512_maskz_loadu_epi8(first64(bytes), at);
                let run = _mm512_permutexvar_epi32(thirds, run);
                _mm512_shuffle_epi8(run, _mm512_broadcast_i32x4(lanes))
            }
            2 => _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first16(rows), at.cast())),
            _ => _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(first16(rows), at)),
        }
    }
}

/// The last `elements` (one to three) of a patch of `k`, low byte first; what is above them does not
/// matter.
///
/// # Safety
/// The patch can be read.
#[inline]
unsafe fn last(patch: *const i8, k: usize, elements: usize) -> i32 {
    // SAFETY: the caller's; no byte outside the `k` of the patch is read.
    unsafe {
        let end = patch.add(k);
        if k >= 4 {
            let word = end.sub(4).cast::<u32>().read_unaligned();
            let above = 4usize.wrapping_sub(elements).wrapping_mul(8);
            return word.wrapping_shr(above as u32).cast_signed();
        }
        let byte = |n: usize| i32::from(patch.add(n).cast::<u8>().read());
        let mut word = 0;
        for n in 0..k {
            word |= byte(n).wrapping_shl(8u32.wrapping_mul(n as u32));
        }
        word
    }
}

/// Stores the `width` channels of each of as many pixels as a register holds, at most `pixels`.
///
/// # Safety
/// They can be written, each `stride` bytes from the one before.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn store<const B: usize>(
    bytes: __m512i,
    (to, stride): (*mut i8, usize),
    pixels: usize,
    width: usize,
) {
    let mask = first64(width);
    // SAFETY: the caller's; the masks hold the stores within `width` bytes.
    unsafe {
        match B {
            4 if width == 64 => _mm512_storeu_si512(to.cast(), bytes),
            4 => _mm512_mask_storeu_epi8(to, mask, bytes),
            2 => {
                let (a, b) = (
                    _mm512_castsi512_si256(bytes),
                    _mm512_extracti64x4_epi64::<1>(bytes),
                );
                _mm256_mask_storeu_epi8(to, mask as u32, a);
                if pixels > 1 {
                    _mm256_mask_storeu_epi8(to.add(stride), mask as u32, b);
                }
            }
            _ => {
                let quarters = [
                    _mm512_castsi512_si128(bytes),
                    _mm512_extracti32x4_epi32::<1>(bytes),
                    _mm512_extracti32x4_epi32::<2>(bytes),
                    _mm512_extracti32x4_epi32::<3>(bytes),
                ];
                for (p, quarter) in quarters.into_iter().enumerate().take(pixels) {
                    _mm_mask_storeu_epi8(to.add(p.wrapping_mul(stride)), mask as u16, quarter);
                }
            }
        }
    }
}
