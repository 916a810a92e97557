//! The scalar kernels: safe integer Rust, the definition of every operator's result.
//!
//! QUANTIZATION.md states the same arithmetic in words and worked numbers. Sums wrap at 32 bits;
//! the quantizer proves for every operator that they never do. Slices that are too short end a
//! loop early and never panic. What takes an [`Element`] does the same to int8 and to int16.

mod conv;
mod depthwise;
mod high;
mod pair;
mod pool;
mod softmax;
mod table;

use super::{Element, Kernels, Packing};
use high::high;

pub use conv::gemm;
pub use depthwise::depthwise;
pub use pair::{AddFactors, MulFactors, add, mul};
pub use pool::{Average, average, average_in_place, clamp_to, max_into, sum_into};
pub use softmax::{softmax_i8, softmax_q15};
pub use table::{interpolate, lookup, lookup_in_place};

/// The scalar backend.
pub const KERNELS: Kernels = Kernels {
    name: "scalar",
    packing: Packing::Portable,
    lanes: None,
    gemm,
    depthwise,
    several_rows: None,
    copy_runs: super::copy_runs,
    add,
    mul,
    lookup,
    lookup_in_place,
    sum_into: sum_into::<i8>,
    average: average::<i8>,
    max_into: max_into::<i8>,
    min_into: super::min_into,
};

/// Calls a kernel for elements of this many bytes: backends get bytes, scalar kernels know elements.
macro_rules! of_element {
    ($bytes:expr, $element:ident => $call:expr) => {
        if $bytes == 1 {
            type $element = i8;
            $call
        } else {
            type $element = [u8; 2];
            $call
        }
    };
}
pub(crate) use of_element;

/// What turns the accumulators of a convolution into elements, channel by channel.
#[derive(Clone, Copy, Debug)]
pub struct Requant<'a> {
    /// Bias for each output channel (little-endian i32).
    pub bias: &'a [[u8; 4]],
    /// Multiplier for each output channel (little-endian i32).
    pub multipliers: &'a [[u8; 4]],
    /// Left shift of the accumulator before the multiplier.
    pub shift: u8,
    /// Zero point of the output.
    pub zero_point: i8,
    /// Least output.
    pub lo: i16,
    /// Greatest output.
    pub hi: i16,
}

impl<'a> Requant<'a> {
    /// The part for the channels from `start` on.
    pub fn from_channel(&self, start: usize) -> Option<Self> {
        Some(Self {
            bias: self.bias.get(start..)?,
            multipliers: self.multipliers.get(start..)?,
            ..*self
        })
    }

    /// One accumulator, bias included, to the value of an element.
    #[inline(always)]
    pub(crate) fn value(&self, acc: i32, multiplier: i32) -> i32 {
        let (shift, zero_point) = (self.shift, self.zero_point);
        requantize(acc, multiplier, shift, zero_point, self.lo, self.hi)
    }
}

/// Writes element `index` of elements of so many bytes. An output is written once for many products,
/// so there is no copy of each kernel for each of its sizes.
#[inline(always)]
pub(crate) fn put(out: &mut [i8], bytes: u8, index: usize, value: i32) {
    of_element!(bytes, Q => {
        if let Some(q) = Q::view_mut(out).get_mut(index) {
            *q = Q::of(value);
        }
    });
}

/// `clamp(zero_point + ((acc << shift) * multiplier + 2^31 >> 32), lo, hi)`: one rounding, half up.
#[inline(always)]
pub fn requantize(acc: i32, multiplier: i32, shift: u8, zero_point: i8, lo: i16, hi: i16) -> i32 {
    let shifted = acc.wrapping_shl(u32::from(shift));
    let scaled = high(shifted, multiplier);
    clamp(scaled.wrapping_add(i32::from(zero_point)), lo, hi)
}

/// Clamp that cannot panic: where `lo > hi` the answer is `hi`.
#[inline(always)]
fn clamp(value: i32, lo: i16, hi: i16) -> i32 {
    value.max(i32::from(lo)).min(i32::from(hi))
}
