//! Product of two tensors: one multiplier, one rounding.

use tidbit::blob::MulParams;

use super::multiplier::multipliers;
use crate::scale::Scale;

/// The multiplier of `a * b` from their scales to the output's.
pub fn lower(a: Scale, b: Scale, output: Scale) -> Result<MulParams, String> {
    let factor = f64::from(a.scale) * f64::from(b.scale) / f64::from(output.scale);
    let reach = a.reach_from_zero() * b.reach_from_zero();
    let (multipliers, shift) = multipliers(&[factor], reach)?;
    Ok(MulParams {
        multiplier: multipliers[0],
        shift,
        reserved: 0,
        lo: -128,
        hi: 127,
    })
}
