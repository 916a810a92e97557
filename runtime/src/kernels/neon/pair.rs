//! Sums and products of two tensors, greatest and least elements: 16 elements at a time, in the place of
//! the first operand.

use core::arch::aarch64::*;

use super::finish::Finish;
use super::vector::{load, store};
use crate::kernels::{AddFactors, MulFactors, scalar};

/// Elements of a register.
const LANES: usize = 16;

/// Combines elements of two slices in the place of the first; a `b` of one element stands for all where
/// `one` says so. The last elements go through a register of their own.
#[inline(always)]
fn each(a: &mut [i8], b: &[i8], one: bool, of: impl Fn(int8x16_t, int8x16_t) -> int8x16_t) {
    let one = match b {
        &[b] if one => Some(b),
        _ => None,
    };
    let len = if one.is_some() {
        a.len()
    } else {
        a.len().min(b.len())
    };
    let a = a.get_mut(..len).unwrap_or_default();
    let b = if one.is_some() {
        &[]
    } else {
        b.get(..len).unwrap_or_default()
    };
    let (whole_a, rest_a) = a.as_chunks_mut::<LANES>();
    let (whole_b, rest_b) = b.as_chunks::<LANES>();
    // SAFETY: loads and stores are of arrays of 16 bytes.
    unsafe {
        if let Some(one) = one {
            let b = vdupq_n_s8(one);
            for a in whole_a {
                store(a.as_mut_ptr(), of(load(a.as_ptr()), b));
            }
        } else {
            for (a, b) in whole_a.iter_mut().zip(whole_b) {
                store(a.as_mut_ptr(), of(load(a.as_ptr()), load(b.as_ptr())));
            }
        }
        if rest_a.is_empty() {
            return;
        }
        let (mut last_a, mut last_b) = ([0; LANES], [one.unwrap_or(0); LANES]);
        last_a
            .iter_mut()
            .zip(rest_a.iter())
            .for_each(|(to, from)| *to = *from);
        last_b
            .iter_mut()
            .zip(rest_b)
            .for_each(|(to, from)| *to = *from);
        let last = of(load(last_a.as_ptr()), load(last_b.as_ptr()));
        store(last_a.as_mut_ptr(), last);
        rest_a
            .iter_mut()
            .zip(last_a)
            .for_each(|(to, from)| *to = from);
    }
}

/// Two halves of a register as int16.
#[inline(always)]
fn halves(x: int8x16_t) -> [int16x8_t; 2] {
    // SAFETY: every AArch64 core that Rust builds for has NEON.
    unsafe { [vmovl_s8(vget_low_s8(x)), vmovl_high_s8(x)] }
}

/// `(a * ma + b * mb + c) >> shift`, clamped, in the place of `a`.
pub(super) fn add(a: &mut [i8], b: &[i8], by: &AddFactors) {
    let Some(finish) = Finish::<false>::with(0, 0, (by.lo, by.hi)) else {
        return scalar::add(a, b, by);
    };
    // SAFETY: every AArch64 core that Rust builds for has NEON.
    unsafe {
        let (ma, mb) = (vdupq_n_s16(by.ma), vdupq_n_s16(by.mb));
        let c = vdupq_n_s32(by.c);
        let right = vdupq_n_s32(0i32.wrapping_sub(i32::from(by.shift & 31)));
        let eight = |a: int16x8_t, b: int16x8_t| {
            let low = vmlal_s16(c, vget_low_s16(a), vget_low_s16(ma));
            let low = vmlal_s16(low, vget_low_s16(b), vget_low_s16(mb));
            let high = vmlal_high_s16(vmlal_high_s16(c, a, ma), b, mb);
            let low = vqmovn_s32(vshlq_s32(low, right));
            vqmovn_high_s32(low, vshlq_s32(high, right))
        };
        each(a, b, true, |a, b| {
            let ([a_low, a_high], [b_low, b_high]) = (halves(a), halves(b));
            let low = vqmovn_s16(eight(a_low, b_low));
            finish.clamp(vqmovn_high_s16(low, eight(a_high, b_high)))
        });
    }
}

/// The product of both less their zero points, requantized, in the place of `a`.
pub(super) fn mul(a: &mut [i8], b: &[i8], by: &MulFactors) {
    let Some(finish) = Finish::<false>::with(by.shift, by.zero_point, (by.lo, by.hi)) else {
        return scalar::mul(a, b, by);
    };
    // SAFETY: every AArch64 core that Rust builds for has NEON.
    unsafe {
        let (zero_a, zero_b) = (vdupq_n_s8(by.zero_a), vdupq_n_s8(by.zero_b));
        let multipliers = [vdupq_n_s32(by.multiplier); 2];
        let eight = |a: int16x8_t, b: int16x8_t| {
            let low = vmull_s16(vget_low_s16(a), vget_low_s16(b));
            finish.narrow([low, vmull_high_s16(a, b)], multipliers)
        };
        each(a, b, true, |a, b| {
            let low_a = vsubl_s8(vget_low_s8(a), vget_low_s8(zero_a));
            let low_b = vsubl_s8(vget_low_s8(b), vget_low_s8(zero_b));
            let high = eight(vsubl_high_s8(a, zero_a), vsubl_high_s8(b, zero_b));
            finish.clamp(vqmovn_high_s16(vqmovn_s16(eight(low_a, low_b)), high))
        });
    }
}

/// Keeps the greater of each element.
pub(super) fn max_into(best: &mut [i8], pixel: &[i8]) {
    // SAFETY: every AArch64 core that Rust builds for has NEON.
    each(best, pixel, false, |a, b| unsafe { vmaxq_s8(a, b) });
}

/// Keeps the lesser of each element.
pub(super) fn min_into(best: &mut [i8], pixel: &[i8]) {
    // SAFETY: every AArch64 core that Rust builds for has NEON.
    each(best, pixel, false, |a, b| unsafe { vminq_s8(a, b) });
}
