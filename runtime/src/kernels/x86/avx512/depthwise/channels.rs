//! Bias, multipliers and bounds of 64 channels, in the order that interleaving leaves channels in.

use core::arch::x86_64::*;

use super::super::requant::{Finish, first16};
use super::Part;
use crate::kernels::Depthwise;

/// What turns sums into elements, in the order that interleaving leaves channels in.
pub struct Channels {
    /// Added to the sums.
    pub bias: [__m512i; 4],
    multipliers: [__m512i; 4],
    finish: Finish,
}

impl Channels {
    /// # Safety
    /// The words of the part's channels are there.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub unsafe fn new<const P: usize>(job: &Depthwise<'_>, part: &Part) -> Self {
        // SAFETY: the caller's.
        unsafe {
            Self {
                bias: words::<P>(job.requant.bias, part),
                multipliers: words::<P>(job.requant.multipliers, part),
                finish: Finish::new(&job.requant),
            }
        }
    }

    /// As [`new`](Self::new), for pixels of `C` channels side by side.
    ///
    /// # Safety
    /// The job has `C` channels, and their words are there.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub unsafe fn repeated<const C: usize>(job: &Depthwise<'_>) -> Self {
        // SAFETY: the caller's.
        unsafe {
            Self {
                bias: repeated_words::<C>(job.requant.bias),
                multipliers: repeated_words::<C>(job.requant.multipliers),
                finish: Finish::new(&job.requant),
            }
        }
    }

    /// Takes off what flipped sign bits add to the sums.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vnni")]
    pub fn unflip(&mut self, weights: &[__m512i; 4]) {
        for (bias, weights) in self.bias.iter_mut().zip(weights) {
            let sum =
                _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_set1_epi8(i8::MIN), *weights);
            *bias = _mm512_sub_epi32(*bias, sum);
        }
    }

    /// Sums to elements, channels in order again.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn finish(&self, acc: [__m512i; 4]) -> __m512i {
        let mut scaled = acc;
        if self.finish.shifts {
            for scaled in &mut scaled {
                *scaled = self.finish.shifted(*scaled);
            }
        }
        for (scaled, multipliers) in scaled.iter_mut().zip(&self.multipliers) {
            *scaled = self.finish.scale(*scaled, *multipliers);
        }
        self.finish.pack(scaled)
    }
}

/// Words of the part's channels as they are interleaved.
///
/// # Safety
/// They are there.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn words<const P: usize>(all: &[[u8; 4]], part: &Part) -> [__m512i; 4] {
    let mut natural = [_mm512_setzero_si512(); 4];
    for (n, words) in natural.iter_mut().enumerate() {
        let channel = (n % (4 / P)).wrapping_mul(16).min(part.width);
        let lanes = first16(part.width.wrapping_sub(channel));
        let at = all.as_ptr().wrapping_add(part.first.wrapping_add(channel));
        // SAFETY: words of the part's channels; the mask holds off those behind them.
        *words = unsafe { _mm512_maskz_loadu_epi32(lanes, at.cast()) };
    }
    by_quarters(natural)
}

/// Words of `C` channels, again and again, as they are interleaved.
///
/// # Safety
/// They are there.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn repeated_words<const C: usize>(all: &[[u8; 4]]) -> [__m512i; 4] {
    let mut natural = [_mm512_setzero_si512(); 4];
    for (n, words) in natural.iter_mut().enumerate() {
        let channel = n.wrapping_mul(16) % C;
        let at = all.as_ptr().wrapping_add(channel);
        // SAFETY: `C` is 8, or a multiple of 16 beyond `channel`.
        *words = unsafe {
            match C {
                8 => _mm512_broadcast_i64x4(_mm256_loadu_si256(at.cast())),
                _ => _mm512_loadu_si512(at.cast()),
            }
        };
    }
    by_quarters(natural)
}

/// Words of 64 channels in the order that interleaving leaves them in: quarter `q` of register `i` is quarter
/// `i` of register `q`.
#[inline]
#[target_feature(enable = "avx512f")]
fn by_quarters([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let (ab, cd) = (
        _mm512_shuffle_i32x4::<0x44>(a, b),
        _mm512_shuffle_i32x4::<0x44>(c, d),
    );
    let (ab_high, cd_high) = (
        _mm512_shuffle_i32x4::<0xee>(a, b),
        _mm512_shuffle_i32x4::<0xee>(c, d),
    );
    [
        _mm512_shuffle_i32x4::<0x88>(ab, cd),
        _mm512_shuffle_i32x4::<0xdd>(ab, cd),
        _mm512_shuffle_i32x4::<0x88>(ab_high, cd_high),
        _mm512_shuffle_i32x4::<0xdd>(ab_high, cd_high),
    ]
}
