//! Scale and zero point of activation tensors.

use crate::RangeMethod;
use crate::calibrate::Calibration;
use crate::graph::{Graph, Node, TensorId};
use crate::ranges::range;
use crate::reach::{reach, widened};
use crate::scale_groups::{known, leaders};

/// What a tensor's elements are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Element {
    /// Eight bits, all of which are used.
    #[default]
    Int8,
    /// Sixteen bits, of which the values up to [`Element::MOST_INT16`] are used, so that the sums
    /// of a convolution stay within 32 bits.
    Int16,
}

impl Element {
    /// Greatest magnitude of an int16.
    pub const MOST_INT16: i16 = (1 << 14) - 1;

    /// Bytes of an element.
    pub fn bytes(self) -> usize {
        match self {
            Self::Int8 => 1,
            Self::Int16 => 2,
        }
    }

    /// Least and greatest element.
    pub fn limits(self) -> (i16, i16) {
        match self {
            Self::Int8 => (-128, 127),
            Self::Int16 => (-Self::MOST_INT16, Self::MOST_INT16),
        }
    }
}

/// What the elements of a tensor stand for: `(q - zero_point) * scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Real value of one step.
    pub scale: f32,
    /// The element that stands for 0.
    pub zero_point: i8,
    /// What the elements are.
    pub element: Element,
}

impl Scale {
    /// Raw pixels: the byte less 128.
    pub const PIXELS: Self = Self {
        scale: 1.0,
        zero_point: -128,
        element: Element::Int8,
    };
    /// Class numbers from 0 to 255.
    pub const NUMBERS: Self = Self::PIXELS;
    /// Shares of a softmax: 256 steps from 0 to 1.
    pub const SHARES: Self = Self {
        scale: 1.0 / 256.0,
        zero_point: -128,
        element: Element::Int8,
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
            element: Element::Int8,
        }
    }

    /// The scale of int16 that covers `lo ..= hi` and as much on the other side of 0.
    pub fn wide((lo, hi): (f32, f32)) -> Self {
        let most = f64::from(hi.abs().max(lo.abs()));
        let scale = (most / f64::from(Element::MOST_INT16)).max(f64::from(f32::MIN_POSITIVE) * 1e6);
        Self {
            scale: scale as f32,
            zero_point: 0,
            element: Element::Int16,
        }
    }

    /// Greatest magnitude of an element.
    pub fn reach(&self) -> i64 {
        -i64::from(self.element.limits().0)
    }

    /// Greatest distance of an element from the one that stands for 0.
    pub fn reach_from_zero(&self) -> i64 {
        let (least, most) = self.element.limits();
        let zero = i64::from(self.zero_point);
        (i64::from(most) - zero).max(zero - i64::from(least))
    }

    /// The element nearest to a real value.
    pub fn quantize(&self, value: impl Into<f64>) -> i16 {
        let steps = value.into() / f64::from(self.scale);
        let (least, most) = self.element.limits();
        (steps.round() + f64::from(self.zero_point)).clamp(least.into(), most.into()) as i16
    }

    /// The int8 that ONNX's QuantizeLinear makes: divided in f32, halves to even.
    pub fn quantize_in_f32(&self, value: f32) -> i8 {
        let steps = (value / self.scale).round_ties_even() + f32::from(self.zero_point);
        steps.clamp(-128.0, 127.0) as i8
    }

    /// The real value that an element stands for.
    pub fn dequantize(&self, value: impl Into<i16>) -> f32 {
        (f32::from(value.into()) - f32::from(self.zero_point)) * self.scale
    }
}

/// By how much the range of the answer exceeds what calibration saw. What is clipped there is lost
/// for good, and a few more or less steps are seldom what an answer lacks.
const ANSWER_MARGIN: f32 = 1.125;

/// The scales of all tensors: those that are known, else with ranges by `method`. An answer keeps all
/// that was seen, and some more.
pub fn scales(graph: &Graph, calibration: &Calibration, method: RangeMethod) -> Vec<Scale> {
    let leaders = leaders(graph);
    let known = known(graph, &leaders);
    let mut ranges = vec![(0f32, 0f32); graph.tensors.len()];
    for node in unknown(graph, &leaders, &known) {
        let histogram = &calibration.histograms[node.output];
        let (lo, hi) = match graph.is_output(node.output) {
            true => {
                let (lo, hi) = range(histogram, RangeMethod::MinMax);
                (lo * ANSWER_MARGIN, hi * ANSWER_MARGIN)
            }
            false => range(histogram, method),
        };
        let clamp = node.clamp;
        let own = (lo.max(clamp.lo.min(0.0)), hi.min(clamp.hi.max(0.0)));
        let all = &mut ranges[leaders[node.output]];
        *all = (all.0.min(own.0), all.1.max(own.1));
    }
    // What a node reads was made before, so the scales that are asked for here are those of the end.
    for node in unknown(graph, &leaders, &known) {
        let of = |ranges: &[(f32, f32)], tensor: TensorId| {
            let leader = leaders[tensor];
            known[leader].unwrap_or_else(|| Scale::covering(ranges[leader]))
        };
        let reach = reach(node, |tensor| of(&ranges, tensor));
        let all = &mut ranges[leaders[node.output]];
        *all = widened(*all, reach);
    }
    let scale = |&leader: &usize| known[leader].unwrap_or_else(|| Scale::covering(ranges[leader]));
    leaders.iter().map(scale).collect()
}

/// The tensors whose scale only calibration can tell, but for copies.
pub fn calibrated(graph: &Graph) -> Vec<TensorId> {
    let leaders = leaders(graph);
    let known = known(graph, &leaders);
    let nodes = unknown(graph, &leaders, &known);
    nodes.map(|node| node.output).collect()
}

/// The nodes whose values tell the scale of their group.
fn unknown<'a>(
    graph: &'a Graph,
    leaders: &'a [TensorId],
    known: &'a [Option<Scale>],
) -> impl Iterator<Item = &'a Node> {
    let tells = |node: &&Node| {
        let copies = node.op.keeps_scale() && node.inputs.len() == 1;
        known[leaders[node.output]].is_none() && !copies
    };
    graph.nodes.iter().filter(tells)
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
