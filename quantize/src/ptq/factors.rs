//! How much each channel of a class of tensors is multiplied by.
//!
//! All channels of an activation share one scale, so a channel whose values stay small has few
//! steps to tell them apart. Multiplied until it fills the range, it has all of them, and the
//! readers divide again in their weights. But a dense reader quantizes the weights of one output
//! channel with one scale, and dividing makes them less alike. So a channel of reach `r` gets
//! `(R / r)^a`, `R` the reach of the widest, and `a` is chosen for each class, between 0 (nothing
//! is done) and 1 (all channels fill the range), by the noise that the readers then expect: the
//! rounding of the activations through their weights, and the rounding of the weights under the
//! activations.
//!
//! No factor is below 1, so where the widest channel is clamped (Relu6), no channel of the same
//! tensor needs a clamp below the end of the tensor's range: the clamp stays what it was.

use crate::calibrate::Calibration;
use crate::graph::{Conv, Graph, Op, TensorId};

/// Values of `a` that are tried.
const EXPONENTS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
/// The greatest factor is 2 to the power of an eighth of this: a channel that hardly ever says
/// anything is not made loud.
const MOST: f64 = 48.0;
/// How much further than on the calibration images a channel may reach on others.
const MARGIN: f64 = 1.2;

/// For each channel of a class the factor as an eighth of a power of 2.
pub fn factors(graph: &Graph, class: &[TensorId], calibration: &Calibration) -> Vec<i8> {
    let room = room(class, calibration);
    let candidates = EXPONENTS.map(|exponent| {
        let factors: Vec<i8> = room
            .iter()
            .map(|room| (8.0 * exponent * room.log2()).floor().clamp(0.0, MOST) as i8)
            .collect();
        (noise(graph, class, calibration, &factors), factors)
    });
    let best = candidates
        .into_iter()
        .reduce(|best, next| if next.0 < best.0 { next } else { best });
    best.map_or(vec![], |(_, factors)| factors)
}

/// By how much each channel could be multiplied until it fills the range of one of the tensors.
fn room(class: &[TensorId], calibration: &Calibration) -> Vec<f64> {
    let count = class
        .first()
        .map_or(0, |&first| calibration.channels[first].len());
    let mut room = vec![f64::INFINITY; count];
    for &tensor in class {
        let (min, max) = calibration.histograms[tensor].extremes();
        for (room, channel) in room.iter_mut().zip(&calibration.channels[tensor]) {
            let side = |end: f32, reached: f32| match reached == 0.0 {
                true => f64::INFINITY,
                false => f64::from(end) / (f64::from(reached) * MARGIN),
            };
            *room = room
                .min(side(min, channel.min))
                .min(side(max, channel.max))
                .max(1.0);
        }
    }
    // A channel that is always 0 has no range to fill.
    room.iter()
        .map(|&room| if room.is_finite() { room } else { 1.0 })
        .collect()
}

/// The noise that the convolutions which read a class expect, as a share of what they read, with
/// these factors.
fn noise(graph: &Graph, class: &[TensorId], calibration: &Calibration, factors: &[i8]) -> f64 {
    let factors: Vec<f64> = factors
        .iter()
        .map(|&exponent| (f64::from(exponent) / 8.0).exp2())
        .collect();
    let readers = graph.nodes.iter().filter_map(|node| match &node.op {
        Op::Conv(conv) if class.contains(&node.inputs[0]) => Some((conv, node.inputs[0])),
        _ => None,
    });
    let of_reader = |(conv, tensor): (&Conv, TensorId)| {
        let (min, max) = calibration.histograms[tensor].extremes();
        let step = (f64::from(max.max(0.0)) - f64::from(min.min(0.0))) / 255.0;
        let squares = calibration.channels[tensor].iter();
        let squares: Vec<f64> = squares.map(|channel| channel.square).collect();
        let (noise, signal) = rows(conv, step, &squares, &factors);
        if signal > 0.0 { noise / signal } else { 0.0 }
    };
    readers.map(of_reader).sum()
}

/// Sums over the output channels of a convolution: noise, and the energy that the inputs bring.
fn rows(conv: &Conv, step: f64, squares: &[f64], factors: &[f64]) -> (f64, f64) {
    let outputs = conv.bias.len();
    let k = conv.weights.len() / outputs;
    let inputs = k / (conv.window.kernel[0] * conv.window.kernel[1]);
    let (mut noise, mut signal) = (0.0, 0.0);
    for (output, row) in conv.weights.chunks_exact(k).enumerate() {
        let first = output / (outputs / conv.groups) * inputs;
        let mut greatest = 0.0f64;
        let (mut activations, mut energy, mut equalized) = (0.0, 0.0, 0.0);
        for (at, &weight) in row.iter().enumerate() {
            let channel = first + at % inputs;
            let (factor, square) = (factors[channel], squares[channel]);
            let weight = f64::from(weight);
            greatest = greatest.max(weight.abs() / factor);
            activations += (weight * step / factor).powi(2) / 12.0;
            equalized += square * factor * factor;
            energy += weight * weight * square;
        }
        noise += activations + (greatest / 127.0).powi(2) / 12.0 * equalized;
        signal += energy;
    }
    (noise, signal)
}
