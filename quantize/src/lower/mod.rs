//! Quantization proper: a folded graph and its scales become integer operators.
//!
//! One operator a file; every number of QUANTIZATION.md is made here. The result is still
//! symbolic: what bytes it becomes is [`emit`](crate::emit)'s business.

mod add;
mod conv;
mod gather;
mod given;
mod mul;
mod multiplier;
mod pool;
mod several;
mod table;

pub use conv::{Rounded, nearest, weight_scale};
pub use several::operators;

use std::collections::BTreeMap;

use tidbit::blob::header::MAX_OPS;
use tidbit::blob::{AddParams, MulParams, OpKind, Position};
use tidbit::kernels::MAX_TAP_ROWS;

use crate::Error;
use crate::function::Function;
use crate::graph::{Blocks, Clamp, Graph, Node, Op, Output, PoolKind, Shape, Tensor, TensorId};
use crate::scale::{Element, Scale};

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

/// What a `Gather` picks. Pairs are rows, columns.
#[derive(Clone, Debug, PartialEq)]
pub struct IntGather {
    /// For each output channel the channel that it picks, those of the second input counted behind
    /// those of the first; [`NO_CHANNEL`](tidbit::blob::NO_CHANNEL) for zeros.
    pub map: Vec<u16>,
    /// From each input's scale to the output's, where they differ.
    pub tables: [Option<Box<[i8; 256]>>; 2],
    /// The first that is picked.
    pub first: [usize; 2],
    /// Steps.
    pub stride: [usize; 2],
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
    /// Of `Mul`; its clamp is filled in from the operator's.
    Mul(MulParams),
    /// Of `Gather`.
    Gather(IntGather),
    /// Of `Table`, of int8.
    Table(Box<[i8; 256]>),
    /// Of `Table`, of int16.
    Points(Box<[i16; 257]>),
    /// Of `Softmax`.
    Softmax(Box<[u16; 256]>),
    /// Of `Pad`: rows above, columns on the left.
    Pad(usize, usize),
    /// Of `Resize`: where the rows and the columns of its output lie.
    Resize(Vec<Position>, Vec<Position>),
    /// Of `DepthToSpace`.
    DepthToSpace(Blocks),
    /// Of `ArgMax`.
    ArgMax,
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
    /// What the elements of its output are and stand for.
    pub scale: Scale,
    /// For each channel what its elements stand for in the f32 net, in eighths of an octave above
    /// what they stand for here; empty where that is the same.
    pub equalization: Vec<i8>,
    /// Least and greatest output.
    pub clamp: (i16, i16),
    /// Its parameters.
    pub params: Params,
}

/// A net in integers: operators in running order, the image first.
#[derive(Clone, Debug)]
pub struct IntNet {
    /// The operators.
    pub ops: Vec<IntOp>,
    /// The answers, at least one.
    pub outputs: Vec<IntOutput>,
}

/// An answer of a net in integers.
#[derive(Clone, Debug, PartialEq)]
pub struct IntOutput {
    /// Name in the ONNX file.
    pub name: String,
    /// The operator whose tensor is the answer.
    pub tensor: usize,
    /// The operator whose tensor's softmax gives the scores.
    pub logits: usize,
    /// exp over the differences of the logits.
    pub exp_table: Box<[u16; 256]>,
}

/// Weights that a pass has rounded, by the tensor that their convolution makes.
pub type Rounding = BTreeMap<TensorId, Rounded>;

/// Whether a blob has room for the operators of a folded graph.
///
/// # Errors
/// [`Error::TooMany`] if it has not.
pub fn check_size(graph: &Graph) -> Result<(), Error> {
    let count = 1 + graph.nodes.iter().map(operators).sum::<usize>();
    match count > usize::from(MAX_OPS) {
        true => Err(Error::TooMany {
            reason: format!(
                "it becomes {count} operators, the image included, and a blob has {MAX_OPS} at most"
            ),
        }),
        false => Ok(()),
    }
}

/// Quantizes a folded graph, weights to the nearest; `means` are those of each tensor's channels.
///
/// # Errors
/// [`Error::Unrepresentable`] where a multiplier does not fit.
pub fn lower(graph: &Graph, scales: &[Scale], means: &[Vec<f64>]) -> Result<IntNet, Error> {
    lower_rounded(graph, scales, means, &Rounding::new())
}

/// The same, where `rounding` has the weights of some convolutions already.
///
/// # Errors
/// [`Error::Unrepresentable`] where a multiplier does not fit.
pub fn lower_rounded(
    graph: &Graph,
    scales: &[Scale],
    means: &[Vec<f64>],
    rounding: &Rounding,
) -> Result<IntNet, Error> {
    let mut index = vec![0; graph.tensors.len()];
    let mut ops = vec![IntOp {
        name: graph.tensors[graph.input].name.clone(),
        kind: OpKind::Input,
        inputs: vec![],
        shape: graph.shape(graph.input),
        scale: scales[graph.input],
        equalization: vec![],
        clamp: (-128, 127),
        params: Params::Input,
    }];
    for node in &graph.nodes {
        let inputs: Vec<usize> = node.inputs.iter().map(|&input| index[input]).collect();
        let plain = (scales[node.output], means);
        let before = ops.len();
        match &node.op {
            Op::ConvTranspose(transposed) => {
                several::transposed(graph, (node, transposed), inputs, &mut ops, plain)?;
            }
            Op::PRelu(slopes) => several::prelu(graph, (node, slopes), inputs, &mut ops, plain)?,
            Op::Conv(conv) if conv.window.leaves_image() => {
                let numbers = (scales[node.output], means, rounding.get(&node.output));
                several::padded(graph, (node, conv), inputs[0], &mut ops, numbers)?;
            }
            Op::Gather(picked) => {
                let shape = graph.shape(node.output);
                let to = (shape, scales[node.output]);
                let chain = gather::chain(&node.name, picked, &inputs, &ops, to);
                ops.extend(chain.map_err(|reason| failed(node, reason))?);
            }
            _ => {
                let numbers = (scales[node.output], means, rounding.get(&node.output));
                let op = lower_node(graph, node, inputs, &ops, numbers)?;
                ops.push(op);
            }
        }
        debug_assert_eq!(ops.len() - before, operators(node), "{}", node.name);
        index[node.output] = ops.len() - 1;
    }
    let outputs = graph.outputs.iter();
    let outputs = outputs.map(|output| answer(output, &index, &ops)).collect();
    Ok(IntNet { ops, outputs })
}

