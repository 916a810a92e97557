//! From sums to int8: the one rounding of QUANTIZATION.md, 16 sums at a time.
//!
//! The product of sum and multiplier takes 64 bits, so sums in even and in odd places are multiplied
//! apart; the upper halves of the products, side by side again, are the result. Zero point and bounds
//! wait until four registers of them are packed to one of bytes.

use core::arch::x86_64::*;

use crate::kernels::Requant;

/// What all channels of a layer have in common.
#[derive(Clone, Copy)]
pub struct Finish {
    /// Whether there is a shift.
    pub shifts: bool,
    shift: __m128i,
    half: __m512i,
    zero_point: __m512i,
    lo: __m512i,
    hi: __m512i,
}

impl Finish {
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn new(requant: &Requant<'_>) -> Self {
        Self {
            shifts: requant.shift != 0,
            shift: _mm_cvtsi32_si128(i32::from(requant.shift & 31)),
            half: _mm512_set1_epi64(1 << 31),
            zero_point: _mm512_set1_epi16(i16::from(requant.zero_point)),
            lo: _mm512_set1_epi8(requant.lo as i8),
            hi: _mm512_set1_epi8(requant.hi as i8),
        }
    }

    /// `sum << shift`, for layers that have a shift; few have, so ask [`shifts`](Self::shifts) first.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn shifted(&self, sum: __m512i) -> __m512i {
        _mm512_sll_epi32(sum, self.shift)
    }

    /// `(sum * multiplier + 2^31) >> 32`.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn scale(&self, acc: __m512i, multiplier: __m512i) -> __m512i {
        let odd = _mm512_srli_epi64::<32>(acc);
        let of_odd = _mm512_srli_epi64::<32>(multiplier);
        let even = _mm512_add_epi64(_mm512_mul_epi32(acc, multiplier), self.half);
        let odd = _mm512_add_epi64(_mm512_mul_epi32(odd, of_odd), self.half);
        // Upper halves of the even products move down between those of the odd ones.
        _mm512_mask_shuffle_epi32::<0xf5>(odd, 0x5555, even)
    }

    /// Zero point and bounds, and 64 bytes: in each quarter of the register four of each of `scaled` in
    /// turn.
    ///
    /// Scaled sums that do not fit 16 bits are held at their ends, from where no zero point brings
    /// them back within 8.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn pack(&self, scaled: [__m512i; 4]) -> __m512i {
        let [a, b, c, d] = scaled;
        let first = _mm512_adds_epi16(_mm512_packs_epi32(a, b), self.zero_point);
        let second = _mm512_adds_epi16(_mm512_packs_epi32(c, d), self.zero_point);
        let bytes = _mm512_packs_epi16(first, second);
        _mm512_min_epi8(_mm512_max_epi8(bytes, self.lo), self.hi)
    }
}

/// A mask of the first `count` of 16.
#[inline]
pub fn first16(count: usize) -> __mmask16 {
    if count >= 16 {
        u16::MAX
    } else {
        !(u16::MAX << count)
    }
}

/// A mask of the first `count` of 64.
#[inline]
pub fn first64(count: usize) -> __mmask64 {
    if count >= 64 {
        u64::MAX
    } else {
        !(u64::MAX << count)
    }
}
