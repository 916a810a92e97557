//! The normalization of the image into the weights of the first convolution.
//!
//! The device gives raw pixels, red first. `(pixel - mean) / std`, and the swap to blue first, are
//! a 1 × 1 convolution, and a convolution behind it takes it in exactly: weights are divided by the
//! deviation, the bias takes the mean. Outside the image, where the net sees zero, now stands the
//! pixel whose normalized value is zero: the mean. Where the image is read by something else, the
//! 1 × 1 convolution stays.

use super::{NORMALIZATION, image};
use crate::Normalization;
use crate::graph::{Clamp, Conv, Graph, Node, Op, Tensor, Window};

/// Puts raw pixels in front of the net. `normalization` has one number for each channel.
pub fn into_weights(graph: &mut Graph, normalization: &Normalization) {
    let quantized = image::quantized(graph);
    if let Some(at) = quantized
        && image::at_given_scale(graph, at, normalization)
    {
        return;
    }
    // An image that the file rounds is computed, rounding included, by the 1 × 1 convolution.
    let normalized = quantized.map_or(graph.input, |at| graph.nodes.remove(at).output);
    let shape = graph.shape(normalized);
    let pixels = graph.tensors.len();
    graph.tensors.push(Tensor {
        name: "image".into(),
        shape,
        layout: graph.tensors[normalized].layout.clone(),
        equalization: None,
    });
    graph.input = pixels;
    let readers = graph.readers(normalized);
    // Around a window that leaves the image stand zeros, which no pixel need be.
    let foldable = |&reader: &usize| {
        let op = &graph.nodes[reader].op;
        matches!(op, Op::Conv(conv) if conv.groups == 1 && !conv.window.leaves_image())
    };
    let exact = quantized.is_none() && !graph.is_output(normalized);
    if exact && !readers.is_empty() && readers.iter().all(foldable) {
        for reader in readers {
            graph.nodes[reader].inputs = vec![pixels];
            if let Op::Conv(conv) = &mut graph.nodes[reader].op {
                take_in(conv, normalization);
            }
        }
        return;
    }
    let channels = shape.channels;
    let mut weights = vec![0.0; channels * channels];
    for channel in 0..channels {
        weights[channel * channels + pixel_channel(channel, normalization)] =
            1.0 / normalization.std[channel];
    }
    let bias =
        (0..channels).map(|channel| -normalization.mean[channel] / normalization.std[channel]);
    let conv = Conv {
        weights,
        bias: bias.collect(),
        window: Window::plain([1, 1]),
        groups: 1,
        pad_pixel: None,
        steps: None,
    };
    let node = Node {
        name: NORMALIZATION.into(),
        op: Op::Conv(conv),
        clamp: Clamp::NONE,
        inputs: vec![pixels],
        output: normalized,
    };
    graph.nodes.insert(0, node);
}

/// The pixel's channel that the net takes as its channel `channel`.
pub(super) fn pixel_channel(channel: usize, normalization: &Normalization) -> usize {
    match normalization.bgr {
        true => normalization.std.len() - 1 - channel,
        false => channel,
    }
}

/// Makes a convolution of normalized channels one of raw pixels.
fn take_in(conv: &mut Conv, normalization: &Normalization) {
    let channels = normalization.std.len();
    let k = conv.weights.len() / conv.bias.len();
    let mut pixel = vec![0.0; channels];
    for (weights, bias) in conv.weights.chunks_exact_mut(k).zip(&mut conv.bias) {
        let mut shift = 0.0f64;
        for tap in weights.chunks_exact_mut(channels) {
            let own = tap.to_vec();
            for (channel, weight) in own.iter().enumerate() {
                let scaled = f64::from(*weight) / f64::from(normalization.std[channel]);
                shift += scaled * f64::from(normalization.mean[channel]);
                tap[pixel_channel(channel, normalization)] = scaled as f32;
            }
        }
        *bias = (f64::from(*bias) - shift) as f32;
    }
    for channel in 0..channels {
        pixel[pixel_channel(channel, normalization)] = normalization.mean[channel];
    }
    conv.pad_pixel = Some(pixel);
    let std = &normalization.std;
    let alike = std.iter().all(|other| *other == std[0]);
    conv.steps = conv.steps.take().filter(|_| alike);
    for step in conv.steps.iter_mut().flatten() {
        *step /= std[0].abs();
    }
}
