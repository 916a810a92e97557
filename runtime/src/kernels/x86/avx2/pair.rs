//! Sums and products of two tensors, 16 elements at a time.

use core::arch::x86_64::*;

use super::requant::Finish;
use crate::kernels::{AddFactors, MulFactors, Requant, scalar};

/// As `Kernels::add`.
pub fn add(a: &mut [i8], b: &[i8], by: &AddFactors) {
    // SAFETY: the table of this backend is handed out only where its instructions exist.
    unsafe { sums(a, b, by) }
}

/// As `Kernels::mul`.
pub fn mul(a: &mut [i8], b: &[i8], by: &MulFactors) {
    // SAFETY: as in `add`.
    unsafe { products(a, b, by) }
}

/// Pairs of elements side by side are one `vpmaddwd` with both factors.
#[target_feature(enable = "avx2")]
fn sums(a: &mut [i8], b: &[i8], by: &AddFactors) {
    let factors = _mm256_set1_epi32(i32::from(by.ma) & 0xffff | i32::from(by.mb) << 16);
    let c = _mm256_set1_epi32(by.c);
    let shift = _mm_cvtsi32_si128(i32::from(by.shift & 31));
    let (lo, hi) = (_mm256_set1_epi16(by.lo), _mm256_set1_epi16(by.hi));
    let sixteen = |x, y| {
        let low = _mm256_madd_epi16(_mm256_unpacklo_epi16(x, y), factors);
        let high = _mm256_madd_epi16(_mm256_unpackhi_epi16(x, y), factors);
        let low = _mm256_sra_epi32(_mm256_add_epi32(low, c), shift);
        let high = _mm256_sra_epi32(_mm256_add_epi32(high, c), shift);
        let sum = _mm256_packs_epi32(low, high);
        let sum = _mm256_min_epi16(_mm256_max_epi16(sum, lo), hi);
        _mm256_packs_epi16(sum, sum)
    };
    each_pair(a, b, sixteen, |a, b| scalar::add(a, b, by));
}

/// An element beside nothing is a word of 32 bits, and so `vpmaddwd` makes products of 32 bits.
#[target_feature(enable = "avx2")]
fn products(a: &mut [i8], b: &[i8], by: &MulFactors) {
    let finish = Finish::new(&Requant {
        bias: &[],
        multipliers: &[],
        shift: by.shift,
        zero_point: by.zero_point,
        lo: by.lo,
        hi: by.hi,
    });
    let zero = _mm256_setzero_si256();
    let zero_a = _mm256_set1_epi16(by.zero_a.into());
    let zero_b = _mm256_set1_epi16(by.zero_b.into());
    let multiplier = _mm256_set1_epi32(by.multiplier);
    let scale = |product| {
        let product = if finish.shifts {
            finish.shifted(product)
        } else {
            product
        };
        finish.scale(product, multiplier)
    };
    let sixteen = |x, y| {
        let (x, y) = (_mm256_sub_epi16(x, zero_a), _mm256_sub_epi16(y, zero_b));
        let low = _mm256_madd_epi16(
            _mm256_unpacklo_epi16(x, zero),
            _mm256_unpacklo_epi16(y, zero),
        );
        let high = _mm256_madd_epi16(
            _mm256_unpackhi_epi16(x, zero),
            _mm256_unpackhi_epi16(y, zero),
        );
        finish.pack([scale(low), scale(high), zero, zero])
    };
    each_pair(a, b, sixteen, |a, b| scalar::mul(a, b, by));
}

/// Combines elements of two slices in the place of the first; a `b` of one element stands for all.
///
/// `sixteen` takes 16 elements of each, widened, and gives bytes: the first eight at the lower end, the
/// others at the upper half's. `few` takes what is left.
#[inline]
#[target_feature(enable = "avx2")]
fn each_pair(
    a: &mut [i8],
    b: &[i8],
    sixteen: impl Fn(__m256i, __m256i) -> __m256i,
    few: impl Fn(&mut [i8], &[i8]),
) {
    let combine = |x: &mut [i8; 16], y: &[i8; 16]| {
        // SAFETY: both have 16 bytes.
        let (wide_x, wide_y) = unsafe {
            let load = |bytes: &[i8; 16]| _mm_loadu_si128(bytes.as_ptr().cast());
            (_mm256_cvtepi8_epi16(load(x)), _mm256_cvtepi8_epi16(load(y)))
        };
        let bytes = _mm256_permute4x64_epi64::<0x08>(sixteen(wide_x, wide_y));
        // SAFETY: there are 16 bytes.
        unsafe { _mm_storeu_si128(x.as_mut_ptr().cast(), _mm256_castsi256_si128(bytes)) };
    };
    if let [all] = b {
        let (chunks, rest) = a.as_chunks_mut::<16>();
        chunks.iter_mut().for_each(|x| combine(x, &[*all; 16]));
        return few(rest, b);
    }
    let (chunks, rest) = a.as_chunks_mut::<16>();
    let (others, others_rest) = b.as_chunks::<16>();
    if others.len() < chunks.len() || others_rest.len() == 1 {
        // Too short a second operand, or a rest that would pass for one element that stands for all.
        return few(a, b);
    }
    for (x, y) in chunks.iter_mut().zip(others) {
        combine(x, y);
    }
    let rest_of_b = b.get(chunks.len().wrapping_mul(16)..).unwrap_or_default();
    few(rest, rest_of_b);
}
