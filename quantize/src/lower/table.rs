//! Functions of one element as tables.

use crate::graph::Clamp;
use crate::scale::Scale;

/// Greatest entry of the table of exp.
const ONE: f64 = 65535.0;

/// A clamp by itself, from one scale to another: entry `q + 128`.
pub fn clamp(clamp: Clamp, from: Scale, to: Scale) -> Box<[i8; 256]> {
    let value = |index: usize| from.dequantize((index as i32 - 128) as i8);
    Box::new(std::array::from_fn(|index| {
        to.quantize(value(index).max(clamp.lo).min(clamp.hi))
    }))
}

/// `exp(-distance * scale)` for the 256 distances of an int8 from the greatest of its pixel.
pub fn exp(scale: &Scale) -> Box<[u16; 256]> {
    let entry =
        |distance: usize| (ONE * (-(distance as f64) * f64::from(scale.scale)).exp()).round();
    Box::new(std::array::from_fn(|distance| entry(distance) as u16))
}
