//! The scalar kernels: safe integer Rust, the definition of every operator's result.
//!
//! QUANTIZATION.md states the same arithmetic in words and worked numbers. Sums wrap at 32 bits;
//! the quantizer proves for every operator that they never do. Slices that are too short end a
//! loop early and never panic.

/// What turns the accumulators of a convolution into int8, channel by channel.
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
    /// Least and greatest output of each output channel (little-endian i16), within `lo` and `hi`;
    /// empty: `lo` and `hi` for all.
    pub clamps: &'a [[u8; 4]],
}

impl<'a> Requant<'a> {
    /// The part for the channels from `start` on.
    pub fn from_channel(&self, start: usize) -> Option<Self> {
        Some(Self {
            bias: self.bias.get(start..)?,
            multipliers: self.multipliers.get(start..)?,
            clamps: self.clamps.get(start..).unwrap_or_default(),
            ..*self
        })
    }

    /// Bias and multiplier of each channel.
    fn channels(&self) -> impl Iterator<Item = (i32, i32)> {
        let channels = self.bias.iter().zip(self.multipliers);
        channels
            .map(|(bias, multiplier)| (i32::from_le_bytes(*bias), i32::from_le_bytes(*multiplier)))
    }

    /// One accumulator, bias included, to an element.
    #[inline(always)]
    fn finish(&self, acc: i32, multiplier: i32) -> i8 {
        requantize(
            acc,
            multiplier,
            self.shift,
            self.zero_point,
            self.lo,
            self.hi,
        ) as i8
    }

    /// Holds a pixel's channels within bounds of their own, where they have any.
    fn clamp_channels(&self, pixel: &mut [i8]) {
        for (q, [lo, lo_high, hi, hi_high]) in pixel.iter_mut().zip(self.clamps) {
            let lo = i16::from_le_bytes([*lo, *lo_high]);
            let hi = i16::from_le_bytes([*hi, *hi_high]);
            *q = clamp(i32::from(*q), lo, hi) as i8;
        }
    }
}

/// `clamp(zero_point + ((acc << shift) * multiplier + 2^31 >> 32), lo, hi)`: one rounding, half up.
#[inline(always)]
pub fn requantize(acc: i32, multiplier: i32, shift: u8, zero_point: i8, lo: i16, hi: i16) -> i32 {
    let shifted = acc.wrapping_shl(u32::from(shift));
    let product = i64::from(shifted)
        .wrapping_mul(i64::from(multiplier))
        .wrapping_add(1 << 31);
    let scaled = (product >> 32) as i32;
    clamp(scaled.wrapping_add(i32::from(zero_point)), lo, hi)
}

/// Clamp that cannot panic: where `lo > hi` the answer is `hi`.
#[inline(always)]
fn clamp(value: i32, lo: i16, hi: i16) -> i32 {
    value.max(i32::from(lo)).min(i32::from(hi))
}

/// Sum of products of two rows of int8.
#[inline(always)]
fn dot(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).fold(0i32, |acc, (&x, &w)| {
        acc.wrapping_add(i32::from(x).wrapping_mul(i32::from(w)))
    })
}

/// GEMM with requantization: every patch of `k` int8 against every row of `k` weights.
///
/// Patch `p` and weight row `n` make `out[p * stride + n]`. There are as many weight rows as
/// `requant` has biases.
pub fn dot_rows(
    patches: &[i8],
    k: usize,
    weights: &[i8],
    requant: &Requant<'_>,
    out: &mut [i8],
    stride: usize,
) {
    if k == 0 || stride == 0 {
        return;
    }
    for (patch, pixel) in patches.chunks_exact(k).zip(out.chunks_mut(stride)) {
        let channels = weights.chunks_exact(k).zip(requant.channels());
        for ((row, (bias, multiplier)), q) in channels.zip(pixel.iter_mut()) {
            *q = requant.finish(bias.wrapping_add(dot(patch, row)), multiplier);
        }
        requant.clamp_channels(pixel);
    }
}

/// Channels that [`depthwise`] takes at a time.
const BLOCK: usize = 16;

