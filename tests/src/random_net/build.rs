//! From a recipe to a net, layer by layer.

use tidbit::blob::OpKind;
use tidbit_quantize::graph::{Shape, Window};
use tidbit_quantize::lower::{IntNet, IntOp, IntOutput, IntPool, Params};
use tidbit_quantize::scale::{Element, Scale};

use super::numbers::{self, STEP, Stats};
use super::order::shuffle;
use super::wide::widen;
use super::windows::{bordered, fit, whole};
use super::{Choice, Layer, Recipe};
use crate::random::SplitMix;

/// Most operators of a net, the image and a softmax included.
pub const MOST_OPS: usize = 14;
/// Most channels of what makes more of them.
pub(super) const MOST_CHANNELS: usize = 16;

impl Recipe {
    /// The net, the same for the same recipe.
    pub fn net(&self) -> IntNet {
        let mut builder = Builder::new(self.image.map(|side| usize::from(side.max(1))));
        let room = MOST_OPS - usize::from(self.softmax);
        for (at, layer) in (0u64..).zip(&self.layers) {
            // Each layer has numbers of its own, so that without it the others keep theirs.
            builder.random = SplitMix::new(self.seed ^ at.wrapping_mul(0xd134_2543_de82_ef95));
            if builder.ops.len() + ops_of(layer) <= room {
                builder.layer(layer);
            }
        }
        if builder.ops.len() == 1 {
            builder.layer(&Layer::Table);
        }
        let mut logits = builder.latest().saturating_sub(usize::from(self.logits));
        if self.softmax {
            logits = builder.latest();
            builder.softmax();
        }
        let output = builder.latest();
        let mut net = IntNet {
            ops: builder.ops,
            outputs: vec![IntOutput {
                name: "answer".into(),
                tensor: output,
                logits,
                exp_table: numbers::exp_table(),
            }],
        };
        if self.wide != 0 {
            widen(&mut net, self.wide);
        }
        match self.order {
            0 => net,
            seed => shuffle(net, seed),
        }
    }
}

/// Operators that a layer takes at most.
fn ops_of(layer: &Layer) -> usize {
    match layer {
        Layer::Join { shortcut, .. } => 1 + usize::from(*shortcut).max(1),
        Layer::Gate { .. } => 3,
        _ => 1,
    }
}

/// A net that grows.
pub(super) struct Builder {
    pub ops: Vec<IntOp>,
    /// What each tensor is like.
    pub stats: Vec<Stats>,
    pub random: SplitMix,
}

impl Builder {
    fn new([height, width, channels]: [usize; 3]) -> Self {
        let mut builder = Self {
            ops: vec![],
            stats: vec![],
            random: SplitMix::new(0),
        };
        let shape = Shape {
            height,
            width,
            channels,
        };
        builder.push(OpKind::Input, vec![], shape, (Params::Input, Stats::PIXELS));
        builder
    }

    /// The tensor that was made last.
    pub fn latest(&self) -> usize {
        self.ops.len() - 1
    }

    /// Shape of a tensor.
    pub fn shape(&self, tensor: usize) -> Shape {
        self.ops[tensor].shape
    }

    /// Appends an operator.
    pub fn push(
        &mut self,
        kind: OpKind,
        inputs: Vec<usize>,
        shape: Shape,
        (params, stats): (Params, Stats),
    ) {
        self.ops.push(IntOp {
            name: format!("{} {}", kind.name(), self.ops.len()),
            kind,
            inputs,
            shape,
            scale: Scale {
                scale: STEP,
                zero_point: stats.zero_point,
                element: Element::Int8,
            },
            equalization: vec![],
            clamp: (-128, 127),
            params,
        });
        self.stats.push(stats);
    }

    /// Clamps what was pushed last.
    pub fn clamp(&mut self) {
        let at = self.latest();
        self.ops[at].clamp = self.stats[at].clamp(&mut self.random);
    }

