//! Cross-layer equalization: channels of one tensor get ranges alike, and the net computes the same.
//!
//! Nagel, van Baalen, Blankevoort and Welling, "Data-Free Quantization Through Weight Equalization
//! and Bias Correction" (ICCV 2019), and Meller, Finkelstein, Almog and Grobman, "Same, Same But
//! Different: Recovering Neural Network Quantization Error Through Weight Factorization" (ICML
//! 2019), scale the output channels of a layer and take it back in the next. They balance ranges of
//! weights, whose scale is one for the whole layer there. Here weights have a scale for each output
//! channel anyway, so what is balanced are ranges of *activations*, as calibration shows them:
//! [`factors`](super::factors) tells how far. The multipliers of the producer take the factors in,
//! at no cost. A residual stream is one class of tensors ([`classes`](super::classes)) and is
//! equalized as a whole.

use super::classes::classes;
use super::factors::factors;
use crate::calibrate::Calibration;
use crate::graph::{Conv, Graph, Op, TensorId};

/// Equalizes all classes of a folded graph; says how many tensors changed.
pub fn equalize(graph: &mut Graph, calibration: &Calibration) -> usize {
    let chosen: Vec<(Vec<TensorId>, Vec<i8>)> = classes(graph)
        .into_iter()
        .map(|class| (factors(graph, &class, calibration), class))
        .filter(|(factors, _)| factors.iter().any(|&exponent| exponent != 0))
        .map(|(factors, class)| (class, factors))
        .collect();
    for (class, exponents) in &chosen {
        apply(graph, class, exponents);
    }
    chosen.iter().map(|(class, _)| class.len()).sum()
}

/// Multiplies the channels of a class in its producers, and divides them in its readers.
fn apply(graph: &mut Graph, class: &[TensorId], exponents: &[i8]) {
    for &tensor in class {
        graph.tensors[tensor].equalization = Some(exponents.to_vec());
    }
    let factors = graph.tensors[class[0]].factors();
    for node in &mut graph.nodes {
        let Op::Conv(conv) = &mut node.op else {
            continue;
        };
        if class.contains(&node.inputs[0]) {
            divide_inputs(conv, &factors);
        }
        if class.contains(&node.output) {
            multiply_outputs(conv, &factors);
        }
    }
}

fn multiply_outputs(conv: &mut Conv, factors: &[f32]) {
    let k = conv.weights.len() / conv.bias.len();
    let rows = conv.weights.chunks_exact_mut(k).zip(&mut conv.bias);
    for ((weights, bias), factor) in rows.zip(factors) {
        weights.iter_mut().for_each(|weight| *weight *= factor);
        *bias *= factor;
    }
}

