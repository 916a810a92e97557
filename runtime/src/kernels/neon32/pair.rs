//! Sums and products of two tensors, greatest and least elements: 16 elements at a time, in the place of
//! the first operand.

use super::constants::Constants;
use crate::kernels::{AddFactors, MulFactors, min_into as scalar_min_into, scalar};

assembly!("pair.s");

unsafe extern "C" {
    fn tidbit_add(a: *mut i8, b: *const i8, step: usize, pair: &Pair);
    fn tidbit_mul(a: *mut i8, b: *const i8, step: usize, pair: &Pair);
    fn tidbit_max(a: *mut i8, b: *const i8, count: usize);
    fn tidbit_min(a: *mut i8, b: *const i8, count: usize);
}

/// Elements of a register.
const LANES: usize = 16;

/// What the assembly takes of a sum or a product, in the order in which it does.
#[repr(C)]
struct Pair {
    /// Registers of elements.
    count: usize,
    constants: *const Constants,
    kind: u32,
    /// Of the sum: `ma`, `mb`. Of the product: the multiplier.
    factors: u32,
    /// Of the sum: the addend. Of the product: both zero points.
    addend: u32,
    /// Of the sum: the left shift, at most 0.
    shift: i32,
}

/// Combines elements of two slices in the place of the first; a `b` of one element stands for all. `of`
/// gets whole registers of both: addresses, by how many bytes the second goes on, and how many there are.
/// What is left goes through registers of its own.
#[inline(always)]
fn each(a: &mut [i8], b: &[i8], of: impl Fn(*mut i8, *const i8, usize, usize)) {
    let one = match b {
        &[one] => Some([one; LANES]),
        _ => None,
    };
    let len = if one.is_some() {
        a.len()
    } else {
        a.len().min(b.len())
    };
    let a = a.get_mut(..len).unwrap_or_default();
    let (whole, rest) = a.as_chunks_mut::<LANES>();
    if !whole.is_empty() {
        match &one {
            Some(one) => of(whole.as_mut_ptr().cast(), one.as_ptr(), 0, whole.len()),
            None => of(whole.as_mut_ptr().cast(), b.as_ptr(), LANES, whole.len()),
        }
    }
    if rest.is_empty() {
        return;
    }
    let (mut last_a, mut last_b) = ([0; LANES], one.unwrap_or_default());
    if one.is_none() {
        let left = b.get(whole.len().wrapping_mul(LANES)..).unwrap_or_default();
        last_b
            .iter_mut()
            .zip(left)
            .for_each(|(to, from)| *to = *from);
    }
    last_a
        .iter_mut()
        .zip(rest.iter())
        .for_each(|(to, from)| *to = *from);
    of(last_a.as_mut_ptr(), last_b.as_ptr(), LANES, 1);
    rest.iter_mut()
        .zip(last_a)
        .for_each(|(to, from)| *to = from);
}

/// `(a * ma + b * mb + c) >> shift`, clamped, in the place of `a`.
pub(super) fn add(a: &mut [i8], b: &[i8], by: &AddFactors) {
    let Some(constants) = Constants::with(0, 0, (by.lo, by.hi), 1) else {
        return scalar::add(a, b, by);
    };
    let [[m0, m1], [n0, n1]] = [by.ma, by.mb].map(i16::to_le_bytes);
    each(a, b, |a, b, step, count| {
        let pair = Pair {
            count,
            constants: &raw const constants,
            kind: constants.kind(),
            factors: u32::from_le_bytes([m0, m1, n0, n1]),
            addend: by.c.cast_unsigned(),
            shift: 0i32.wrapping_sub(i32::from(by.shift & 31)),
        };
        // SAFETY: `each` gives `count` registers of both, at least one.
        unsafe { tidbit_add(a, b, step, &pair) }
    });
}

/// The product of both less their zero points, requantized, in the place of `a`.
pub(super) fn mul(a: &mut [i8], b: &[i8], by: &MulFactors) {
    let Some(constants) = Constants::with(by.shift, by.zero_point, (by.lo, by.hi), 1) else {
        return scalar::mul(a, b, by);
    };
    let zeros = [by.zero_a.cast_unsigned(), by.zero_b.cast_unsigned(), 0, 0];
    each(a, b, |a, b, step, count| {
        let pair = Pair {
            count,
            constants: &raw const constants,
            kind: constants.kind(),
            factors: by.multiplier.cast_unsigned(),
            addend: u32::from_le_bytes(zeros),
            shift: 0,
        };
        // SAFETY: `each` gives `count` registers of both, at least one.
        unsafe { tidbit_mul(a, b, step, &pair) }
    });
}

/// Whole registers of both slices, from their beginning on.
fn whole(a: &[i8], b: &[i8]) -> usize {
    a.len().min(b.len()) / LANES
}

/// Keeps the greater of each element.
pub(super) fn max_into(best: &mut [i8], pixel: &[i8]) {
    let count = whole(best, pixel);
    if count > 0 {
        // SAFETY: both slices have as many registers, and nobody else has the first.
        unsafe { tidbit_max(best.as_mut_ptr(), pixel.as_ptr(), count) };
    }
    let first = count.wrapping_mul(LANES);
    let (best, pixel) = (best.get_mut(first..), pixel.get(first..));
    scalar::max_into(best.unwrap_or_default(), pixel.unwrap_or_default());
}

/// Keeps the lesser of each element.
pub(super) fn min_into(best: &mut [i8], pixel: &[i8]) {
    let count = whole(best, pixel);
    if count > 0 {
        // SAFETY: both slices have as many registers, and nobody else has the first.
        unsafe { tidbit_min(best.as_mut_ptr(), pixel.as_ptr(), count) };
    }
    let first = count.wrapping_mul(LANES);
    let (best, pixel) = (best.get_mut(first..), pixel.get(first..));
    scalar_min_into(best.unwrap_or_default(), pixel.unwrap_or_default());
}
