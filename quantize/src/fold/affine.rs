//! `x * scale + shift` into the convolution before it; what cannot go there becomes a depthwise
//! convolution of its own, or a function if it is the same for all channels.

use super::only_reader;
use crate::graph::{Clamp, Conv, Graph, Op, Window};

/// Folds every affine node whose input is a convolution's, or another affine's, and nobody else's.
pub fn into_convolutions(graph: &mut Graph) {
    let mut at = 0;
    while at < graph.nodes.len() {
        let output = graph.nodes[at].output;
        let reader = only_reader(graph, output);
        let affine = reader.and_then(|reader| match &graph.nodes[reader].op {
            Op::Affine { scale, shift } => {
                let clamp = behind(graph.nodes[at].clamp, scale, shift)?;
                Some((reader, scale.clone(), shift.clone(), clamp))
            }
            _ => None,
        });
        let Some((reader, scale, shift, clamp)) = affine else {
            at += 1;
            continue;
        };
        let taken = match &mut graph.nodes[at].op {
            Op::Conv(conv) => {
                scale_outputs(conv, &scale, &shift);
                true
            }
            Op::ConvTranspose(transposed) => {
                let places = transposed.blocks.sides.iter().product();
                let first = transposed.blocks.channel_first;
                let spread = |values: &[f32]| spread(values, places, first);
                scale_outputs(&mut transposed.conv, &spread(&scale), &spread(&shift));
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
        graph.nodes[at].clamp = clamp.then(removed.clamp);
    }
}

/// What a clamp becomes when constants that stood behind it move in front: `None` where they are
/// not alike for all channels, as a clamp is.
fn behind(clamp: Clamp, scale: &[f32], shift: &[f32]) -> Option<Clamp> {
    if clamp == Clamp::NONE {
        return Some(clamp);
    }
    let (&factor, &offset) = (scale.first()?, shift.first()?);
    let alike = scale.iter().all(|&other| other == factor);
    if !alike || factor == 0.0 || shift.iter().any(|&other| other != offset) {
        return None;
    }
    let (one, other) = (clamp.lo * factor + offset, clamp.hi * factor + offset);
    Some(Clamp {
        lo: one.min(other),
        hi: one.max(other),
    })
}

/// A number for each channel, as one for each channel of blocks of so many places.
fn spread(values: &[f32], places: usize, channel_first: bool) -> Vec<f32> {
    match channel_first {
        true => values
            .iter()
            .flat_map(|&value| vec![value; places])
            .collect(),
        false => values.repeat(places),
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
    for (step, scale) in conv.steps.iter_mut().flatten().zip(scale) {
        *step *= scale.abs();
    }
}

/// Turns the affine nodes that are left into depthwise 1 × 1 convolutions.
pub fn into_depthwise(graph: &mut Graph) {
    for node in &mut graph.nodes {
        if let Op::Affine { scale, shift } = &node.op {
            node.op = Op::Conv(Conv {
                weights: scale.clone(),
                bias: shift.clone(),
                window: Window::plain([1, 1]),
                groups: scale.len(),
                pad_pixel: None,
                steps: None,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handmade::{affine, graph, pointwise};

    const SIX: Clamp = Clamp { lo: 0.0, hi: 6.0 };

    #[test]
    fn constants_pass_a_clamp_which_they_scale() {
        let mut graph = graph(vec![
            (pointwise(), SIX, vec![0]),
            (affine([-0.5; 2], 1.0), Clamp { lo: -1.0, hi: 9.0 }, vec![1]),
        ]);
        into_convolutions(&mut graph);
        let [node] = graph.nodes.as_slice() else {
            panic!("{:?}", graph.nodes);
        };
        let Op::Conv(conv) = &node.op else {
            panic!("{node:?}");
        };
        assert_eq!((conv.weights[0], conv.bias[0]), (-0.5, 0.5));
        assert_eq!(node.clamp, Clamp { lo: -1.0, hi: 1.0 });
    }

    #[test]
    fn constants_that_differ_by_channel_do_not_pass_a_clamp() {
        let mut graph = graph(vec![
            (pointwise(), SIX, vec![0]),
            (affine([1.0, 2.0], 0.0), Clamp::NONE, vec![1]),
        ]);
        into_convolutions(&mut graph);
        assert_eq!(graph.nodes.len(), 2);
    }
}
