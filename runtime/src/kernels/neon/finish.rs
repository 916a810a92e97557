//! Requantization of eight channels at a time.
//!
//! `(acc * m + 2^31) >> 32` is `((acc * m * 2 >> 32) + 1) >> 1`, for the floor of a floor is one floor:
//! `sqdmulh` is the first half of it and `sqrshrn` the second, which narrows to 16 bits on the way. The
//! former saturates for one product alone, of -2^31 and -2^31, and 2^30 comes out either way. What
//! saturates later lies outside the bounds, and on the same side of them as the value itself.

use core::arch::aarch64::*;

use super::vector::{load_words, store, store_half};
use crate::kernels::Requant;

/// Two registers of four channels.
pub(super) type Eight = [int32x4_t; 2];

/// What is the same for all channels. `WIDE` outputs are int16, others int8.
#[derive(Clone, Copy)]
pub(super) struct Finish<const WIDE: bool> {
    pub(super) shift: i32,
    pub(super) zero: int16x8_t,
    /// Bounds: 16 int8, or eight int16.
    pub(super) lo: int16x8_t,
    pub(super) hi: int16x8_t,
}

impl<const WIDE: bool> Finish<WIDE> {
    /// For bounds within the elements; there are no others in a valid blob.
    pub(super) fn of(requant: &Requant<'_>) -> Option<Self> {
        Self::with(requant.shift, requant.zero_point, (requant.lo, requant.hi))
    }

    /// As [`of`](Self::of), for what has one multiplier for all elements.
    pub(super) fn with(shift: u8, zero_point: i8, (lo, hi): (i16, i16)) -> Option<Self> {
        let elements = if WIDE { -16384..=16383 } else { -128..=127 };
        if lo > hi || !elements.contains(&lo) || !elements.contains(&hi) {
            return None;
        }
        // SAFETY: every AArch64 core that Rust builds for has NEON.
        unsafe {
            let bound = |x: i16| {
                if WIDE {
                    vdupq_n_s16(x)
                } else {
                    vreinterpretq_s16_s8(vdupq_n_s8(x as i8))
                }
            };
            Some(Self {
                shift: i32::from(shift & 31),
                zero: vdupq_n_s16(zero_point.into()),
                lo: bound(lo),
                hi: bound(hi),
            })
        }
    }

    /// Eight accumulators, bias included, less the clamp.
    #[inline(always)]
    pub(super) fn narrow(&self, mut acc: Eight, multipliers: Eight) -> int16x8_t {
        // SAFETY: every AArch64 core that Rust builds for has NEON.
        unsafe {
            if self.shift != 0 {
                let by = vdupq_n_s32(self.shift);
                acc = acc.map(|acc| vshlq_s32(acc, by));
            }
            let ([a, b], [ma, mb]) = (acc, multipliers);
            let low = vqrshrn_n_s32::<1>(vqdmulhq_s32(a, ma));
            let all = vqrshrn_high_n_s32::<1>(low, vqdmulhq_s32(b, mb));
            vqaddq_s16(all, self.zero)
        }
    }

    /// Clamps and stores eight channels of a pixel.
    ///
    /// # Safety
    /// Eight elements can be written at `to`.
    #[inline(always)]
    pub(super) unsafe fn store(&self, to: *mut i8, values: int16x8_t) {
        // SAFETY: the caller's promise: 16 bytes where outputs are int16, else eight.
        unsafe {
            if WIDE {
                store(to, vreinterpretq_s8_s16(self.clamp_wide(values)));
            } else {
                let bytes = vqmovn_s16(values);
                store_half(to, vget_low_s8(self.clamp(vcombine_s8(bytes, bytes))));
            }
        }
    }

    /// Clamps and stores 16 channels of a pixel.
    ///
    /// # Safety
    /// 16 elements can be written at `to`.
    #[inline(always)]
    pub(super) unsafe fn store_sixteen(&self, to: *mut i8, values: [int16x8_t; 2]) {
        let [a, b] = values;
        // SAFETY: the caller's promise: 32 bytes where outputs are int16, else 16.
        unsafe {
            if WIDE {
                self.store(to, a);
                self.store(to.add(16), b);
            } else {
                store(to, self.clamp(vqmovn_high_s16(vqmovn_s16(a), b)));
            }
        }
    }

    /// Holds 16 int8 within the bounds.
    #[inline(always)]
    pub(super) fn clamp(&self, bytes: int8x16_t) -> int8x16_t {
        // SAFETY: every AArch64 core that Rust builds for has NEON.
        unsafe {
            let (lo, hi) = (vreinterpretq_s8_s16(self.lo), vreinterpretq_s8_s16(self.hi));
            vminq_s8(vmaxq_s8(bytes, lo), hi)
        }
    }

    /// Holds eight int16 within the bounds.
    #[inline(always)]
    fn clamp_wide(&self, values: int16x8_t) -> int16x8_t {
        // SAFETY: every AArch64 core that Rust builds for has NEON.
        unsafe { vminq_s16(vmaxq_s16(values, self.lo), self.hi) }
    }
}

/// Eight biases or multipliers.
///
/// # Safety
/// 32 bytes can be read at `from`.
#[inline(always)]
pub(super) unsafe fn eight(from: *const [u8; 4]) -> Eight {
    // SAFETY: the caller's promise.
    unsafe { [load_words(from.cast()), load_words(from.add(4).cast())] }
}
