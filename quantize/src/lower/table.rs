//! Functions of one element as tables.

use crate::function::Function;
use crate::scale::{Element, Scale};

/// Greatest entry of the table of exp.
const ONE: f64 = 65535.0;

/// A function from one scale to another: entry `q + 128`, rounded once.
pub fn of(function: &Function, from: Scale, to: Scale) -> Box<[i8; 256]> {
    let value = |index: usize| {
        let steps = index as f64 - 128.0 - f64::from(from.zero_point);
        function.apply(steps * f64::from(from.scale))
    };
    Box::new(std::array::from_fn(|index| to.quantize(value(index)) as i8))
}

/// A function of an int16: points every 128 steps from -16384 on, for a line between them; with
/// seven bits behind the point where the result is an int8.
pub fn points(function: &Function, from: Scale, to: Scale) -> Box<[i16; 257]> {
    let (least, most) = to.element.limits();
    let one = match to.element {
        Element::Int8 => 128.0,
        Element::Int16 => 1.0,
    };
    let point = |index: usize| {
        let steps = 128.0 * index as f64 - 16384.0 - f64::from(from.zero_point);
        let value = function.apply(steps * f64::from(from.scale)) / f64::from(to.scale);
        let element = (value + f64::from(to.zero_point)).clamp(least.into(), most.into());
        (element * one).round() as i16
    };
    Box::new(std::array::from_fn(point))
}

/// `exp(-distance * scale)` for the 256 distances of an int8 from the greatest of its pixel.
pub fn exp(scale: &Scale) -> Box<[u16; 256]> {
    let entry =
        |distance: usize| (ONE * (-(distance as f64) * f64::from(scale.scale)).exp()).round();
    Box::new(std::array::from_fn(|distance| entry(distance) as u16))
}
