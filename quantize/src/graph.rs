//! The graph that all stages after the import work on: few operators, all tensors H × W × C.
//!
//! Batch is 1 and gone; an activation tensor is rows of pixels of channels, whatever the order of
//! dimensions in the ONNX file. Nodes are in an order in which they can run. An operator carries
//! its weights in f32, in the order of the blob.

use std::collections::BTreeMap;

use crate::function::Function;
use crate::import::layout::Layout;
use crate::scale::Scale;

/// Index of a tensor in [`Graph::tensors`].
pub type TensorId = usize;

/// Rows, columns and channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Channels.
    pub channels: usize,
}

impl Shape {
    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.height * self.width * self.channels
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}x{}", self.height, self.width, self.channels)
    }
}

/// An activation tensor.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Name in the ONNX file: the key under which the reference gives its f32 values.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
    /// How the ONNX tensor of that name orders rows, columns and channels.
    pub layout: Layout,
}

/// Least and greatest value that an operator lets through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clamp {
    /// Least.
    pub lo: f32,
    /// Greatest.
    pub hi: f32,
}

impl Clamp {
    /// Lets everything through.
    pub const NONE: Self = Self {
        lo: f32::NEG_INFINITY,
        hi: f32::INFINITY,
    };

    /// This clamp, then `after`.
    pub fn then(self, after: Self) -> Self {
        Self {
            lo: self.lo.max(after.lo).min(after.hi),
            hi: self.hi.min(after.hi).max(after.lo),
        }
    }
}

/// Padding on the four sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Padding {
    /// Rows above.
    pub top: usize,
    /// Columns on the left.
    pub left: usize,
    /// Rows below.
    pub bottom: usize,
    /// Columns on the right.
    pub right: usize,
}

impl Padding {
    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// A window that moves over the image; pairs are rows, columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Taps.
    pub kernel: [usize; 2],
    /// Steps.
    pub stride: [usize; 2],
    /// Distances of the taps.
    pub dilation: [usize; 2],
    /// What the image is extended by.
    pub padding: Padding,
}

/// A convolution.
#[derive(Clone, Debug)]
pub struct Conv {
    /// Output channel, kernel row, kernel column, input channel of the group.
    pub weights: Vec<f32>,
    /// For each output channel.
    pub bias: Vec<f32>,
    /// The window.
    pub window: Window,
    /// Groups; as many as input channels is a depthwise convolution.
    pub groups: usize,
    /// What stands outside the image, if not zero: a value for each input channel.
    pub pad_pixel: Option<Vec<f32>>,
    /// One step of each output channel's weights, where the file gives int8 weights: every weight
    /// is a whole number of steps.
    pub steps: Option<Vec<f32>>,
}

/// Kinds of pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// Average; padding counts as zeros if `include_pad`, else not at all.
    Average {
        /// Whether padding counts.
        include_pad: bool,
    },
    /// Maximum.
    Max,
}

/// What a node computes.
#[derive(Clone, Debug)]
pub enum Op {
    /// Convolution, dense layers included.
    Conv(Conv),
    /// `x * scale + shift`, channel by channel: batch normalization and constants.
    Affine {
        /// For each channel.
        scale: Vec<f32>,
        /// For each channel.
        shift: Vec<f32>,
    },
    /// A function of one element.
    Function(Function),
    /// A clamp by itself; folding puts it into its producer where that is possible.
    Clamp,
    /// Sum of two tensors.
    Add,
    /// Product of two tensors: until the import has seen that it is a function of one.
    Product,
    /// A pool.
    Pool(PoolKind, Window),
    /// A border of zeros.
    Pad(Padding),
    /// Softmax over the channels.
    Softmax,
}

impl Op {
    /// The operator's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Conv(_) => "Conv",
            Self::Affine { .. } => "Affine",
            Self::Function(_) => "Function",
            Self::Clamp => "Clamp",
            Self::Add => "Add",
            Self::Product => "Product",
            Self::Pool(PoolKind::Max, _) => "MaxPool",
            Self::Pool(..) => "AveragePool",
            Self::Pad(_) => "Pad",
            Self::Softmax => "Softmax",
        }
    }

    /// The function of one element that it is, its node's clamp left out; `None` where it looks at
    /// several elements, or does not do the same to all.
    pub fn function(&self) -> Option<Function> {
        match self {
            Self::Function(function) => Some(function.clone()),
            Self::Clamp => Some(Function::Identity),
            Self::Affine { scale, shift } => {
                let same = |values: &[f32]| values.windows(2).all(|pair| pair[0] == pair[1]);
                let alike = same(scale) && same(shift);
                alike.then_some(Function::Affine {
                    scale: f64::from(*scale.first()?),
                    shift: f64::from(*shift.first()?),
                })
            }
            _ => None,
        }
    }
}

/// One operator with its tensors.
#[derive(Clone, Debug)]
pub struct Node {
    /// Name in the ONNX file.
    pub name: String,
    /// What it computes.
    pub op: Op,
    /// What is done to the result.
    pub clamp: Clamp,
    /// What it reads.
    pub inputs: Vec<TensorId>,
    /// What it makes.
    pub output: TensorId,
}

/// A net.
#[derive(Clone, Debug)]
pub struct Graph {
    /// All tensors.
    pub tensors: Vec<Tensor>,
    /// All nodes, in an order in which they can run.
    pub nodes: Vec<Node>,
    /// The image.
    pub input: TensorId,
    /// The answer.
    pub output: TensorId,
    /// The scales that the file gives to tensors: a file that is quantized already has some.
    pub given: BTreeMap<TensorId, Scale>,
}

impl Graph {
    /// Shape of a tensor.
    pub fn shape(&self, tensor: TensorId) -> Shape {
        self.tensors[tensor].shape
    }

    /// Whether the file is quantized already, in whole or in part: its numbers are taken as they
    /// are, and nothing that would change weights or ranges may run.
    pub fn has_given_scales(&self) -> bool {
        let steps = |node: &Node| matches!(&node.op, Op::Conv(conv) if conv.steps.is_some());
        !self.given.is_empty() || self.nodes.iter().any(steps)
    }

    /// Indices of the nodes that read a tensor.
    pub fn readers(&self, tensor: TensorId) -> Vec<usize> {
        let reads = |(index, node): (usize, &Node)| node.inputs.contains(&tensor).then_some(index);
        self.nodes.iter().enumerate().filter_map(reads).collect()
    }

    /// Index of the node that makes a tensor; `None` for the image.
    pub fn producer(&self, tensor: TensorId) -> Option<usize> {
        self.nodes.iter().position(|node| node.output == tensor)
    }

    /// Removes nodes whose result nothing needs.
    pub fn remove_dead(&mut self) {
        let mut needed = vec![false; self.tensors.len()];
        needed[self.output] = true;
        for node in self.nodes.iter().rev() {
            if needed[node.output] {
                node.inputs.iter().for_each(|&input| needed[input] = true);
            }
        }
        self.nodes.retain(|node| needed[node.output]);
        let input = self.input;
        self.given
            .retain(|&tensor, _| needed[tensor] || tensor == input);
    }
}
