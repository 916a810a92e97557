//! Scale and zero point of activation tensors.

use crate::RangeMethod;
use crate::calibrate::Calibration;
use crate::graph::{Graph, Node, Op, PoolKind, TensorId};
use crate::ranges::range;

/// What the int8 of a tensor stand for: `(q - zero_point) * scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Real value of one step.
    pub scale: f32,
    /// The int8 that stands for 0.
    pub zero_point: i8,
}

impl Scale {
    /// Raw pixels: the byte less 128.
    pub const PIXELS: Self = Self {
        scale: 1.0,
        zero_point: -128,
    };
    /// Shares of a softmax: 256 steps from 0 to 1.
    pub const SHARES: Self = Self {
        scale: 1.0 / 256.0,
        zero_point: -128,
    };

    /// The scale whose 256 steps cover `lo ..= hi`, with 0 exactly on a step.
    pub fn covering((lo, hi): (f32, f32)) -> Self {
        let span = f64::from(hi) - f64::from(lo);
        let scale = (span / 255.0).max(f64::from(f32::MIN_POSITIVE) * 1e6);
        let zero_point = (-128.0 - f64::from(lo) / scale)
            .round()
            .clamp(-128.0, 127.0);
        Self {
            scale: scale as f32,
            zero_point: zero_point as i8,
        }
    }

    /// The int8 nearest to a real value.
    pub fn quantize(&self, value: impl Into<f64>) -> i8 {
        let steps = value.into() / f64::from(self.scale);
        (steps.round() + f64::from(self.zero_point)).clamp(-128.0, 127.0) as i8
    }

    /// The int8 that ONNX's QuantizeLinear makes: divided in f32, halves to even.
    pub fn quantize_in_f32(&self, value: f32) -> i8 {
        let steps = (value / self.scale).round_ties_even() + f32::from(self.zero_point);
        steps.clamp(-128.0, 127.0) as i8
    }

    /// The real value that an int8 stands for.
    pub fn dequantize(&self, value: i8) -> f32 {
        (f32::from(value) - f32::from(self.zero_point)) * self.scale
    }
}

/// The scales of all tensors: those that the file gives, else with ranges by `method`.
pub fn scales(graph: &Graph, calibration: &Calibration, method: RangeMethod) -> Vec<Scale> {
    let mut scales = vec![Scale::PIXELS; graph.tensors.len()];
    if let Some(&given) = graph.given.get(&graph.input) {
        scales[graph.input] = given;
    }
    for node in &graph.nodes {
        scales[node.output] = match source(graph, node) {
            Source::Fixed(scale) => scale,
            Source::Input => scales[node.inputs[0]],
            Source::Calibration => {
                let (lo, hi) = range(&calibration.histograms[node.output], method);
                let clamp = node.clamp;
                Scale::covering((lo.max(clamp.lo.min(0.0)), hi.min(clamp.hi.max(0.0))))
            }
        };
    }
    scales
}

/// The tensors whose scale only calibration can tell.
pub fn calibrated(graph: &Graph) -> Vec<TensorId> {
    let unknown = |node: &&Node| matches!(source(graph, node), Source::Calibration);
    let nodes = graph.nodes.iter().filter(unknown);
    nodes.map(|node| node.output).collect()
}

/// Where a tensor's scale comes from.
enum Source {
    /// It is known.
    Fixed(Scale),
    /// It is that of the node's input.
    Input,
    /// The range of its values on the calibration images.
    Calibration,
}

fn source(graph: &Graph, node: &Node) -> Source {
    match node.op {
        Op::Softmax => Source::Fixed(Scale::SHARES),
        // These copy elements: another scale could only lose.
        Op::Pool(PoolKind::Max, _) | Op::Pad(_) => Source::Input,
        _ => match graph.given.get(&node.output) {
            Some(&scale) => Source::Fixed(scale),
            // A clamp of whole steps gives whole steps: exact where the input's scale was given.
            None if matches!(node.op, Op::Clamp) && graph.given.contains_key(&node.inputs[0]) => {
                Source::Input
            }
            None => Source::Calibration,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_exact_and_the_ends_are_covered() {
        for range in [(0.0, 6.0), (-1.0, 3.0), (-5.0, 0.0), (0.0, 0.0)] {
            let scale = Scale::covering(range);
            assert_eq!(scale.dequantize(scale.quantize(0.0)), 0.0);
            for end in [range.0, range.1] {
                let back = scale.dequantize(scale.quantize(end));
                assert!((back - end).abs() <= scale.scale, "{range:?} {end} {back}");
            }
        }
    }

    #[test]
    fn relu_starts_at_the_least_int8() {
        let scale = Scale::covering((0.0, 6.0));
        assert_eq!(scale.zero_point, -128);
        assert_eq!(scale.quantize(6.0), 127);
    }
}
