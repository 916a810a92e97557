//! Convolutions: patches against rows of weights, and channels by themselves.

use super::Requant;
use crate::kernels::Element;

/// Sum of products of a row of elements and a row of weights.
#[inline(always)]
fn dot<A: Element>(a: &[A], b: &[i8]) -> i32 {
    a.iter().zip(b).fold(0i32, |acc, (&x, &w)| {
        acc.wrapping_add(x.value().wrapping_mul(i32::from(w)))
    })
}

/// GEMM with requantization: every patch of `k` elements against every row of `k` weights.
///
/// Patch `p` and weight row `n` make `out[p * stride + n]`. There are as many weight rows as
/// `requant` has biases.
pub fn dot_rows<A: Element, Q: Element>(
    patches: &[A],
    k: usize,
    weights: &[i8],
    requant: &Requant<'_>,
    out: &mut [Q],
    stride: usize,
) {
    if k == 0 || stride == 0 {
        return;
    }
    for (index, pixel) in out.chunks_mut(stride).enumerate() {
        let start = index.wrapping_mul(k);
        let Some(patch) = patches.get(start..start.wrapping_add(k)) else {
            return;
        };
        // Not a zip of chunks: its length would be a quotient, and so a panic to rule out.
        let mut rows = weights.chunks_exact(k);
        for ((bias, multiplier), q) in requant.channels().zip(pixel.iter_mut()) {
            let Some(row) = rows.next() else { break };
            *q = requant.finish(bias.wrapping_add(dot(patch, row)), multiplier);
        }
    }
}

/// Channels that [`depthwise`] takes at a time.
const BLOCK: usize = 16;

/// Depthwise convolution of one pixel, or of some channels of it.
///
/// `patch` holds the taps one after another, `channels` elements each; `weights` holds a tap every
/// `stride` int8, `channels * multiplier` of them; output channel `c` reads input channel
/// `c / multiplier`.
pub fn depthwise<A: Element, Q: Element>(
    patch: &[A],
    channels: usize,
    multiplier: usize,
    (weights, stride): (&[i8], usize),
    requant: &Requant<'_>,
    out: &mut [Q],
) {
    let outputs = channels.wrapping_mul(multiplier);
    if outputs == 0 || stride == 0 {
        return;
    }
    let mut start = 0usize;
    for block in out.chunks_mut(BLOCK) {
        let mut acc = [0i32; BLOCK];
        let mut kernel = weights.chunks(stride);
        for tap in patch.chunks_exact(channels.max(1)) {
            let Some(taps) = kernel.next() else { break };
            let Some(row) = taps.get(start..) else { return };
            if multiplier == 1 {
                let Some(tap) = tap.get(start..) else { return };
                for ((a, &x), &w) in acc.iter_mut().zip(tap).zip(row) {
                    *a = a.wrapping_add(x.value().wrapping_mul(i32::from(w)));
                }
            } else {
                let inputs = tap
                    .iter()
                    .flat_map(|x| core::iter::repeat_n(*x, multiplier));
                for ((a, x), &w) in acc.iter_mut().zip(inputs.skip(start)).zip(row) {
                    *a = a.wrapping_add(x.value().wrapping_mul(i32::from(w)));
                }
            }
        }
        let Some(part) = requant.from_channel(start) else {
            return;
        };
        for ((q, a), (bias, multiplier)) in block.iter_mut().zip(acc).zip(part.channels()) {
            *q = requant.finish(a.wrapping_add(bias), multiplier);
        }
        start = start.wrapping_add(BLOCK);
    }
}
