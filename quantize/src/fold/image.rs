//! The image of a file that is quantized already: pixels on the steps that the file gives.
//!
//! The file normalizes in f32 and rounds to its own steps. Where these are the pixels themselves,
//! the tensor of raw pixels takes the file's scale and nothing is left to do. Where they are not
//! (pixels less 127.5 lie halfway between two steps), a table rounds every pixel as the file does.
//! A table is the same for all channels; where the normalization is not, the 1 × 1 convolution of
//! [`normalize`](super::normalize) rounds.

use super::NORMALIZATION;
use super::given::rounding;
use super::normalize::pixel_channel;
use crate::Normalization;
use crate::function::Function;
use crate::graph::{Graph, Op, Tensor, TensorId};

/// The rounding that is all that reads the image.
pub fn quantized(graph: &Graph) -> Option<usize> {
    let reader = super::sole_reader(graph, graph.input)?;
    rounding(&graph.nodes[reader]).map(|_| reader)
}

/// The tensor of the table that normalizes, if its channels are red first where the net, and so the
/// tensor of that name in the ONNX file, takes blue first.
pub fn red_first_tensor(graph: &Graph, normalization: &Normalization) -> Option<TensorId> {
    let node = graph.nodes.first()?;
    let table = node.name == NORMALIZATION && matches!(node.op, Op::Function(_));
    (table && normalization.bgr).then_some(node.output)
}

/// Puts raw pixels in front of the rounding `at`, if a table can do what it and the normalization
/// do; else leaves the graph as it is.
pub fn at_given_scale(graph: &mut Graph, at: usize, normalization: &Normalization) -> bool {
    let same = |numbers: &[f32]| numbers.iter().all(|number| *number == numbers[0]);
    let output = graph.nodes[at].output;
    let readers = graph.readers(output);
    let dense =
        |&reader: &usize| matches!(&graph.nodes[reader].op, Op::Conv(conv) if conv.groups == 1);
    let order = !normalization.bgr || (!graph.is_output(output) && readers.iter().all(dense));
    let Some(scale) = rounding(&graph.nodes[at]) else {
        return false;
    };
    if !order || !same(&normalization.mean) || !same(&normalization.std) {
        return false;
    }
    let (mean, std) = (normalization.mean[0], normalization.std[0]);
    let pixels = (0..=255u8).all(|pixel| {
        let value = (f32::from(pixel) - mean) / std;
        scale.quantize_in_f32(value) == (pixel ^ 128).cast_signed()
    });
    if pixels {
        graph.nodes.remove(at);
        graph.input = output;
    } else {
        let raw = graph.tensors.len();
        graph.tensors.push(Tensor {
            name: "image".into(),
            ..graph.tensors[graph.input].clone()
        });
        graph.input = raw;
        let node = &mut graph.nodes[at];
        let normalized = Function::Affine {
            scale: 1.0 / f64::from(std),
            shift: -f64::from(mean) / f64::from(std),
        };
        node.name = NORMALIZATION.into();
        node.op = Op::Function(normalized.then(Function::Quantized(scale)));
        node.inputs = vec![raw];
    }
    let readers = graph.readers(output);
    for reader in readers {
        if let Op::Conv(conv) = &mut graph.nodes[reader].op {
            red_first(&mut conv.weights, normalization);
        }
    }
    true
}

/// Reorders the weights of channels so that they meet those of the pixels.
fn red_first(weights: &mut [f32], normalization: &Normalization) {
    let channels = normalization.std.len();
    if !normalization.bgr {
        return;
    }
    for tap in weights.chunks_exact_mut(channels) {
        let own = tap.to_vec();
        for (channel, weight) in own.into_iter().enumerate() {
            tap[pixel_channel(channel, normalization)] = weight;
        }
    }
}
