//! Quantization proper: a folded graph and its scales become integer operators.
//!
//! One operator a file; every number of QUANTIZATION.md is made here. The result is still
//! symbolic: what bytes it becomes is [`emit`](crate::emit)'s business.

mod add;
mod conv;
mod given;
mod multiplier;
mod pool;
mod table;

use tidbit::blob::{AddParams, OpKind};

use crate::Error;
use crate::function::Function;
use crate::graph::{Clamp, Graph, Node, Op, PoolKind, Shape};
use crate::scale::Scale;

/// A convolution in integers.
#[derive(Clone, Debug, PartialEq)]
pub struct IntConv {
    /// In the blob's order.
    pub weights: Vec<i8>,
    /// For each output channel, input zero point folded in.
    pub bias: Vec<i32>,
    /// For each output channel.
    pub multipliers: Vec<i32>,
    /// Left shift of the accumulator.
    pub shift: u8,
    /// Kernel rows and columns, strides, dilations and padding.
    pub window: crate::graph::Window,
    /// Groups.
    pub groups: usize,
    /// What stands outside the image, where it is not the zero point.
    pub pad_pixel: Option<Vec<i8>>,
}

/// A pool in integers.
#[derive(Clone, Debug, PartialEq)]
pub struct IntPool {
    /// The window.
    pub window: crate::graph::Window,
    /// Left shift of the sum.
    pub shift: u8,
    /// One multiplier, or one for each number of elements; none for a maximum.
    pub multipliers: Vec<i32>,
}

/// The parameters of an integer operator.
#[derive(Clone, Debug, PartialEq)]
pub enum Params {
    /// Of the image.
    Input,
    /// Of `Conv` and `Depthwise`.
    Conv(IntConv),
    /// Of the pools.
    Pool(IntPool),
    /// Of `Add`; its clamp is filled in from the operator's.
    Add(AddParams),
    /// Of `Table`.
    Table(Box<[i8; 256]>),
    /// Of `Softmax`.
    Softmax(Box<[u16; 256]>),
    /// Of `Pad`: rows above, columns on the left.
    Pad(usize, usize),
}

/// One integer operator. It makes the tensor of its own index.
#[derive(Clone, Debug, PartialEq)]
pub struct IntOp {
    /// Name in the ONNX file.
    pub name: String,
    /// Its kind.
    pub kind: OpKind,
    /// Operators whose tensors it reads.
    pub inputs: Vec<usize>,
    /// Shape of its output.
    pub shape: Shape,
    /// What the int8 of its output stand for.
    pub scale: Scale,
    /// Least and greatest output.
    pub clamp: (i8, i8),
    /// Its parameters.
    pub params: Params,
}

/// A net in integers: operators in running order, the image first.
#[derive(Clone, Debug)]
pub struct IntNet {
    /// The operators.
    pub ops: Vec<IntOp>,
    /// The operator whose tensor is the answer.
    pub output: usize,
    /// The operator whose tensor's softmax gives the scores.
    pub logits: usize,
    /// exp over the differences of the logits.
    pub exp_table: Box<[u16; 256]>,
}

/// Quantizes a folded graph; `means` are those of each tensor's channels.
///
/// # Errors
/// [`Error::Unrepresentable`] where a multiplier does not fit.
pub fn lower(graph: &Graph, scales: &[Scale], means: &[Vec<f64>]) -> Result<IntNet, Error> {
    let mut index = vec![0; graph.tensors.len()];
    let mut ops = vec![IntOp {
        name: graph.tensors[graph.input].name.clone(),
        kind: OpKind::Input,
        inputs: vec![],
        shape: graph.shape(graph.input),
        scale: scales[graph.input],
        clamp: (-128, 127),
        params: Params::Input,
    }];
    for node in &graph.nodes {
        let inputs: Vec<usize> = node.inputs.iter().map(|&input| index[input]).collect();
        let op = lower_node(graph, node, inputs, &ops, (scales[node.output], means))?;
        index[node.output] = ops.len();
        ops.push(op);
    }
    let output = index[graph.output];
    let logits = match ops[output].kind {
        OpKind::Softmax => ops[output].inputs[0],
        _ => output,
    };
    let exp_table = table::exp(&ops[logits].scale);
    Ok(IntNet {
        ops,
        output,
        logits,
        exp_table,
    })
}

fn lower_node(
    graph: &Graph,
    node: &Node,
    inputs: Vec<usize>,
    ops: &[IntOp],
    (scale, means): (Scale, &[Vec<f64>]),
) -> Result<IntOp, Error> {
    let input = ops[inputs[0]].scale;
    let shape = graph.shape(node.output);
    let failed = |reason: String| Error::Unrepresentable {
        node: node.name.clone(),
        reason,
    };
    let table = |function: Function| {
        let table = table::of(&function.clamped(node.clamp), input, scale);
        (OpKind::Table, Params::Table(table))
    };
    let (kind, params) = match &node.op {
        Op::Conv(conv) => {
            let depthwise = conv.groups > 1 && conv.groups == ops[inputs[0]].shape.channels;
            let kind = if depthwise {
                OpKind::Depthwise
            } else {
                OpKind::Conv
            };
            let conv = conv::lower(conv, depthwise, (input, scale), &means[node.inputs[0]])
                .map_err(failed)?;
            (kind, Params::Conv(conv))
        }
        Op::Pool(PoolKind::Max, window) => (OpKind::MaxPool, Params::Pool(pool::max(*window))),
        Op::Pool(PoolKind::Average { include_pad }, window) => {
            let from = ops[inputs[0]].shape;
            let pool = pool::average(*window, *include_pad, (&from, &shape), (input, scale));
            (OpKind::AveragePool, Params::Pool(pool.map_err(failed)?))
        }
        Op::Add => {
            let params = add::lower(input, ops[inputs[1]].scale, scale);
            (OpKind::Add, Params::Add(params))
        }
        Op::Clamp => table(Function::Identity),
        Op::Function(function) => table(function.clone()),
        Op::Pad(padding) => (OpKind::Pad, Params::Pad(padding.top, padding.left)),
        Op::Softmax => (OpKind::Softmax, Params::Softmax(table::exp(&input))),
        Op::Affine { .. } | Op::Product => return Err(failed("it was not folded".into())),
    };
    Ok(IntOp {
        name: node.name.clone(),
        kind,
        inputs,
        shape,
        scale,
        clamp: quantized_clamp(node.clamp, scale),
        params,
    })
}

/// A clamp in the steps of a scale.
fn quantized_clamp(clamp: Clamp, scale: Scale) -> (i8, i8) {
    (scale.quantize(clamp.lo), scale.quantize(clamp.hi))
}
