//! GEMM for weights that lie channel by channel, as blobs for any target have them: each output is a
//! dot product along the patch. Blobs are put into the host's order where they are loaded, so this one
//! needs to be sound and not slow, not more.

use core::arch::x86_64::*;

use crate::kernels::{Gemm, requantize};

/// A [`Gemm`] of int8 to int8, weights channel by channel.
#[target_feature(enable = "avx2")]
pub fn gemm(job: &Gemm<'_>, count: usize, patches: &[i8], out: &mut [i8]) {
    let requant = &job.requant;
    for p in 0..count {
        let patch = patches.get(p.wrapping_mul(job.pitch)..);
        let pixel = out.get_mut(p.wrapping_mul(job.stride)..);
        let (Some(Some(patch)), Some(pixel)) = (patch.map(|patch| patch.get(..job.k)), pixel)
        else {
            return;
        };
        let channels = requant.bias.iter().zip(requant.multipliers);
        let rows = job.weights.values.chunks_exact(job.k.max(1));
        for ((q, weights), (bias, multiplier)) in pixel.iter_mut().zip(rows).zip(channels) {
            let acc = i32::from_le_bytes(*bias).wrapping_add(dot(patch, weights));
            let multiplier = i32::from_le_bytes(*multiplier);
            let (shift, zero_point) = (requant.shift, requant.zero_point);
            *q = requantize(acc, multiplier, shift, zero_point, requant.lo, requant.hi) as i8;
        }
    }
}

/// Sum of products of some elements and as many weights.
#[inline]
#[target_feature(enable = "avx2")]
fn dot(x: &[i8], w: &[i8]) -> i32 {
    let (blocks, rest) = x.as_chunks::<16>();
    let (others, other_rest) = w.as_chunks::<16>();
    let mut acc = _mm256_setzero_si256();
    for (x, w) in blocks.iter().zip(others) {
        // SAFETY: both have 16 bytes.
        let (x, w) = unsafe {
            (
                _mm_loadu_si128(x.as_ptr().cast()),
                _mm_loadu_si128(w.as_ptr().cast()),
            )
        };
        let products = _mm256_madd_epi16(_mm256_cvtepi8_epi16(x), _mm256_cvtepi8_epi16(w));
        acc = _mm256_add_epi32(acc, products);
    }
    let sums = _mm_add_epi32(
        _mm256_castsi256_si128(acc),
        _mm256_extracti128_si256::<1>(acc),
    );
    let sums = _mm_add_epi32(sums, _mm_shuffle_epi32::<0x4e>(sums));
    let sums = _mm_add_epi32(sums, _mm_shuffle_epi32::<0xb1>(sums));
    rest.iter()
        .zip(other_rest)
        .fold(_mm_cvtsi128_si32(sums), |acc, (x, w)| {
            acc.wrapping_add(i32::from(*x).wrapping_mul(i32::from(*w)))
        })
}
