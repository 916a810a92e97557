//! Graphs made on the spot, for the tests of passes.

use std::collections::BTreeMap;

use crate::graph::{Clamp, Conv, Graph, Node, Op, Output, Shape, Tensor, TensorId, Window};
use crate::import::layout::Layout;

/// A graph on two channels: node `i` makes tensor `i + 1`, tensor 0 is the image, the last one the
/// answer.
pub fn graph(nodes: Vec<(Op, Clamp, Vec<TensorId>)>) -> Graph {
    let shape = Shape {
        height: 2,
        width: 2,
        channels: 2,
    };
    let tensor = |at: usize| Tensor {
        name: at.to_string(),
        shape,
        layout: Layout::nchw(),
        equalization: None,
    };
    let output = nodes.len();
    let node = |(at, (op, clamp, inputs)): (usize, (Op, Clamp, Vec<TensorId>))| Node {
        name: at.to_string(),
        op,
        clamp,
        inputs,
        output: at + 1,
    };
    Graph {
        tensors: (0..=output).map(tensor).collect(),
        nodes: nodes.into_iter().enumerate().map(node).collect(),
        input: 0,
        outputs: vec![Output {
            name: "answer".into(),
            values: "answer".into(),
            tensor: output,
            places: Layout::nchw().to_hwc(&shape),
        }],
        given: BTreeMap::new(),
        parts_apart: false,
    }
}

/// A factor for each channel, and one number to add.
pub fn affine(scale: [f32; 2], shift: f32) -> Op {
    Op::Affine {
        scale: scale.to_vec(),
        shift: vec![shift; 2],
    }
}

/// A pointwise convolution with weights and biases of 1.
pub fn pointwise() -> Op {
    Op::Conv(Conv {
        weights: vec![1.0; 4],
        bias: vec![1.0; 2],
        window: Window::plain([1, 1]),
        groups: 1,
        pad_pixel: None,
        steps: None,
    })
}
