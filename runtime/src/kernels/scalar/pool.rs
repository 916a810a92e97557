//! Pools: sums that become averages, and maxima.

use super::{clamp, requantize};
use crate::kernels::Element;
use crate::kernels::bytes::as_u8;

/// Adds a pixel to sums kept as little-endian i32.
pub fn sum_into<A: Element>(sums: &mut [[u8; 4]], pixel: &[A]) {
    for (sum, &x) in sums.iter_mut().zip(pixel) {
        *sum = i32::from_le_bytes(*sum)
            .wrapping_add(x.value())
            .to_le_bytes();
    }
}

/// How sums become averages: a pool's side of [`Requant`].
#[derive(Clone, Copy, Debug)]
pub struct Average {
    /// What the zero point adds to each sum: elements under the window × zero point.
    pub offset: i32,
    /// Multiplier for this number of elements.
    pub multiplier: i32,
    /// Left shift of the sum before the multiplier.
    pub shift: u8,
    /// Zero point of the output.
    pub zero_point: i8,
    /// Least output.
    pub lo: i16,
    /// Greatest output.
    pub hi: i16,
}

/// Sums to elements.
pub fn average<Q: Element>(sums: &[[u8; 4]], by: &Average, out: &mut [Q]) {
    for (q, sum) in out.iter_mut().zip(sums) {
        let acc = i32::from_le_bytes(*sum).wrapping_sub(by.offset);
        let (shift, zero_point) = (by.shift, by.zero_point);
        *q = Q::of(requantize(
            acc,
            by.multiplier,
            shift,
            zero_point,
            by.lo,
            by.hi,
        ));
    }
}

/// Sums to elements in place: those from the `first`-th on, `count` of them, become the `first`-th
/// element and those behind it.
///
/// Sum `i` lies at byte `4 * i` and its element, of 1 or 2 bytes, at byte `i` or `2 * i`: no sum is
/// overwritten before it was read, if they are taken in order.
pub fn average_in_place<Q: Element>(bytes: &mut [i8], first: usize, count: usize, by: &Average) {
    for at in first..first.saturating_add(count) {
        let sums = as_u8(bytes).as_chunks::<4>().0;
        let Some(sum) = sums.get(at).copied() else {
            return;
        };
        if let Some(q) = Q::view_mut(bytes).get_mut(at..) {
            average(&[sum], by, q);
        }
    }
}

/// Holds every element within `lo` and `hi`.
pub fn clamp_to<Q: Element>(values: &mut [Q], lo: i16, hi: i16) {
    for q in values {
        *q = Q::of(clamp(q.value(), lo, hi));
    }
}

/// Keeps the greater of each element.
pub fn max_into<A: Element>(best: &mut [A], pixel: &[A]) {
    for (b, &x) in best.iter_mut().zip(pixel) {
        if x.value() > b.value() {
            *b = x;
        }
    }
}
