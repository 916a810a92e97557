//! How far an operator's values can reach, whatever the image: what its range is held against where
//! calibration saw next to nothing of it.
//!
//! A channel that is dead, or a whole dead layer, is 0 on every image. A range without width has no
//! scale, and a very narrow one has a multiplier that does not fit. Nobody can see such values, so
//! all that matters is that the numbers fit.

use crate::graph::{Conv, Node, Op, TensorId};
use crate::scale::Scale;

/// The least part of an operator's reach that its range has.
const LEAST: f32 = 1.0 / (1 << 20) as f32;

/// A bound of a node's magnitude before its clamp, from the scales of what it reads.
pub fn reach(node: &Node, scale: impl Fn(TensorId) -> Scale) -> f32 {
    let input = |at: usize| {
        node.inputs
            .get(at)
            .map_or(0.0, |&input| magnitude(scale(input)))
    };
    let bound = match &node.op {
        Op::Conv(conv) => of_conv(conv, input(0)),
        Op::ConvTranspose(transposed) => of_conv(&transposed.conv, input(0)),
        Op::PRelu(slopes) => {
            slopes
                .iter()
                .fold(1.0f32, |most, slope| most.max(slope.abs()))
                * input(0)
        }
        Op::Add | Op::Sub => input(0) + input(1),
        Op::Mul => input(0) * input(1),
        _ => input(0),
    };
    match bound.is_finite() && bound > 0.0 {
        true => bound,
        false => 1.0,
    }
}

/// A range that was seen, widened if it is too narrow for what reaches so far.
pub fn widened((lo, hi): (f32, f32), reach: f32) -> (f32, f32) {
    let (width, least) = (hi - lo, reach * LEAST);
    match width > 0.0 {
        false => (0.0, reach),
        true if width < least => (lo * (least / width), hi * (least / width)),
        true => (lo, hi),
    }
}

fn of_conv(conv: &Conv, input: f32) -> f32 {
    let k = conv.weights.len() / conv.bias.len();
    let channels = conv.weights.chunks_exact(k).zip(&conv.bias);
    let bounds = channels
        .map(|(row, bias)| bias.abs() + row.iter().map(|weight| weight.abs()).sum::<f32>() * input);
    bounds.fold(0.0, f32::max)
}

/// Greatest magnitude that an element stands for.
fn magnitude(scale: Scale) -> f32 {
    let (least, most) = scale.element.limits();
    scale
        .dequantize(least)
        .abs()
        .max(scale.dequantize(most).abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Clamp;
    use crate::handmade::{graph, pointwise};

    #[test]
    fn a_convolution_reaches_as_far_as_its_weights_carry_its_input() {
        let graph = graph(vec![
            (pointwise(), Clamp::NONE, vec![0]),
            (Op::Mul, Clamp::NONE, vec![0, 0]),
        ]);
        let pixels = |_| Scale::PIXELS;
        assert_eq!(reach(&graph.nodes[0], pixels), 1.0 + 2.0 * 255.0);
        assert_eq!(reach(&graph.nodes[1], pixels), 255.0 * 255.0);
    }

    #[test]
    fn only_ranges_without_width_to_speak_of_are_widened() {
        assert_eq!(widened((-1.0, 3.0), 1e5), (-1.0, 3.0));
        assert_eq!(widened((0.0, 0.0), 8.0), (0.0, 8.0));
        let (lo, hi) = widened((-1e-9, 3e-9), 1e6);
        assert!(lo < -0.2 && hi > 0.7 && (hi / lo + 3.0).abs() < 1e-3);
    }
}
