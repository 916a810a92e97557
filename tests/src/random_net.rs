//! Random small nets in integers: what a planner, a schedule and the operators are tried on.
//!
//! A net is described by a [`Recipe`], a small value that proptest makes and shrinks. Every recipe
//! is a net: where a choice does not fit (a kernel larger than its image, a sum of tensors of
//! different shapes), [`Recipe::net`] takes the nearest that does. Each operator reads the latest
//! tensor, and sums read an earlier one as well, so none is ever dead.

mod build;
mod join;
mod numbers;
mod order;
mod strategy;
mod wide;
mod windows;

use tidbit_quantize::emit::Extras;
use tidbit_quantize::lower::IntNet;
use tidbit_quantize::plan::Plan;
use tidbit_quantize::{Error, Normalization};

pub use build::MOST_OPS;
pub use strategy::recipes;

/// What a random net is like. Pairs are rows, columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// Rows, columns and channels of the image.
    pub image: [u8; 3],
    /// Its operators, in order; sums may take several.
    pub layers: Vec<Layer>,
    /// Whether a softmax ends it.
    pub softmax: bool,
    /// The scores come from the tensor this far before the output; with a softmax, from its input.
    pub logits: u8,
    /// Seed of the order in which the operators run, as far as it is free; 0 is as they were made.
    pub order: u64,
    /// Seed of which tensors are int16; 0 is none.
    pub wide: u64,
    /// Seed of all weights.
    pub seed: u64,
}

/// One layer of a [`Recipe`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layer {
    /// A convolution.
    Conv {
        /// Its window.
        window: Choice,
        /// Output channels; 0 for as many as come in.
        channels: u8,
        /// Groups at most.
        groups: u8,
        /// Something else than the zero point stands outside the image.
        pad_pixel: bool,
    },
    /// A depthwise convolution.
    Depthwise {
        /// Its window.
        window: Choice,
        /// Output channels of each input channel.
        multiplier: u8,
    },
    /// An average.
    AveragePool(Choice),
    /// A maximum.
    MaxPool(Choice),
    /// An average over the whole image.
    Global,
    /// A function of one element.
    Table,
    /// A border: above, left, below, right.
    Pad([u8; 4]),
    /// The sum of the latest tensor and of one made before.
    Join {
        /// How far back, among those that fit.
        back: u8,
        /// Operators on the way from there; with none, the tensors have to be of the same shape.
        shortcut: u8,
    },
}

/// A window, before it is fitted to an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Taps.
    pub kernel: [u8; 2],
    /// Steps.
    pub stride: [u8; 2],
    /// Distances of the taps.
    pub dilation: [u8; 2],
    /// Padding.
    pub padding: Border,
}

impl Choice {
    /// The same with its taps side by side: pools have no distances.
    fn dense(self) -> Self {
        Self {
            dilation: [1, 1],
            ..self
        }
    }
}

/// The padding of a [`Choice`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// None.
    Valid,
    /// With stride 1, the output is as large as the input.
    Same,
    /// Above, left, below, right; each modulo the extent of the window.
    Each([u8; 4]),
}

/// Emits a net with a plan. Its pixels are what they are: mean 0, deviation 1.
///
/// # Errors
/// The emitter's: the plan is wrong.
pub fn emit(net: &IntNet, plan: &Plan) -> Result<Vec<u8>, Error> {
    let channels = net.ops[0].shape.channels;
    let normalization = Normalization {
        mean: vec![0.0; channels],
        std: vec![1.0; channels],
        bgr: false,
    };
    let extras = Extras {
        normalization: &normalization,
        labels: &[],
        provenance: "made=at random\n".into(),
    };
    tidbit_quantize::emit::emit(net, plan, &extras)
}
