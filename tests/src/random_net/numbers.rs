//! Weights, biases and multipliers that spread outputs over the range of int8.
//!
//! Each tensor carries an estimate of its mean and deviation; operators centre their inputs and
//! scale them to a deviation of some fifty steps. The estimates are rough, and need not be better:
//! a constant output is all that has to be avoided, for it would hide a wrong row.

use tidbit::blob::AddParams;
use tidbit_quantize::graph::{Shape, Window};
use tidbit_quantize::lower::{IntConv, IntPool};

use crate::random::SplitMix;

/// Root of the mean square of weights that are uniform in ±127.
const WEIGHT: f64 = 73.3;
/// Deviation of what convolutions and sums make.
const SPREAD: f64 = 45.0;
/// Real value of one step of every tensor: small enough for softmax not to pick one class alone.
pub(super) const STEP: f32 = 0.03;

/// What a tensor's int8 are like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stats {
    pub mean: f64,
    pub spread: f64,
    pub zero_point: i8,
}

impl Stats {
    /// Of raw pixels.
    pub const PIXELS: Self = Self {
        mean: 0.0,
        spread: 74.0,
        zero_point: -128,
    };

    /// Of bytes that are all as likely.
    pub fn uniform(random: &mut SplitMix) -> Self {
        Self {
            mean: 0.0,
            spread: 74.0,
            zero_point: zero_point(random),
        }
    }

    /// Of an output that is centred somewhere.
    pub fn centred(random: &mut SplitMix) -> Self {
        Self {
            mean: f64::from(random.within(-30, 30)),
            spread: SPREAD,
            zero_point: zero_point(random),
        }
    }

    /// Least and greatest output: all, or all above the middle or so, or a band. Narrows the
    /// estimate accordingly.
    pub fn clamp(&mut self, random: &mut SplitMix) -> (i16, i16) {
        let mean = self.mean as i32;
        let mut edge = |side: i32| (mean + side * random.within(10, 60)).clamp(-128, 127) as i16;
        let (lo, hi) = (edge(-1), edge(1));
        let clamp = match random.within(0, 5) {
            0..=2 => return (-128, 127),
            3 | 4 => (lo, 127),
            _ => (lo, hi),
        };
        self.spread *= 0.7;
        clamp
    }
}

/// The least int8, as behind a rectifier, or any.
fn zero_point(random: &mut SplitMix) -> i8 {
    match random.within(0, 2) {
        0 => -128,
        _ => random.within(-128, 127) as i8,
    }
}

/// A convolution of `inputs` channels, `outputs` in all; weights in the order of its kind.
pub(super) fn conv(
    random: &mut SplitMix,
    (window, groups, depthwise): (Window, usize, bool),
    (inputs, outputs): (usize, usize),
    (from, to): (&Stats, &Stats),
) -> IntConv {
    let k = window.kernel[0] * window.kernel[1] * (inputs / groups);
    let weights: Vec<i8> = (0..k * outputs)
        .map(|_| random.within(-127, 127) as i8)
        .collect();
    let shift = random.within(0, 3) as u8;
    let energy = from.spread.max(8.0) * WEIGHT * (k as f64).sqrt();
    let (mut bias, mut multipliers) = (Vec::new(), Vec::new());
    for channel in 0..outputs {
        let own = |at: usize| {
            let place = if depthwise {
                at * outputs + channel
            } else {
                channel * k + at
            };
            f64::from(weights[place])
        };
        let sum: f64 = (0..k).map(own).sum();
        let factor = to.spread * f64::from(1.0 + 0.3 * random.unit()) / energy;
        let offset = (to.mean - f64::from(to.zero_point)) / factor;
        bias.push((offset - from.mean * sum).round() as i32);
        multipliers.push((factor * (32.0 - f64::from(shift)).exp2()).round() as i32);
    }
    IntConv {
        weights,
        bias,
        multipliers,
        shift,
        window,
        groups,
        pad_pixel: None,
    }
}

/// Something that stands outside the image.
pub(super) fn pixel(random: &mut SplitMix, channels: usize) -> Vec<i8> {
    (0..channels)
        .map(|_| random.within(-128, 127) as i8)
        .collect()
}

/// An average and what its output is like.
pub(super) fn average(random: &mut SplitMix, window: Window, from: &Stats) -> (IntPool, Stats) {
    let taps = window.kernel[0] * window.kernel[1];
    let shift = 3u8;
    let offset = from.mean - f64::from(from.zero_point);
    // Neighbours are alike, so an average keeps more of the deviation than the root of its taps.
    let kept = (taps as f64).powf(-0.25);
    // What the zero point of the output cannot take back would leave the range of int8.
    let ratio = (0.7 / kept).min(3.0).min(150.0 / offset.abs().max(1.0));
    let centre = f64::from(random.within(-30, 30));
    let zero_point = (centre - ratio * offset).round().clamp(-128.0, 127.0);
    let stats = Stats {
        mean: zero_point + ratio * offset,
        spread: from.spread * ratio * kept,
        zero_point: zero_point as i8,
    };
    let multiplier = |count: usize| {
        let one = (32.0 - f64::from(shift)).exp2();
        (ratio / count as f64 * one).round() as i32
    };
    let by_count = !window.padding.is_none() && random.within(0, 2) > 0;
    let counts = if by_count { 1..=taps } else { taps..=taps };
    let pool = IntPool {
        window,
        shift,
        multipliers: counts.map(multiplier).collect(),
    };
    (pool, stats)
}

/// A sum that comes out centred.
pub(super) fn add(random: &mut SplitMix, [a, b]: [&Stats; 2], to: &Stats) -> AddParams {
    let shift = random.within(6, 13) as u8;
    let one = f64::from(1 << shift);
    let factor = (to.spread / a.spread.hypot(b.spread).max(8.0)).clamp(0.25, 2.0);
    let (ma, mb) = (factor * one, factor * one * 0.9);
    let offset = to.mean * one - a.mean * ma - b.mean * mb;
    AddParams {
        ma: ma.round() as i16,
        mb: mb.round() as i16,
        c: offset.round() as i32 + (1 << (shift - 1)),
        shift,
        reserved: 0,
        lo: -128,
        hi: 127,
    }
}

/// A table of any bytes: what goes in wrong by one step comes out quite different.
pub(super) fn table(random: &mut SplitMix) -> Box<[i8; 256]> {
    Box::new(std::array::from_fn(|_| random.bits() as i8))
}

/// The table of exp for [`STEP`].
pub(super) fn exp_table() -> Box<[u16; 256]> {
    let entry = |distance: usize| 65535.0 * (-(distance as f32) * STEP).exp();
    Box::new(std::array::from_fn(|distance| {
        entry(distance).round() as u16
    }))
}

/// Channels and pixels of a shape whose rows and columns are these.
pub(super) fn shape([height, width]: [usize; 2], channels: usize) -> Shape {
    Shape {
        height,
        width,
        channels,
    }
}
