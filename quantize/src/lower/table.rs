//! Functions of one element as tables.

use crate::function::Function;
use crate::scale::Scale;

/// Greatest entry of the table of exp.
const ONE: f64 = 65535.0;

/// A function from one scale to another: entry `q + 128`, rounded once.
pub fn of(function: &Function, from: Scale, to: Scale) -> Box<[i8; 256]> {
    let value = |index: usize| {
        let steps = index as f64 - 128.0 - f64::from(from.zero_point);
        function.apply(steps * f64::from(from.scale))
    };
    Box::new(std::array::from_fn(|index| to.quantize(value(index))))
}

/// `exp(-distance * scale)` for the 256 distances of an int8 from the greatest of its pixel.
pub fn exp(scale: &Scale) -> Box<[u16; 256]> {
    let entry =
        |distance: usize| (ONE * (-(distance as f64) * f64::from(scale.scale)).exp()).round();
    Box::new(std::array::from_fn(|distance| entry(distance) as u16))
}
