//! Sums to elements, channel by channel: bias and multiplier of a channel are read once for all pixels.

use crate::kernels::scalar::high;
use crate::kernels::{Element, Requant};

/// The sums of some channels, row by row of weights, to elements of each pixel.
#[inline(always)]
pub fn finish<Q: Element, const PIXELS: usize>(
    sums: &[[i32; PIXELS]],
    requant: &Requant<'_>,
    out: [&mut [Q]; PIXELS],
) {
    // Most operators let through whatever an int8 can be, which takes fewer instructions to hold.
    let all = size_of::<Q>() == 1 && (requant.lo, requant.hi) == (-128, 127);
    if all {
        finish_within::<Q, PIXELS>(sums, requant, out, |x| x.clamp(-128, 127));
    } else {
        let (lo, hi) = (i32::from(requant.lo), i32::from(requant.hi));
        finish_within::<Q, PIXELS>(sums, requant, out, |x| x.max(lo).min(hi));
    }
}

#[inline(always)]
fn finish_within<Q: Element, const PIXELS: usize>(
    sums: &[[i32; PIXELS]],
    requant: &Requant<'_>,
    out: [&mut [Q]; PIXELS],
    within: impl Fn(i32) -> i32,
) {
    let shift = u32::from(requant.shift);
    let zero_point = i32::from(requant.zero_point);
    let mut out = out.map(|pixel| pixel.iter_mut());
    for (sums, (bias, multiplier)) in sums.iter().zip(requant.channels()) {
        for (pixel, sum) in out.iter_mut().zip(sums) {
            if let Some(q) = pixel.next() {
                let shifted = sum.wrapping_add(bias).wrapping_shl(shift);
                let value = high(shifted, multiplier).wrapping_add(zero_point);
                *q = Q::of(within(value));
            }
        }
    }
}
