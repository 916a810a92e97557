//! Sums and products of two tensors.

use super::{clamp, requantize};

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
    pub fn sum(&self, a: i32, b: i32) -> i32 {
        let a = a.wrapping_mul(i32::from(self.ma));
        let b = b.wrapping_mul(i32::from(self.mb));
        let sum = a.wrapping_add(b).wrapping_add(self.c);
        clamp(sum.wrapping_shr(u32::from(self.shift)), self.lo, self.hi)
    }
}

/// `(a * ma + b * mb + c) >> shift`, clamped, element by element, in the place of `a`. A `b` of one
/// element stands for all.
#[inline(never)]
pub fn add(a: &mut [i8], b: &[i8], by: &AddFactors) {
    each_pair(a, b, |a, b| by.sum(a, b));
}

/// What turns the product of two elements into an element.
#[derive(Clone, Copy, Debug)]
pub struct MulFactors {
    /// Zero point of the first operand.
    pub zero_a: i8,
    /// Zero point of the second operand.
    pub zero_b: i8,
    /// Multiplier.
    pub multiplier: i32,
    /// Left shift of the product before the multiplier.
    pub shift: u8,
    /// Zero point of the output.
    pub zero_point: i8,
    /// Least output.
    pub lo: i16,
    /// Greatest output.
    pub hi: i16,
}

impl MulFactors {
    /// The product of the values of two elements.
    #[inline(always)]
    pub fn product(&self, a: i32, b: i32) -> i32 {
        let a = a.wrapping_sub(i32::from(self.zero_a));
        let b = b.wrapping_sub(i32::from(self.zero_b));
        requantize(
            a.wrapping_mul(b),
            self.multiplier,
            self.shift,
            self.zero_point,
            self.lo,
            self.hi,
        )
    }
}

/// The product of both less their zero points, requantized, element by element, in the place of
/// `a`. A `b` of one element stands for all.
#[inline(never)]
pub fn mul(a: &mut [i8], b: &[i8], by: &MulFactors) {
    each_pair(a, b, |a, b| by.product(a, b));
}

/// Combines elements of two slices in the place of the first; a `b` of one element stands for all.
#[inline(always)]
fn each_pair(a: &mut [i8], b: &[i8], of: impl Fn(i32, i32) -> i32) {
    if let [b] = b {
        for a in a {
            *a = of(i32::from(*a), i32::from(*b)) as i8;
        }
        return;
    }
    for (a, &b) in a.iter_mut().zip(b) {
        *a = of(i32::from(*a), i32::from(b)) as i8;
    }
}
