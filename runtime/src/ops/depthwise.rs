//! Depthwise convolution, with a channel multiplier: one gathered patch at a time.

use core::ops::Range;

use super::Site;
use super::conv::requant;
use super::window::{Outside, Window};
use crate::arena::Bench;
use crate::blob::ConvParams;
use crate::kernels::bytes::as_i8_mut;
use crate::kernels::depthwise;

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
    for y in rows {
        let io = bench.row(y)?;
        let patch = as_i8_mut(io.scratch.get_mut(..taps.wrapping_mul(channels))?);
        for (x, out) in (0..).zip(io.out.chunks_exact_mut(outputs.max(1))) {
            window.gather(&io.a, (y, x), (0, channels), &outside, patch)?;
            depthwise(patch, channels, multiplier, weights, &requant, out);
        }
    }
    Some(())
}
