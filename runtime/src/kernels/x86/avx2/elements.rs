//! Kernels that take elements one after another. The compiler makes vector loops of most scalar
//! definitions once it may use AVX2; the residual add it does not, so that one is written out.

use core::arch::x86_64::*;

use crate::kernels::{AddFactors, scalar};

/// As `Kernels::sum_into`.
pub fn sum_into(sums: &mut [[u8; 4]], pixel: &[i8]) {
    #[target_feature(enable = "avx2")]
    fn run(sums: &mut [[u8; 4]], pixel: &[i8]) {
        scalar::sum_into::<i8>(sums, pixel);
    }
    // SAFETY: the table of this backend is handed out only where its instructions exist.
    unsafe { run(sums, pixel) }
}

/// As `Kernels::max_into`.
pub fn max_into(best: &mut [i8], pixel: &[i8]) {
    #[target_feature(enable = "avx2")]
    fn run(best: &mut [i8], pixel: &[i8]) {
        best.iter_mut()
            .zip(pixel)
            .for_each(|(b, x)| *b = (*b).max(*x));
    }
    // SAFETY: as in `sum_into`.
    unsafe { run(best, pixel) }
}

/// As `Kernels::min_into`.
pub fn min_into(best: &mut [i8], pixel: &[i8]) {
    #[target_feature(enable = "avx2")]
    fn run(best: &mut [i8], pixel: &[i8]) {
        best.iter_mut()
            .zip(pixel)
            .for_each(|(b, x)| *b = (*b).min(*x));
    }
    // SAFETY: as in `sum_into`.
    unsafe { run(best, pixel) }
}

/// As `Kernels::add`.
pub fn add(a: &mut [i8], b: &[i8], by: &AddFactors) {
    // SAFETY: as in `sum_into`.
    unsafe { pairs(a, b, by) }
}

/// Pairs of elements side by side are one `vpmaddwd` with both factors.
#[target_feature(enable = "avx2")]
fn pairs(a: &mut [i8], b: &[i8], by: &AddFactors) {
    let factors = _mm256_set1_epi32(i32::from(by.ma) & 0xffff | i32::from(by.mb) << 16);
    let c = _mm256_set1_epi32(by.c);
    let shift = _mm_cvtsi32_si128(i32::from(by.shift & 31));
    let (lo, hi) = (_mm256_set1_epi16(by.lo), _mm256_set1_epi16(by.hi));
    let sixteen = |x: &[i8; 16], y: &[i8; 16]| {
        // SAFETY: both have 16 bytes.
        let (x, y) = unsafe {
            let load = |bytes: &[i8; 16]| _mm_loadu_si128(bytes.as_ptr().cast());
            (_mm256_cvtepi8_epi16(load(x)), _mm256_cvtepi8_epi16(load(y)))
        };
        let low = _mm256_madd_epi16(_mm256_unpacklo_epi16(x, y), factors);
        let high = _mm256_madd_epi16(_mm256_unpackhi_epi16(x, y), factors);
        let low = _mm256_sra_epi32(_mm256_add_epi32(low, c), shift);
        let high = _mm256_sra_epi32(_mm256_add_epi32(high, c), shift);
        let sum = _mm256_packs_epi32(low, high);
        let sum = _mm256_min_epi16(_mm256_max_epi16(sum, lo), hi);
        let bytes = _mm256_permute4x64_epi64::<0x08>(_mm256_packs_epi16(sum, sum));
        let mut out = [0i8; 16];
        // SAFETY: there are 16 bytes.
        unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), _mm256_castsi256_si128(bytes)) };
        out
    };
    if let [all] = b {
        let (chunks, rest) = a.as_chunks_mut::<16>();
        chunks.iter_mut().for_each(|x| *x = sixteen(x, &[*all; 16]));
        return scalar::add(rest, b, by);
    }
    let (chunks, rest) = a.as_chunks_mut::<16>();
    let (others, others_rest) = b.as_chunks::<16>();
    if others.len() < chunks.len() || others_rest.len() == 1 {
        // Too short a second operand, or a rest that would pass for one element that stands for all.
        return scalar::add(a, b, by);
    }
    for (x, y) in chunks.iter_mut().zip(others) {
        *x = sixteen(x, y);
    }
    let rest_of_b = b.get(chunks.len().wrapping_mul(16)..).unwrap_or_default();
    scalar::add(rest, rest_of_b, by);
}
