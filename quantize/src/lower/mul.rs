//! Product of two tensors: one multiplier, one rounding.

use tidbit::blob::MulParams;

use super::multiplier::multipliers;
use crate::scale::Scale;

/// Greatest magnitude of the product of two int8 less their zero points.
const REACH: i64 = 255 * 255;

/// The multiplier of `a * b` from their scales to the output's.
pub fn lower(a: Scale, b: Scale, output: Scale) -> Result<MulParams, String> {
    let factor = f64::from(a.scale) * f64::from(b.scale) / f64::from(output.scale);
    let (multipliers, shift) = multipliers(&[factor], REACH)?;
    Ok(MulParams {
        multiplier: multipliers[0],
        shift,
        reserved: 0,
        lo: -128,
        hi: 127,
    })
}
