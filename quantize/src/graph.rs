//! The graph that all stages after the import work on: few operators, all tensors H × W × C.
//!
//! Batch is 1 and gone; an activation tensor is rows of pixels of channels, whatever the order of
//! dimensions in the ONNX file. Nodes are in an order in which they can run. An operator carries
//! its weights in f32, in the order of the blob.

use std::collections::BTreeMap;

use tidbit::blob::Position;

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
    /// What equalization has multiplied each channel by: 2 to the power of an eighth of this. The
    /// ONNX tensor knows nothing of it.
    pub equalization: Option<Vec<i8>>,
}

impl Tensor {
    /// The factor by which equalization has multiplied a channel.
    pub fn factor(&self, channel: usize) -> f32 {
        let exponents = self.equalization.as_deref().unwrap_or_default();
        let exponent = exponents.get(channel).copied().unwrap_or(0);
        (f32::from(exponent) / 8.0).exp2()
    }

    /// The same for all channels.
    pub fn factors(&self) -> Vec<f32> {
        (0..self.shape.channels)
            .map(|channel| self.factor(channel))
            .collect()
    }
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

impl Window {
    /// Of stride 1, without gaps or padding.
    pub fn plain(kernel: [usize; 2]) -> Self {
        Self {
            kernel,
            stride: [1, 1],
            dilation: [1, 1],
            padding: Padding::default(),
        }
    }

    /// Whether it may lie beside the image as a whole, on padding alone.
    pub fn leaves_image(&self) -> bool {
        let [rows, columns] = [0, 1].map(|axis| (self.kernel[axis] - 1) * self.dilation[axis] + 1);
        let Padding {
            top,
            left,
            bottom,
            right,
        } = self.padding;
        top.max(bottom) >= rows || left.max(right) >= columns
    }
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
    /// Minimum.
    Min,
}

/// A transposed convolution as a convolution whose output channels are the pixels of blocks, after
/// the padding and the stride were taken in; the clamp of its node holds for both.
#[derive(Clone, Debug)]
pub struct Transposed {
    /// The convolution.
    pub conv: Conv,
    /// Rows and columns of its output.
    pub sides: [usize; 2],
    /// The blocks.
    pub blocks: Blocks,
}

/// How channels become blocks of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// Rows and columns of a block.
    pub sides: [usize; 2],
    /// Order of the channels: output channel before block row and block column, or behind them.
    pub channel_first: bool,
}

/// What is picked of a node's inputs, whose channels are counted one behind the other: whatever
/// concatenates, splits, slices or shuffles. Pairs are rows, columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gather {
    /// For each output channel the channel that it takes; `None` for zeros.
    pub channels: Vec<Option<usize>>,
    /// The first that is picked.
    pub first: [usize; 2],
    /// Steps.
    pub stride: [usize; 2],
}

impl Gather {
    /// Picks channels of every row and column.
    pub fn of_channels(channels: impl IntoIterator<Item = Option<usize>>) -> Self {
        Self {
            channels: channels.into_iter().collect(),
            first: [0, 0],
            stride: [1, 1],
        }
    }

    /// Whether every row and column is picked, but for last ones.
    pub fn keeps_pixels(&self) -> bool {
        (self.first, self.stride) == ([0, 0], [1, 1])
    }
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
    /// Sum of two tensors; the second may be of height, width or channels 1, which then stand for
    /// all of the first.
    Add,
    /// The first tensor less the second, which may be as in a sum.
    Sub,
    /// Product of two tensors, of which the second may be as in a sum.
    Mul,
    /// Rows, columns and channels picked from tensors.
    Gather(Gather),
    /// A pool.
    Pool(PoolKind, Window),
    /// A border of zeros.
    Pad(Padding),
    /// Softmax over the channels.
    Softmax,
    /// An image of another size: where its rows and its columns lie.
    Resize(Vec<Position>, Vec<Position>),
    /// Blocks of pixels out of channels.
    DepthToSpace(Blocks),
    /// A transposed convolution.
    ConvTranspose(Transposed),
    /// A Relu with a slope below 0 for each channel.
    PRelu(Vec<f32>),
    /// The number of the greatest channel of each pixel, of equals the first.
    ArgMax,
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
            Self::Sub => "Sub",
            Self::Mul => "Mul",
            Self::Gather(_) => "Gather",
            Self::Pool(PoolKind::Max, _) => "MaxPool",
            Self::Pool(PoolKind::Min, _) => "MinPool",
            Self::Pool(..) => "AveragePool",
            Self::Pad(_) => "Pad",
            Self::Softmax => "Softmax",
            Self::Resize(..) => "Resize",
            Self::DepthToSpace(_) => "DepthToSpace",
            Self::ConvTranspose(_) => "ConvTranspose",
            Self::PRelu(_) => "PRelu",
            Self::ArgMax => "ArgMax",
        }
    }

    /// Whether its output has the elements of its input, or what lies between them: another scale
    /// could only lose.
    pub fn keeps_scale(&self) -> bool {
        matches!(
            self,
            Self::Pool(PoolKind::Max | PoolKind::Min, _)
                | Self::Pad(_)
                | Self::Resize(..)
                | Self::DepthToSpace(_)
                | Self::Gather(_)
        )
    }

    /// Whether the runtime's operator clamps its output.
    pub fn clamps(&self) -> bool {
        !matches!(
            self,
            Self::Softmax
                | Self::Pad(_)
                | Self::Resize(..)
                | Self::DepthToSpace(_)
                | Self::ArgMax
                | Self::Gather(_)
        )
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

/// An answer of a net.
#[derive(Clone, Debug)]
pub struct Output {
    /// Name in the ONNX file, which may be another than that of the tensor.
    pub name: String,
    /// Name of the ONNX tensor that has its f32 values: mostly the same.
    pub values: String,
    /// The tensor.
    pub tensor: TensorId,
    /// For each element of the ONNX output of that name, its index in H × W × C order.
    pub places: Vec<usize>,
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
    /// The answers in the file's order, at least one.
    pub outputs: Vec<Output>,
    /// The scales that the file gives to tensors: a file that is quantized already has some.
    pub given: BTreeMap<TensorId, Scale>,
    /// Whether tensors that were put together keep a scale of their own where they are put together
    /// with more: else a row of concatenations has one scale.
    pub parts_apart: bool,
}

impl Graph {
    /// Shape of a tensor.
    pub fn shape(&self, tensor: TensorId) -> Shape {
        self.tensors[tensor].shape
    }

    /// Whether a tensor is an answer, which the caller reads.
    pub fn is_output(&self, tensor: TensorId) -> bool {
        self.outputs.iter().any(|output| output.tensor == tensor)
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

    /// Leaves nothing but what these tensors are made of, which become the answers.
    pub fn keep(&mut self, tensors: &[TensorId]) {
        let answer = |&tensor: &TensorId| Output {
            name: self.tensors[tensor].name.clone(),
            values: self.tensors[tensor].name.clone(),
            tensor,
            places: self.tensors[tensor].layout.to_hwc(&self.shape(tensor)),
        };
        self.outputs = tensors.iter().map(answer).collect();
        self.remove_dead();
    }

    /// Removes nodes whose result nothing needs.
    pub fn remove_dead(&mut self) {
        let mut needed = vec![false; self.tensors.len()];
        for output in &self.outputs {
            needed[output.tensor] = true;
        }
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
