//! GEMM for weights that lie channel by channel, as blobs for any target have them: each output is a
//! dot product along the patch. Blobs are put into the host's order where they are loaded, so this one
//! needs to be sound and not slow, not more.

use core::arch::x86_64::*;

use super::requant::{Finish, first16, first64};
use crate::kernels::Gemm;

/// A [`Gemm`] of int8 to int8, weights channel by channel.
///
/// # Safety
/// `job.fits` of these slices.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
pub unsafe fn gemm(job: &Gemm<'_>, count: usize, patches: &[i8], out: &mut [i8]) {
    let finish = Finish::new(&job.requant);
    let zero = _mm512_setzero_si512();
    for p in 0..count {
        let mut first = 0;
        let mut weights = job.weights.values.as_ptr();
        while first < job.outputs() {
            let rows = job.outputs().wrapping_sub(first).min(16);
            let mut sums = [0i32; 16];
            // SAFETY: `fits` says that patch `p`, its output, the weights of `rows` channels from `first`
            // on and their words are all within their slices; the mask holds the rest off.
            unsafe {
                let patch = patches.as_ptr().add(p.wrapping_mul(job.pitch));
                for sum in sums.iter_mut().take(rows) {
                    *sum = dot(patch, weights, job.k);
                    weights = weights.add(job.k);
                }
                let word = |all: &[[u8; 4]]| all.as_ptr().add(first).cast::<i32>();
                let lanes = first16(rows);
                let bias = _mm512_maskz_loadu_epi32(lanes, word(job.requant.bias));
                let multipliers = _mm512_maskz_loadu_epi32(lanes, word(job.requant.multipliers));
                let acc = _mm512_add_epi32(_mm512_loadu_si512(sums.as_ptr().cast()), bias);
                let scaled = finish.scale(finish.shifted(acc), multipliers);
                let bytes = finish.pack([scaled, zero, zero, zero]);
                let every_fourth =
                    _mm512_setr_epi32(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
                let bytes = _mm512_permutexvar_epi32(every_fourth, bytes);
                let to = out
                    .as_mut_ptr()
                    .add(p.wrapping_mul(job.stride).wrapping_add(first));
                _mm_mask_storeu_epi8(to, lanes, _mm512_castsi512_si128(bytes));
            }
            first = first.wrapping_add(rows);
        }
    }
}

/// Sum of products of `k` elements and as many weights.
///
/// # Safety
/// Both can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn dot(x: *const i8, w: *const i8, k: usize) -> i32 {
    let flip = _mm512_set1_epi8(i8::MIN);
    let (mut acc, mut sums) = (_mm512_setzero_si512(), _mm512_setzero_si512());
    let mut done = 0;
    while done < k {
        let lanes = first64(k.wrapping_sub(done));
        // SAFETY: the mask holds both loads within `k` bytes.
        let (x, w) = unsafe {
            (
                _mm512_maskz_loadu_epi8(lanes, x.add(done)),
                _mm512_maskz_loadu_epi8(lanes, w.add(done)),
            )
        };
        acc = _mm512_dpbusd_epi32(acc, _mm512_xor_si512(x, flip), w);
        sums = _mm512_dpbusd_epi32(sums, flip, w);
        done = done.wrapping_add(64);
    }
    _mm512_reduce_add_epi32(_mm512_sub_epi32(acc, sums))
}
