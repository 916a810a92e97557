//! From sums to int8, eight sums at a time: products of even and of odd places apart, their upper
//! halves side by side again, then zero point and bounds on packed bytes.

use core::arch::{asm, x86_64::*};

use crate::kernels::Requant;

/// What all channels of a layer have in common.
#[derive(Clone, Copy)]
pub struct Finish {
    /// Whether there is a shift.
    pub shifts: bool,
    shift: __m128i,
    half: __m256i,
    zero_point: __m256i,
    lo: __m256i,
    hi: __m256i,
}

impl Finish {
    /// That of a job.
    #[target_feature(enable = "avx2")]
    pub fn new(requant: &Requant<'_>) -> Self {
        Self {
            shifts: requant.shift != 0,
            shift: _mm_cvtsi32_si128(i32::from(requant.shift & 31)),
            half: _mm256_set1_epi64x(1 << 31),
            zero_point: _mm256_set1_epi16(i16::from(requant.zero_point)),
            lo: _mm256_set1_epi8(requant.lo as i8),
            hi: _mm256_set1_epi8(requant.hi as i8),
        }
    }

    /// `sum << shift`, for layers that have a shift; few have, so ask [`shifts`](Self::shifts) first.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn shifted(&self, sum: __m256i) -> __m256i {
        _mm256_sll_epi32(sum, self.shift)
    }

    /// `(acc * multiplier + 2^31) >> 32`, each four of them as sums 0, 2, 1 and 3: `pack` wants them so.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn scale(&self, acc: __m256i, multiplier: __m256i) -> __m256i {
        let odd = _mm256_srli_epi64::<32>(acc);
        let of_odd = _mm256_srli_epi64::<32>(multiplier);
        let even = _mm256_add_epi64(even_products(acc, multiplier), self.half);
        let odd = _mm256_add_epi64(even_products(odd, of_odd), self.half);
        // The upper halves of all.
        _mm256_castps_si256(_mm256_shuffle_ps::<0xdd>(
            _mm256_castsi256_ps(even),
            _mm256_castsi256_ps(odd),
        ))
    }

    /// Zero point and bounds; in each half of the register four bytes of each of `scaled` in turn.
    ///
    /// Scaled sums that do not fit 16 bits are held at their ends, from where no zero point brings
    /// them back within 8.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn pack(&self, scaled: [__m256i; 4]) -> __m256i {
        let [a, b, c, d] = scaled;
        let first = _mm256_adds_epi16(_mm256_packs_epi32(a, b), self.zero_point);
        let second = _mm256_adds_epi16(_mm256_packs_epi32(c, d), self.zero_point);
        let bytes = _mm256_packs_epi16(first, second);
        let bytes = _mm256_min_epi8(_mm256_max_epi8(bytes, self.lo), self.hi);
        let in_order = _mm_setr_epi8(0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15);
        _mm256_shuffle_epi8(bytes, _mm256_broadcastsi128_si256(in_order))
    }
}

/// Products of 64 bits of the words in even places.
///
/// `_mm256_mul_epi32` is a product of numbers of 64 bits to the compiler: when it takes the multiplier out
/// of a loop it forgets that 32 bits are enough, and makes one product of three.
#[inline]
#[target_feature(enable = "avx2")]
fn even_products(a: __m256i, b: __m256i) -> __m256i {
    let products;
    // SAFETY: AVX2 has the instruction, which takes registers to a register.
    unsafe {
        asm!("vpmuldq {0}, {1}, {2}", lateout(ymm_reg) products, in(ymm_reg) a, in(ymm_reg) b,
            options(pure, nomem, nostack, preserves_flags));
    }
    products
}

/// A mask of the first `count` of eight words.
#[inline]
#[target_feature(enable = "avx2")]
pub fn first8(count: usize) -> __m256i {
    let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    _mm256_cmpgt_epi32(_mm256_set1_epi32(count.min(8) as i32), lanes)
}

/// Up to eight words.
///
/// # Safety
/// So many can be read.
#[inline]
#[target_feature(enable = "avx2")]
pub unsafe fn load_words(at: *const i8, count: usize) -> __m256i {
    // SAFETY: the mask lets through no more than `count` words.
    unsafe { _mm256_maskload_epi32(at.cast(), first8(count)) }
}
