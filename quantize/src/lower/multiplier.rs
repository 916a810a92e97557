//! Real multipliers as the runtime applies them: `(acc << shift) * m >> 32`.

/// The multipliers `m` and the common left shift for factors that are not negative.
///
/// `reach` is the greatest magnitude of any accumulator. The shift is the least that keeps every
/// `m` below 2^31; that no shifted accumulator leaves 32 bits is proved here, not hoped.
pub fn multipliers(factors: &[f64], reach: i64) -> Result<(Vec<i32>, u8), String> {
    let greatest = factors.iter().copied().fold(0.0, f64::max);
    let mut shift = 0u8;
    while (greatest * (32.0 - f64::from(shift)).exp2()).round() >= 2f64.powi(31) {
        shift += 1;
        if shift > 30 {
            return Err(format!("a multiplier of {greatest} does not fit"));
        }
    }
    if reach
        .checked_shl(u32::from(shift))
        .is_none_or(|reach| reach >= 1 << 31)
    {
        return Err(format!(
            "a multiplier of {greatest} would overflow an accumulator of up to {reach}"
        ));
    }
    let one = (32.0 - f64::from(shift)).exp2();
    let rounded = factors.iter().map(|factor| (factor * one).round() as i32);
    Ok((rounded.collect(), shift))
}

#[cfg(test)]
mod tests {
    use super::multipliers;
    use tidbit::kernels::requantize;

    #[test]
    fn small_factors_need_no_shift() {
        let (m, shift) = multipliers(&[0.25, 0.001], 1 << 30).unwrap();
        assert_eq!((m[0], shift), (1 << 30, 0));
        assert_eq!(requantize(1000, m[0], shift, 0, -128, 127), 127);
        assert_eq!(requantize(-10, m[0], shift, 0, -128, 127), -2);
    }

    #[test]
    fn large_factors_shift_and_stay_exact() {
        let (m, shift) = multipliers(&[1.5], 1000).unwrap();
        assert_eq!(shift, 2);
        assert_eq!(requantize(10, m[0], shift, 0, -128, 127), 15);
    }

    #[test]
    fn an_overflow_is_refused() {
        assert!(multipliers(&[3.0], 1 << 30).is_err());
        assert!(multipliers(&[1e12], 1).is_err());
    }
}