/// An answer of the graph in integers; `index` are the operators that make the tensors.
fn answer(answer: &Output, index: &[usize], ops: &[IntOp]) -> IntOutput {
    let output = index[answer.tensor];
    let logits = match ops[output].kind {
        OpKind::Softmax => ops[output].inputs[0],
        // The class that wins is no ranking; what it was found in is one.
        OpKind::ArgMax => ranked(ops[output].inputs[0], ops),
        _ => output,
    };
    IntOutput {
        name: answer.name.clone(),
        tensor: output,
        logits,
        exp_table: table::exp(&ops[logits].scale),
    }
}

/// The logits that an ArgMax chose among, before a softmax if there is one.
fn ranked(tensor: usize, ops: &[IntOp]) -> usize {
    match ops[tensor].kind {
        OpKind::Softmax => ops[tensor].inputs[0],
        _ => tensor,
    }
}

/// The error for a node that has no integers.
fn failed(node: &Node, reason: String) -> Error {
    Error::Unrepresentable {
        node: node.name.clone(),
        reason,
    }
}

fn lower_node(
    graph: &Graph,
    node: &Node,
    inputs: Vec<usize>,
    ops: &[IntOp],
    (scale, means, rounded): (Scale, &[Vec<f64>], Option<&Rounded>),
) -> Result<IntOp, Error> {
    let input = ops[inputs[0]].scale;
    let shape = graph.shape(node.output);
    let failed = |reason: String| failed(node, reason);
    let table = |function: Function| {
        let function = function.clamped(node.clamp);
        let params = match input.element {
            Element::Int8 => Params::Table(table::of(&function, input, scale)),
            Element::Int16 => Params::Points(table::points(&function, input, scale)),
        };
        (OpKind::Table, params)
    };
    let (kind, params) = match &node.op {
        Op::Conv(conv) => {
            // A kernel too high for it is a convolution in groups of one channel.
            let depthwise = conv.groups > 1
                && conv.groups == ops[inputs[0]].shape.channels
                && conv.window.kernel[0] <= MAX_TAP_ROWS;
            let kind = if depthwise {
                OpKind::Depthwise
            } else {
                OpKind::Conv
            };
            let to_nearest = || nearest(conv, (input, scale), &means[node.inputs[0]]);
            let rounded = rounded.map_or_else(to_nearest, Rounded::clone);
            let conv = conv::lower(conv, depthwise, (input, scale), &rounded).map_err(failed)?;
            (kind, Params::Conv(conv))
        }
        Op::Pool(PoolKind::Max, window) => (OpKind::MaxPool, Params::Pool(pool::copy(*window))),
        Op::Pool(PoolKind::Min, window) => (OpKind::MinPool, Params::Pool(pool::copy(*window))),
        Op::Pool(PoolKind::Average { include_pad }, window) => {
            let from = ops[inputs[0]].shape;
            let pool = pool::average(*window, *include_pad, (&from, &shape), (input, scale));
            (OpKind::AveragePool, Params::Pool(pool.map_err(failed)?))
        }
        Op::Add | Op::Sub => {
            let sign = if matches!(node.op, Op::Sub) { -1 } else { 1 };
            let params = add::lower(input, (ops[inputs[1]].scale, sign), scale);
            (OpKind::Add, Params::Add(params))
        }
        Op::Mul => {
            let params = mul::lower(input, ops[inputs[1]].scale, scale).map_err(failed)?;
            (OpKind::Mul, Params::Mul(params))
        }
        Op::Clamp => table(Function::Identity),
        Op::Function(function) => table(function.clone()),
        Op::Pad(padding) => (OpKind::Pad, Params::Pad(padding.top, padding.left)),
        Op::Softmax => (OpKind::Softmax, Params::Softmax(table::exp(&input))),
        Op::Resize(rows, columns) => (
            OpKind::Resize,
            Params::Resize(rows.clone(), columns.clone()),
        ),
        Op::DepthToSpace(blocks) => (OpKind::DepthToSpace, Params::DepthToSpace(*blocks)),
        Op::ArgMax => (OpKind::ArgMax, Params::ArgMax),
        Op::Affine { .. } | Op::Gather(_) | Op::ConvTranspose(_) | Op::PRelu(_) => {
            return Err(failed("it was not folded".into()));
        }
    };
    Ok(IntOp {
        name: node.name.clone(),
        kind,
        inputs,
        shape,
        scale,
        equalization: equalization(&graph.tensors[node.output]),
        clamp: quantized_clamp(node.clamp, scale),
        params,
    })
}

/// What undoes a tensor's equalization.
fn equalization(tensor: &Tensor) -> Vec<i8> {
    let exponents = tensor.equalization.iter().flatten();
    exponents
        .map(|exponent| exponent.saturating_neg())
        .collect()
}

/// A clamp in the steps of a scale.
fn quantized_clamp(clamp: Clamp, scale: Scale) -> (i16, i16) {
    (scale.quantize(clamp.lo), scale.quantize(clamp.hi))
}
