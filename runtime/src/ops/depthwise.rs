//! Depthwise convolution, with a channel multiplier: pixel by pixel, a patch of some channels at a
//! time, so that wide layers take no more scratch than narrow ones.

use core::ops::Range;

use super::Site;
use super::conv::requant;
use super::window::{Outside, Window};
use crate::arena::Bench;
use crate::blob::ConvParams;
use crate::kernels::bytes::as_i8_mut;
use crate::kernels::{Element, depthwise};

/// Input channels of a patch.
pub const CHANNELS: usize = 32;

pub(crate) fn run<A: Element, Q: Element>(
    site: &Site<'_>,
    bench: &mut Bench<'_>,
    rows: Range<u16>,
) -> Option<()> {
    let params: ConvParams = site.model.data.params(&site.op)?;
    let requant = requant(site, &params)?;
    let outputs = usize::from(site.output.channels);
    let channels = usize::from(site.input.channels);
    let multiplier = outputs.checked_div(channels)?;
    let taps = usize::from(params.kernel_h).wrapping_mul(usize::from(params.kernel_w));
    let data = &site.model.data;
    let weights = data.i8s(params.weights, taps.wrapping_mul(outputs))?;
    let window = Window::of_conv(&site.op, &params, &site.input);
    let outside = Outside::of_conv(site, &params)?;
    let block_outputs = CHANNELS.checked_mul(multiplier)?;
    if block_outputs == 0 {
        return None;
    }
    for y in rows {
        let io = bench.row(y)?;
        for (x, pixel) in (0..).zip(Q::view_mut(io.out).chunks_exact_mut(outputs.max(1))) {
            let blocks = pixel.chunks_mut(block_outputs);
            for (block, out) in (0usize..).zip(blocks) {
                let first = block.wrapping_mul(CHANNELS);
                let len = channels.saturating_sub(first).min(CHANNELS);
                let scratch = A::view_mut(as_i8_mut(io.scratch));
                let patch = scratch.get_mut(..taps.wrapping_mul(len))?;
                window.gather(&io.a, (y, x), (first, len), &outside, patch)?;
                let first = first.wrapping_mul(multiplier);
                let weights = (weights.get(first..)?, outputs);
                let requant = requant.from_channel(first)?;
                depthwise(patch, len, multiplier, weights, &requant, out);
            }
        }
    }
    Some(())
}
