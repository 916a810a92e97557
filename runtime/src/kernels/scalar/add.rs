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
    /// The sum of two elements.
    #[inline(always)]
    fn sum<Q: Element>(&self, a: impl Element, b: impl Element) -> Q {
        let a = a.value().wrapping_mul(i32::from(self.ma));
        let b = b.value().wrapping_mul(i32::from(self.mb));
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
        *q = by.sum(a, b);
    }
}

/// As [`add`], with the sum in the place of `a`.
pub fn add_to<A: Element, B: Element>(a: &mut [A], b: &[B], by: &AddFactors) {
    for (a, &b) in a.iter_mut().zip(b) {
        *a = by.sum(*a, b);
    }
}
