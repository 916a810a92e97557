//! Graphs of one operator, as the import would make them, to ask the quantizer's stages about.

use tidbit_quantize::graph::{
    Clamp, Conv, Graph, Node, Op, Output, Padding, Shape, Tensor, Window,
};
use tidbit_quantize::import::layout::Layout;
use tidbit_quantize::lower::{IntOp, lower};
use tidbit_quantize::scale::{Element, Scale};

use crate::block::Block;

/// A graph of these operators, each with its inputs, over an image of this shape. Tensor 0 is the
/// image, and operator `i` makes tensor `i + 1`.
pub fn graph(shapes: &[Shape], ops: Vec<(Op, Clamp, Vec<usize>)>) -> Graph {
    let tensors = shapes.iter().enumerate().map(|(index, &shape)| Tensor {
        name: format!("tensor {index}"),
        shape,
        layout: Layout::nchw(),
        equalization: None,
    });
    let output = ops.len();
    let nodes = (1..).zip(ops).map(|(output, (op, clamp, inputs))| Node {
        name: format!("operator {output}"),
        op,
        clamp,
        inputs,
        output,
    });
    Graph {
        tensors: tensors.collect(),
        nodes: nodes.collect(),
        input: 0,
        outputs: vec![Output {
            name: "answer".into(),
            values: "answer".into(),
            tensor: output,
            places: vec![],
        }],
        given: Default::default(),
        parts_apart: false,
    }
}

/// Rows, columns, channels.
pub fn shape(height: usize, width: usize, channels: usize) -> Shape {
    Shape {
        height,
        width,
        channels,
    }
}

/// The last operator of a graph, in integers.
pub fn last(graph: &Graph, scales: &[Scale], means: &[Vec<f64>]) -> IntOp {
    let net = lower(graph, scales, means).expect("it can be quantized");
    net.ops.last().expect("it has operators").clone()
}

/// `scale, zero point` of a name.
pub fn scale_of(block: &Block, name: &str) -> Scale {
    let [scale, zero_point] = block.array(name);
    Scale {
        scale: scale as f32,
        zero_point: zero_point as i8,
        element: Element::Int8,
    }
}

/// A window of stride 1 with the same padding on all sides.
pub fn window(kernel: [usize; 2], padding: usize) -> Window {
    Window {
        kernel,
        stride: [1, 1],
        dilation: [1, 1],
        padding: Padding {
            top: padding,
            left: padding,
            bottom: padding,
            right: padding,
        },
    }
}

/// A 1 × 1 convolution with one output channel.
pub fn pointwise(weights: Vec<f32>, bias: f64) -> Conv {
    Conv {
        weights,
        bias: vec![bias as f32],
        window: window([1, 1], 0),
        groups: 1,
        pad_pixel: None,
        steps: None,
    }
}