/// Depthwise convolution of one pixel, or of some channels of it.
///
/// `patch` holds the taps one after another, `channels` int8 each; `weights` holds a tap every
/// `stride` int8, `channels * multiplier` of them; output channel `c` reads input channel
/// `c / multiplier`.
pub fn depthwise(
    patch: &[i8],
    channels: usize,
    multiplier: usize,
    (weights, stride): (&[i8], usize),
    requant: &Requant<'_>,
    out: &mut [i8],
) {
    let outputs = channels.wrapping_mul(multiplier);
    if outputs == 0 || stride == 0 {
        return;
    }
    let mut start = 0usize;
    for block in out.chunks_mut(BLOCK) {
        let mut acc = [0i32; BLOCK];
        for (tap, taps) in patch
            .chunks_exact(channels.max(1))
            .zip(weights.chunks(stride))
        {
            let Some(row) = taps.get(start..) else { return };
            if multiplier == 1 {
                let Some(tap) = tap.get(start..) else { return };
                for ((a, &x), &w) in acc.iter_mut().zip(tap).zip(row) {
                    *a = a.wrapping_add(i32::from(x).wrapping_mul(i32::from(w)));
                }
            } else {
                let inputs = tap
                    .iter()
                    .flat_map(|x| core::iter::repeat_n(*x, multiplier));
                for ((a, x), &w) in acc.iter_mut().zip(inputs.skip(start)).zip(row) {
                    *a = a.wrapping_add(i32::from(x).wrapping_mul(i32::from(w)));
                }
            }
        }
        let Some(part) = requant.from_channel(start) else {
            return;
        };
        for ((q, a), (bias, multiplier)) in block.iter_mut().zip(acc).zip(part.channels()) {
            *q = requant.finish(a.wrapping_add(bias), multiplier);
        }
        part.clamp_channels(block);
        start = start.wrapping_add(BLOCK);
    }
}

/// Adds a pixel to sums kept as little-endian i32.
pub fn sum_into(sums: &mut [[u8; 4]], pixel: &[i8]) {
    for (sum, &x) in sums.iter_mut().zip(pixel) {
        *sum = i32::from_le_bytes(*sum)
            .wrapping_add(i32::from(x))
            .to_le_bytes();
    }
}

/// How sums become averages: a pool's side of [`Requant`].
#[derive(Clone, Copy, Debug)]
pub struct Average {
    /// What the zero point adds to each sum: elements under the window × zero point.
    pub offset: i32,
    /// Multiplier for this number of elements.
    pub multiplier: i32,
    /// Left shift of the sum before the multiplier.
    pub shift: u8,
    /// Zero point of the output.
    pub zero_point: i8,
    /// Least output.
    pub lo: i16,
    /// Greatest output.
    pub hi: i16,
}

/// Sums to int8.
pub fn average(sums: &[[u8; 4]], by: &Average, out: &mut [i8]) {
    for (q, sum) in out.iter_mut().zip(sums) {
        let acc = i32::from_le_bytes(*sum).wrapping_sub(by.offset);
        *q = requantize(acc, by.multiplier, by.shift, by.zero_point, by.lo, by.hi) as i8;
    }
}

/// Sums to int8 in place: those from the `first`-th on, `count` of them, become the `first`-th
/// int8 and those behind it.
///
/// Sum `i` lies at byte `4 * i` and its int8 at byte `i`: no sum is overwritten before it was read,
/// if they are taken in order.
pub fn average_in_place(bytes: &mut [u8], first: usize, count: usize, by: &Average) {
    for at in first..first.saturating_add(count) {
        let start = at.saturating_mul(4);
        let Some(sum) = bytes.get(start..).and_then(<[u8]>::first_chunk::<4>) else {
            return;
        };
        let mut out = [0];
        average(&[*sum], by, &mut out);
        if let (Some(q), [value]) = (bytes.get_mut(at), out) {
            *q = value as u8;
        }
    }
}

/// Holds every element within `lo` and `hi`.
pub fn clamp_to(values: &mut [i8], lo: i16, hi: i16) {
    for q in values {
        *q = clamp(i32::from(*q), lo, hi) as i8;
    }
}

/// Keeps the greater of each element.
pub fn max_into(best: &mut [i8], pixel: &[i8]) {
    for (b, &x) in best.iter_mut().zip(pixel) {
        *b = x.max(*b);
    }
}

/// Factors of a residual add.
#[derive(Clone, Copy, Debug)]
pub struct AddFactors {
    /// Multiplier of the first operand.
    pub ma: i16,
    /// Multiplier of the second operand.
    pub mb: i16,
    /// Zero points and rounding.
    pub c: i32,
    /// Right shift.
    pub shift: u8,
    /// Least output.
    pub lo: i16,
    /// Greatest output.
    pub hi: i16,
}

impl AddFactors {
    /// The sum of two elements.
    #[inline(always)]
    fn sum(&self, a: i8, b: i8) -> i8 {
        let a = i32::from(a).wrapping_mul(i32::from(self.ma));
        let b = i32::from(b).wrapping_mul(i32::from(self.mb));
        let sum = a.wrapping_add(b).wrapping_add(self.c);
        clamp(sum.wrapping_shr(u32::from(self.shift)), self.lo, self.hi) as i8
    }
}

