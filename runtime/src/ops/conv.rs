//! Convolution: pointwise straight from the row, dense layers straight from the ring where it holds
//! the whole input, everything else by im2col, one patch at a time.
//!
//! A pointwise convolution may make its row in the place of the one it reads: pixel by pixel, and
//! the pixels that it writes stay behind those that it has yet to read.

use core::ops::Range;

use super::window::{Outside, Window};
use super::{Site, copy};
use crate::arena::Bench;
use crate::blob::ConvParams;
use crate::kernels::bytes::{as_i8, as_i8_mut};
use crate::kernels::{Requant, dot_rows};

pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: ConvParams = site.model.data.params(&site.op)?;
    let requant = requant(site, &params)?;
    let channels = usize::from(site.output.channels);
    let inputs = usize::from(site.input.channels.checked_div(params.groups)?);
    let taps = usize::from(params.kernel_h).wrapping_mul(usize::from(params.kernel_w));
    let k = taps.wrapping_mul(inputs);
    let data = &site.model.data;
    let weights = data.i8s(params.weights, channels.wrapping_mul(k))?;
    if params.is_pointwise(&site.op) {
        return pointwise(site, bench, rows, &params, weights, &requant);
    }
    if params.takes_whole(&site.op, &site.input, &site.output) {
        let io = bench.row(0)?;
        dot_rows(io.a.whole()?, k, weights, &requant, io.out, channels);
        return Some(());
    }
    let window = Window::of_conv(&site.op, &params, &site.input);
    let outside = Outside::of_conv(site, &params)?;
    let outputs = usize::from(site.output.channels.checked_div(params.groups)?);
    if outputs == 0 || k == 0 {
        return None;
    }
    for y in rows {
        let io = bench.row(y)?;
        let patch = as_i8_mut(io.scratch.get_mut(..k)?);
        for (x, pixel) in (0..).zip(io.out.chunks_exact_mut(channels.max(1))) {
            let groups = pixel.chunks_exact_mut(outputs);
            let weights = weights.chunks_exact(outputs.wrapping_mul(k).max(1));
            let mut group = 0usize;
            for (out, weights) in groups.zip(weights) {
                let first = group.wrapping_mul(inputs);
                window.gather(&io.a, (y, x), (first, inputs), &outside, patch)?;
                let requant = requant.from_channel(group.wrapping_mul(outputs))?;
                dot_rows(patch, k, weights, &requant, out, outputs);
                group = group.wrapping_add(1);
            }
        }
    }
    Some(())
}

/// Each pixel of the input is a patch already; with a stride, every so many of them.
fn pointwise(
    site: &Site<'_>,
    bench: &mut Bench<'_>,
    rows: Range<u16>,
    params: &ConvParams,
    weights: &[i8],
    requant: &Requant<'_>,
) -> Option<()> {
    let inputs = usize::from(site.input.channels);
    let channels = usize::from(site.output.channels);
    let step = inputs.wrapping_mul(usize::from(params.stride_w));
    if step == 0 || channels == 0 {
        return None;
    }
    for y in rows {
        let top = y.checked_mul(site.op.stride_rows)?;
        if bench.overlaps_a(y, top)? {
            let (arena, scratch, from, to) = bench.rows_in_place(y, top)?;
            let patch = as_i8_mut(scratch.get_mut(..inputs)?);
            for x in 0..usize::from(site.output.width) {
                let start = from.checked_add(x.checked_mul(step)?)?;
                copy(patch, as_i8(arena.get(start..start.checked_add(inputs)?)?))?;
                let start = to.checked_add(x.checked_mul(channels)?)?;
                let out = arena.get_mut(start..start.checked_add(channels)?)?;
                dot_rows(patch, inputs, weights, requant, as_i8_mut(out), channels);
            }
            continue;
        }
        let io = bench.row(y)?;
        let row = io.a.get(i32::from(top))?;
        if params.stride_w == 1 {
            dot_rows(row, inputs, weights, requant, io.out, channels);
            continue;
        }
        for (pixel, out) in row.chunks(step).zip(io.out.chunks_exact_mut(channels)) {
            let pixel = pixel.get(..inputs)?;
            dot_rows(pixel, inputs, weights, requant, out, channels);
        }
    }
    Some(())
}

/// The requantization of a convolution's output channels.
pub(crate) fn requant<'a>(site: &Site<'a>, params: &ConvParams) -> Option<Requant<'a>> {
    let channels = usize::from(site.output.channels);
    Some(Requant {
        bias: site.model.data.words(params.bias, channels)?,
        multipliers: site.model.data.words(params.multipliers, channels)?,
        shift: params.shift,
        zero_point: site.output.zero_point,
        lo: params.lo,
        hi: params.hi,
        clamps: match params.clamps {
            0 => &[],
            clamps => site.model.data.words(clamps, channels)?,
        },
    })
}
