//! Sums of two tensors.

use super::clamp;
use crate::kernels::Element;

/// Factors of a residual add.
#[derive(Clone, Copy, Debug)]
pub struct AddFactors {
    /// Multiplier of the first operand.
    pub ma: i16,
    /// Multiplier of the second operand.
    pub mb: i16,
    /// Zero points and rounding.
    pub c: i32,
    /// Right shift.
    pub shift: u8,
    /// Least output.
    pub lo: i16,
    /// Greatest output.
    pub hi: i16,
}

impl AddFactors {
    /// The sum of the values of two elements.
    #[inline(always)]
    pub fn sum<Q: Element>(&self, a: i32, b: i32) -> Q {
        let a = a.wrapping_mul(i32::from(self.ma));
        let b = b.wrapping_mul(i32::from(self.mb));
        let sum = a.wrapping_add(b).wrapping_add(self.c);
        Q::of(clamp(
            sum.wrapping_shr(u32::from(self.shift)),
            self.lo,
            self.hi,
        ))
    }
}

/// `(a * ma + b * mb + c) >> shift`, clamped, element by element.
pub fn add<A: Element, B: Element, Q: Element>(a: &[A], b: &[B], by: &AddFactors, out: &mut [Q]) {
    for ((q, &a), &b) in out.iter_mut().zip(a).zip(b) {
        *q = by.sum(a.value(), b.value());
    }
}

/// As [`add`], with the sum in the place of `a`.
pub fn add_to<A: Element>(a: &mut [A], b: &[A], by: &AddFactors) {
    for (a, &b) in a.iter_mut().zip(b) {
        *a = by.sum(a.value(), b.value());
    }
}
