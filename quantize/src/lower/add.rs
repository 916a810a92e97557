//! Residual add: two 16-bit multipliers, one rounding.

use tidbit::blob::AddParams;

use crate::scale::Scale;

/// Greatest shift: keeps the output's zero point, shifted, well within 32 bits.
const MAX_SHIFT: i32 = 20;

/// The factors of `a + b` from their scales to the output's.
pub fn lower(a: Scale, b: Scale, output: Scale) -> AddParams {
    let ratio = |scale: Scale| f64::from(scale.scale) / f64::from(output.scale);
    let greatest = ratio(a).max(ratio(b));
    let fits = |shift: &i32| (greatest * f64::from(*shift).exp2()).round() <= f64::from(i16::MAX);
    let shift = (0..=MAX_SHIFT).rev().find(fits).unwrap_or(0);
    let one = f64::from(shift).exp2();
    let factor = |scale: Scale| (ratio(scale) * one).round().min(f64::from(i16::MAX)) as i16;
    let (ma, mb) = (factor(a), factor(b));
    let zero = |scale: Scale, factor: i16| i32::from(scale.zero_point) * i32::from(factor);
    let half = if shift == 0 { 0 } else { 1 << (shift - 1) };
    AddParams {
        ma,
        mb,
        c: (i32::from(output.zero_point) << shift) + half - zero(a, ma) - zero(b, mb),
        shift: shift as u8,
        reserved: 0,
        lo: -128,
        hi: 127,
    }
}
