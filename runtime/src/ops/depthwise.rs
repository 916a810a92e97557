//! Depthwise convolution, with a channel multiplier: pixel by pixel, a patch of some channels at a
//! time, so that wide layers take no more scratch than narrow ones.

use core::ops::Range;

use super::conv::requant;
use super::window::{Outside, Window};
use super::{Site, of_element};
use crate::arena::Bench;
use crate::blob::ConvParams;
use crate::kernels::bytes::as_i8_mut;
use crate::kernels::{Element, Requant, depthwise};

/// Input channels of a patch.
pub const CHANNELS: usize = 32;

pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
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
    let size = usize::from(site.input.element_bytes);
    let block_bytes = block_outputs.wrapping_mul(usize::from(site.output.element_bytes));
    if block_bytes == 0 {
        return None;
    }
    for y in rows {
        let io = bench.row(y)?;
        let pixels = io.out.chunks_exact_mut(site.output.pixel_bytes().max(1));
        for (x, pixel) in (0..).zip(pixels) {
            let blocks = pixel.chunks_mut(block_bytes);
            for (block, out) in (0usize..).zip(blocks) {
                let first = block.wrapping_mul(CHANNELS);
                let len = channels.saturating_sub(first).min(CHANNELS);
                let bytes = (first.wrapping_mul(size), len.wrapping_mul(size));
                let patch = as_i8_mut(io.scratch.get_mut(..taps.wrapping_mul(bytes.1))?);
                window.gather(&io.a, (y, x), bytes, &outside, patch)?;
                let first = first.wrapping_mul(multiplier);
                let weights = (weights.get(first..)?, outputs);
                let requant = requant.from_channel(first)?;
                let each = (len, multiplier);
                multiply(site, patch, each, weights, &requant, out);
            }
        }
    }
    Some(())
}

/// The micro-kernel for the elements that there are: a patch of some channels, each with so many
/// outputs.
#[inline(never)]
fn multiply(
    site: &Site<'_>,
    patch: &[i8],
    (channels, multiplier): (usize, usize),
    weights: (&[i8], usize),
    requant: &Requant<'_>,
    out: &mut [i8],
) {
    of_element!(site.input.element_bytes, A => of_element!(site.output.element_bytes, Q => {
        let (patch, out) = (A::view(patch), Q::view_mut(out));
        depthwise::<A, Q>(patch, channels, multiplier, weights, requant, out);
    }));
}
