//! A tile: some patches against a group of channels, all sums in registers.

use core::arch::x86_64::*;

use super::super::super::unrolled::unrolled;
use super::super::requant::Finish;
use super::Group;
use super::operands::{last, load_four, load_run, opaque, store};
use crate::kernels::Gemm;

/// A tile of `P` patches, or of 4, 2 or 1 where fewer are left; how many it took.
///
/// # Safety
/// As for `tile`, with at least one patch left.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
pub unsafe fn some<const B: usize, const P: usize, const FIRST: bool>(
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