    /// Appends a layer, as near to what was asked for as its input allows.
    pub fn layer(&mut self, layer: &Layer) {
        let from = self.latest();
        let shape = self.shape(from);
        match layer {
            Layer::Conv {
                window,
                channels,
                groups,
                pad_pixel,
            } => {
                let (window, sides) = fit(window, &shape);
                let most = usize::from((*groups).max(1)).min(shape.channels);
                let divides = |groups: &usize| shape.channels.is_multiple_of(*groups);
                let groups = (1..=most).rev().find(divides).unwrap_or(1);
                let outputs = match usize::from(*channels) {
                    0 => shape.channels,
                    channels => channels.next_multiple_of(groups),
                };
                let to = numbers::shape(sides, outputs);
                self.conv(from, (window, groups, false), to, *pad_pixel);
            }
            Layer::Depthwise { window, multiplier } => {
                let (window, sides) = fit(window, &shape);
                let many = shape.channels * usize::from((*multiplier).max(1));
                let outputs = if many > MOST_CHANNELS {
                    shape.channels
                } else {
                    many
                };
                let to = numbers::shape(sides, outputs);
                self.conv(from, (window, shape.channels, true), to, false);
            }
            Layer::AveragePool(window) => {
                let (window, sides) = fit(&window.dense(), &shape);
                self.average(from, window, sides);
            }
            Layer::Global => self.average(from, whole(&shape), [1, 1]),
            Layer::MaxPool(window) => self.extreme(OpKind::MaxPool, window),
            Layer::MinPool(window) => self.extreme(OpKind::MinPool, window),
            Layer::Resize { sides, between } => self.resize(*sides, *between),
            Layer::DepthToSpace {
                channel_first,
                cropped,
            } => self.depth_to_space(*channel_first, *cropped),
            Layer::ArgMax => self.arg_max(),
            Layer::Table => self.table(from),
            Layer::Pad([top, left, bottom, right]) => {
                let (top, height) = bordered(shape.height, [*top, *bottom]);
                let (left, width) = bordered(shape.width, [*left, *right]);
                let to = numbers::shape([height, width], shape.channels);
                let pad = (Params::Pad(top, left), self.stats[from]);
                self.push(OpKind::Pad, vec![from], to, pad);
            }
            Layer::Join { back, shortcut } => self.join(usize::from(*back), *shortcut),
            Layer::Gate { spread, sum } => self.gate(*spread, *sum),
            Layer::Gather(pick) => self.pick(pick),
        }
    }

    /// Appends a convolution of a window and groups, depthwise or not.
    pub fn conv(
        &mut self,
        from: usize,
        (window, groups, depthwise): (Window, usize, bool),
        to: Shape,
        pad_pixel: bool,
    ) {
        let inputs = self.shape(from).channels;
        let stats = Stats::centred(&mut self.random);
        let kind = (window, groups, depthwise);
        let stats_of = (&self.stats[from], &stats);
        let mut conv = numbers::conv(&mut self.random, kind, (inputs, to.channels), stats_of);
        if pad_pixel && !window.padding.is_none() {
            conv.pad_pixel = Some(numbers::pixel(&mut self.random, inputs));
        }
        let kind = if depthwise {
            OpKind::Depthwise
        } else {
            OpKind::Conv
        };
        self.push(kind, vec![from], to, (Params::Conv(conv), stats));
        self.clamp();
    }

    /// Appends a maximum or minimum.
    fn extreme(&mut self, kind: OpKind, window: &Choice) {
        let from = self.latest();
        let shape = self.shape(from);
        let (window, sides) = fit(&window.dense(), &shape);
        let mut stats = self.stats[from];
        if window.kernel != [1, 1] {
            let side = if kind == OpKind::MaxPool { 0.8 } else { -0.8 };
            stats.mean += side * stats.spread;
            stats.spread *= 0.7;
        }
        let pool = Params::Pool(IntPool {
            window,
            shift: 0,
            multipliers: vec![],
        });
        let to = numbers::shape(sides, shape.channels);
        self.push(kind, vec![from], to, (pool, stats));
    }

    /// Appends an average.
    pub fn average(&mut self, from: usize, window: Window, sides: [usize; 2]) {
        let to = numbers::shape(sides, self.shape(from).channels);
        let (pool, stats) = numbers::average(&mut self.random, window, &self.stats[from]);
        let made = (Params::Pool(pool), stats);
        self.push(OpKind::AveragePool, vec![from], to, made);
    }

    /// Appends a table.
    pub fn table(&mut self, from: usize) {
        let table = Params::Table(numbers::table(&mut self.random));
        let stats = Stats::uniform(&mut self.random);
        self.push(OpKind::Table, vec![from], self.shape(from), (table, stats));
    }

    fn softmax(&mut self) {
        let from = self.latest();
        let stats = Stats {
            mean: -128.0,
            spread: 10.0,
            zero_point: Scale::SHARES.zero_point,
        };
        let params = Params::Softmax(numbers::exp_table());
        self.push(
            OpKind::Softmax,
            vec![from],
            self.shape(from),
            (params, stats),
        );
        let at = self.latest();
        self.ops[at].scale = Scale::SHARES;
    }
}