fn divide_inputs(conv: &mut Conv, factors: &[f32]) {
    let outputs = conv.bias.len();
    let k = conv.weights.len() / outputs;
    let inputs = k / (conv.window.kernel[0] * conv.window.kernel[1]);
    let per_group = outputs / conv.groups;
    for (output, row) in conv.weights.chunks_exact_mut(k).enumerate() {
        let first = output / per_group * inputs;
        for (at, weight) in row.iter_mut().enumerate() {
            *weight /= factors[first + at % inputs];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::Channel;
    use crate::graph::Clamp;
    use crate::handmade::{graph, pointwise};
    use crate::histogram::Histogram;
    use crate::scale::Scale;

    /// Pointwise convolutions of two channels and Adds, on one pixel: all tensors.
    fn run(graph: &Graph, pixel: [f32; 2]) -> Vec<[f32; 2]> {
        let mut tensors = vec![[0.0; 2]; graph.tensors.len()];
        tensors[graph.input] = pixel;
        for node in &graph.nodes {
            let input = tensors[node.inputs[0]];
            let value = |channel: usize| match &node.op {
                Op::Conv(conv) => {
                    let row = &conv.weights[2 * channel..];
                    row[0] * input[0] + row[1] * input[1] + conv.bias[channel]
                }
                _ => input[channel] + tensors[node.inputs[1]][channel],
            };
            let clamped = |channel| value(channel).max(node.clamp.lo).min(node.clamp.hi);
            tensors[node.output] = [clamped(0), clamped(1)];
        }
        tensors
    }

    /// What pixels show, as `calibrate` would find it.
    fn calibration(graph: &Graph, pixels: &[[f32; 2]]) -> Calibration {
        let mut histograms = vec![Histogram::default(); graph.tensors.len()];
        let none = Channel {
            min: 0.0,
            max: 0.0,
            square: 0.0,
        };
        let mut channels = vec![vec![none; 2]; graph.tensors.len()];
        for tensors in pixels.iter().map(|&pixel| run(graph, pixel)) {
            for (tensor, values) in tensors.iter().enumerate() {
                histograms[tensor].record(values);
                for (channel, &value) in channels[tensor].iter_mut().zip(values) {
                    channel.min = channel.min.min(value);
                    channel.max = channel.max.max(value);
                    channel.square += f64::from(value).powi(2) / pixels.len() as f64;
                }
            }
        }
        Calibration {
            histograms,
            channels,
            means: vec![],
            image_means: vec![],
        }
    }

    /// A residual block whose first channel is small, the second large.
    fn uneven() -> Graph {
        let mut graph = graph(vec![
            (pointwise(), Clamp { lo: 0.0, hi: 6.0 }, vec![0]),
            (pointwise(), Clamp::NONE, vec![1]),
            (pointwise(), Clamp::NONE, vec![2]),
            (Op::Add, Clamp::NONE, vec![2, 3]),
            (pointwise(), Clamp::NONE, vec![4]),
        ]);
        for node in &mut graph.nodes {
            if let Op::Conv(conv) = &mut node.op {
                conv.weights = vec![0.01, 0.02, 0.5, 0.75];
                conv.bias = vec![0.03, 0.2];
            }
        }
        let Op::Conv(last) = &mut graph.nodes[4].op else {
            unreachable!()
        };
        // Its reader has use for the small channel.
        last.weights = vec![20.0, 0.3, -30.0, 0.4];
        graph
    }

    fn pixels() -> Vec<[f32; 2]> {
        let part = |at: i32| f32::from(at as i16) / 8.0;
        (0..64).map(|at| [part(at), part(at * 7 % 64)]).collect()
    }

    #[test]
    fn the_function_stays_and_ranges_come_together() {
        let before = uneven();
        let seen = calibration(&before, &pixels());
        let mut after = before.clone();
        assert!(equalize(&mut after, &seen) >= 3);
        let answer = before.outputs[0].tensor;
        for pixel in pixels() {
            let (truth, found) = (run(&before, pixel), run(&after, pixel));
            let (truth, found) = (truth[answer], found[answer]);
            for (truth, found) in truth.iter().zip(found) {
                assert!((truth - found).abs() <= 1e-5 * truth.abs().max(1.0));
            }
        }
        let uneven = |calibration: &Calibration| {
            let [small, large] = calibration.channels[4][..] else {
                panic!("two channels");
            };
            large.max / small.max.max(-small.min)
        };
        let (before, after) = (uneven(&seen), uneven(&calibration(&after, &pixels())));
        assert!(before > 8.0 && after < before / 3.0, "{before} {after}");
    }

    #[test]
    fn a_clamp_binds_no_channel_below_the_range() {
        let mut graph = uneven();
        let seen = calibration(&graph, &pixels());
        equalize(&mut graph, &seen);
        let (_, hi) = calibration(&graph, &pixels()).histograms[1].extremes();
        assert!(hi <= 6.0);
        let top = Scale::covering((0.0, hi)).quantize(6.0);
        assert_eq!(top, 127);
        assert!((0..2).all(|channel| graph.tensors[1].factor(channel) >= 1.0));
    }
}