/// `(a * ma + b * mb + c) >> shift`, clamped, element by element, in the place of `a`. A `b` of one
/// element stands for all.
#[inline(never)]
pub fn add(a: &mut [i8], b: &[i8], by: &AddFactors) {
    each_pair(a, b, |a, b| by.sum(a, b));
}

/// What turns the product of two elements into an element.
#[derive(Clone, Copy, Debug)]
pub struct MulFactors {
    /// Zero point of the first operand.
    pub zero_a: i8,
    /// Zero point of the second operand.
    pub zero_b: i8,
    /// Multiplier.
    pub multiplier: i32,
    /// Left shift of the product before the multiplier.
    pub shift: u8,
    /// Zero point of the output.
    pub zero_point: i8,
    /// Least output.
    pub lo: i16,
    /// Greatest output.
    pub hi: i16,
}

impl MulFactors {
    /// The product of two elements.
    #[inline(always)]
    fn product(&self, a: i8, b: i8) -> i8 {
        let a = i32::from(a).wrapping_sub(i32::from(self.zero_a));
        let b = i32::from(b).wrapping_sub(i32::from(self.zero_b));
        requantize(
            a.wrapping_mul(b),
            self.multiplier,
            self.shift,
            self.zero_point,
            self.lo,
            self.hi,
        ) as i8
    }
}

/// The product of both less their zero points, requantized, element by element, in the place of
/// `a`. A `b` of one element stands for all.
#[inline(never)]
pub fn mul(a: &mut [i8], b: &[i8], by: &MulFactors) {
    each_pair(a, b, |a, b| by.product(a, b));
}

/// Combines elements of two slices in the place of the first; a `b` of one element stands for all.
#[inline(always)]
fn each_pair(a: &mut [i8], b: &[i8], of: impl Fn(i8, i8) -> i8) {
    if let [b] = b {
        for a in a {
            *a = of(*a, *b);
        }
        return;
    }
    for (a, &b) in a.iter_mut().zip(b) {
        *a = of(*a, b);
    }
}

/// `table[x + 128]`.
#[inline(always)]
fn entry(table: &[i8; 256], x: i8) -> i8 {
    table.get(usize::from(x as u8 ^ 0x80)).copied().unwrap_or(0)
}

/// `table[x + 128]`, element by element.
pub fn lookup(table: &[i8; 256], input: &[i8], out: &mut [i8]) {
    for (q, &x) in out.iter_mut().zip(input) {
        *q = entry(table, x);
    }
}

/// As [`lookup`], with the result in the place of the input.
pub fn lookup_in_place(table: &[i8; 256], values: &mut [i8]) {
    for x in values {
        *x = entry(table, *x);
    }
}

/// Entry of the table of exp for an element, by its distance from the maximum.
#[inline(always)]
fn exp_of(table: &[[u8; 2]; 256], x: i8, max: i8) -> u32 {
    let distance = (i32::from(max) - i32::from(x)) as u8;
    let entry = table.get(usize::from(distance)).copied().unwrap_or([0; 2]);
    u32::from(u16::from_le_bytes(entry))
}

/// The maximum of a pixel and the sum of its exps: what both softmax outputs divide by.
pub fn exp_sum(table: &[[u8; 2]; 256], pixel: &[i8]) -> (i8, u32) {
    let max = pixel.iter().copied().max().unwrap_or(i8::MIN);
    let sum = pixel
        .iter()
        .fold(0u32, |sum, &x| sum.wrapping_add(exp_of(table, x, max)));
    (max, sum)
}

/// `exp * one / sum`, rounded half up; 0 where the sum is.
#[inline(always)]
fn share(exp: u32, sum: u32, log2_one: u32) -> u32 {
    exp.wrapping_shl(log2_one)
        .wrapping_add(sum >> 1)
        .checked_div(sum)
        .unwrap_or(0)
}

/// Softmax of a pixel with scale 1/256 and zero point -128.
pub fn softmax_i8(table: &[[u8; 2]; 256], pixel: &[i8], out: &mut [i8]) {
    let (max, sum) = exp_sum(table, pixel);
    for (q, &x) in out.iter_mut().zip(pixel) {
        let share = share(exp_of(table, x, max), sum, 8).min(255);
        *q = (share as u8 ^ 0x80) as i8;
    }
}

/// Softmax of a pixel in Q0.15 (32768 is 1).
pub fn softmax_q15(table: &[[u8; 2]; 256], pixel: &[i8], out: &mut [u16]) {
    let (max, sum) = exp_sum(table, pixel);
    for (q, &x) in out.iter_mut().zip(pixel) {
        *q = share(exp_of(table, x, max), sum, 15) as u16;
    }
}
