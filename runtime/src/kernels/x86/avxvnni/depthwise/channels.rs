//! Bias, multipliers and bounds of a part's channels, in the order that interleaving leaves channels in.

use core::arch::x86_64::*;

use super::super::super::avx2::requant::Finish;
use super::super::dot::Dot;
use super::Part;
use crate::kernels::Depthwise;

/// What turns sums into elements.
pub struct Channels {
    /// Added to the sums.
    pub bias: [__m256i; 4],
    multipliers: [__m256i; 4],
    finish: Finish,
}

impl Channels {
    /// # Safety
    /// The words of the part's channels are there.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub unsafe fn new<const P: usize>(job: &Depthwise<'_>, part: &Part<P>) -> Self {
        // SAFETY: the caller's.
        unsafe {
            Self {
                bias: words(job.requant.bias, part),
                multipliers: words(job.requant.multipliers, part),
                finish: Finish::new(&job.requant),
            }
        }
    }

    /// Takes off what flipped sign bits add to the sums.
    ///
    /// # Safety
    /// The processor knows the encoding.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub unsafe fn unflip<D: Dot>(&mut self, weights: &[__m256i; 4]) {
        let flip = _mm256_set1_epi8(i8::MIN);
        for (bias, weights) in self.bias.iter_mut().zip(weights) {
            // SAFETY: the caller's.
            let sum = unsafe { D::dot(_mm256_setzero_si256(), flip, *weights) };
            *bias = _mm256_sub_epi32(*bias, sum);
        }
    }

    /// Sums to elements, channels in order again.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn finish(&self, mut sums: [__m256i; 4]) -> __m256i {
        if self.finish.shifts {
            for sum in &mut sums {
                *sum = self.finish.shifted(*sum);
            }
        }
        for (sum, multiplier) in sums.iter_mut().zip(self.multipliers) {
            *sum = self.finish.scale(*sum, multiplier);
        }
        self.finish.pack(sums)
    }
}

/// Words of the part's channels as they are interleaved: register `i` has those of bytes `4 * i` to
/// `4 * i + 3` of each half.
///
/// # Safety
/// They are there.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn words<const P: usize>(all: &[[u8; 4]], part: &Part<P>) -> [__m256i; 4] {
    let mut registers = [_mm256_setzero_si256(); 4];
    for (i, words) in registers.iter_mut().enumerate() {
        let low = i.wrapping_mul(4) % Part::<P>::WIDTH;
        let high = i.wrapping_mul(4).wrapping_add(16) % Part::<P>::WIDTH;
        // SAFETY: four of the part's channels each.
        *words = unsafe {
            let at = all.as_ptr().add(part.first);
            _mm256_loadu2_m128i(at.add(high).cast(), at.add(low).cast())
        };
    }
    registers
}
