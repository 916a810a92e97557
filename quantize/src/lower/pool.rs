//! Pools: a maximum needs no numbers, an average one multiplier for each number of elements.

use super::IntPool;
use super::multiplier::multipliers;
use crate::graph::{Shape, Window};
use crate::scale::Scale;

/// A maximum.
pub fn max(window: Window) -> IntPool {
    IntPool {
        window,
        shift: 0,
        multipliers: vec![],
    }
}

/// An average from one scale to another.
pub fn average(
    window: Window,
    include_pad: bool,
    (input, output): (&Shape, &Shape),
    (from, to): (Scale, Scale),
) -> Result<IntPool, String> {
    let taps = window.kernel[0] * window.kernel[1];
    let ratio = f64::from(from.scale) / f64::from(to.scale);
    let overhang = |axis: usize, output: usize, input: usize| {
        (output - 1) * window.stride[axis] + window.kernel[axis] > input
    };
    let clipped = !window.padding.is_none()
        || overhang(0, output.height, input.height)
        || overhang(1, output.width, input.width);
    let counts = if include_pad || !clipped {
        taps..=taps
    } else {
        1..=taps
    };
    let factors: Vec<f64> = counts.map(|count| ratio / count as f64).collect();
    let (multipliers, shift) = multipliers(&factors, from.reach_from_zero() * taps as i64)?;
    Ok(IntPool {
        window,
        shift,
        multipliers,
    })
}
