//! `x * scale + shift` into the convolution before it; what cannot go there becomes a depthwise
//! convolution of its own.

use super::only_reader;
use crate::graph::{Clamp, Conv, Graph, Op, Padding, Window};

/// Folds every affine node whose input is a convolution's, or another affine's, and nobody else's.
pub fn into_convolutions(graph: &mut Graph) {
    let mut at = 0;
    while at < graph.nodes.len() {
        let output = graph.nodes[at].output;
        let reader = only_reader(graph, output).filter(|_| graph.nodes[at].clamp == Clamp::NONE);
        let affine = reader.and_then(|reader| match &graph.nodes[reader].op {
            Op::Affine { scale, shift } => Some((reader, scale.clone(), shift.clone())),
            _ => None,
        });
        let Some((reader, scale, shift)) = affine else {
            at += 1;
            continue;
        };
        let taken = match &mut graph.nodes[at].op {
            Op::Conv(conv) => {
                scale_outputs(conv, &scale, &shift);
                true
            }
            Op::Affine {
                scale: first,
                shift: offset,
            } => {
                for channel in 0..first.len() {
                    first[channel] *= scale[channel];
                    offset[channel] = offset[channel] * scale[channel] + shift[channel];
                }
                true
            }
            _ => false,
        };
        if !taken {
            at += 1;
            continue;
        }
        let removed = graph.nodes.remove(reader);
        graph.nodes[at].output = removed.output;
        graph.nodes[at].clamp = removed.clamp;
    }
}

/// Scales and shifts the outputs of a convolution.
fn scale_outputs(conv: &mut Conv, scale: &[f32], shift: &[f32]) {
    let k = conv.weights.len() / conv.bias.len();
    for (weights, scale) in conv.weights.chunks_exact_mut(k).zip(scale) {
        weights.iter_mut().for_each(|weight| *weight *= scale);
    }
    for ((bias, scale), shift) in conv.bias.iter_mut().zip(scale).zip(shift) {
        *bias = *bias * scale + shift;
    }
}

/// Turns the affine nodes that are left into depthwise 1 × 1 convolutions.
pub fn into_depthwise(graph: &mut Graph) {
    for node in &mut graph.nodes {
        if let Op::Affine { scale, shift } = &node.op {
            node.op = Op::Conv(Conv {
                weights: scale.clone(),
                bias: shift.clone(),
                window: Window {
                    kernel: [1, 1],
                    stride: [1, 1],
                    dilation: [1, 1],
                    padding: Padding::default(),
                },
                groups: scale.len(),
                pad_pixel: None,
            });
        }
    }
}
