//! Convolution: pointwise straight from the row, dense layers straight from the ring where it holds
//! the whole input, everything else by im2col, one patch at a time.
//!
//! A pointwise convolution may make its row in the place of the one it reads: pixel by pixel, and
//! the pixels that it writes stay behind those that it has yet to read.

use core::ops::Range;

use super::window::{Outside, Window};
use super::{Site, copy, of_element};
use crate::arena::Bench;
use crate::blob::ConvParams;
use crate::kernels::bytes::{as_i8, as_i8_mut};
use crate::kernels::{Element, Requant, dot_rows};

pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: ConvParams = site.model.data.params(&site.op)?;
    if params.is_pointwise(&site.op) || params.takes_whole(&site.op, &site.input, &site.output) {
        in_ring(site, bench, rows, &params)
    } else {
        by_patches(site, bench, rows, &params)
    }
}

/// The weights, and how many of them each output channel has.
fn weights<'a>(site: &Site<'a>, params: &ConvParams) -> Option<(&'a [i8], usize)> {
    let inputs = usize::from(site.input.channels.checked_div(params.groups)?);
    let taps = usize::from(params.kernel_h).wrapping_mul(usize::from(params.kernel_w));
    let k = taps.wrapping_mul(inputs);
    let count = usize::from(site.output.channels).wrapping_mul(k);
    Some((site.model.data.i8s(params.weights, count)?, k))
}

/// The two ways are functions of their own, so that neither pays for the stack of the other.
#[inline(never)]
fn by_patches(
    site: &Site<'_>,
    bench: &mut Bench<'_>,
    rows: Range<u16>,
    params: &ConvParams,
) -> Option<()> {
    let requant = requant(site, params)?;
    let inputs = usize::from(site.input.channels.checked_div(params.groups)?);
    let (weights, k) = weights(site, params)?;
    let window = Window::of_conv(&site.op, params, &site.input);
    let outside = Outside::of_conv(site, params)?;
    let outputs = usize::from(site.output.channels.checked_div(params.groups)?);
    let size = usize::from(site.input.element_bytes);
    let (bytes, of_group) = (k.wrapping_mul(size), inputs.wrapping_mul(size));
    let answer = usize::from(site.output.element_bytes);
    if outputs == 0 || k == 0 {
        return None;
    }
    for y in rows {
        let io = bench.row(y)?;
        let patch = as_i8_mut(io.scratch.get_mut(..bytes)?);
        let pixels = io.out.chunks_exact_mut(site.output.pixel_bytes().max(1));
        for (x, pixel) in (0..).zip(pixels) {
            for group in 0..usize::from(params.groups) {
                let first = group.wrapping_mul(of_group);
                window.gather(&io.a, (y, x), (first, of_group), &outside, patch)?;
                let (start, end) = (
                    group.wrapping_mul(outputs),
                    group.wrapping_add(1).wrapping_mul(outputs),
                );
                let weights = weights.get(start.wrapping_mul(k)..end.wrapping_mul(k))?;
                let requant = requant.from_channel(start)?;
                let out = pixel.get_mut(start.wrapping_mul(answer)..end.wrapping_mul(answer))?;
                multiply(site, (patch, k), weights, &requant, (out, outputs));
            }
        }
    }
    Some(())
}

/// The micro-kernel for the elements that there are: `k` of them in a patch, an output pixel every
/// `stride` of its elements.
#[inline(never)]
fn multiply(
    site: &Site<'_>,
    (patches, k): (&[i8], usize),
    weights: &[i8],
    requant: &Requant<'_>,
    (out, stride): (&mut [i8], usize),
) {
    of_element!(site.input.element_bytes, A => of_element!(site.output.element_bytes, Q => {
        dot_rows::<A, Q>(A::view(patches), k, weights, requant, Q::view_mut(out), stride);
    }));
}

/// Each pixel of the input is a patch already (with a stride, every so many of them), or the whole
/// input is one.
#[inline(never)]
fn in_ring(
    site: &Site<'_>,
    bench: &mut Bench<'_>,
    rows: Range<u16>,
    params: &ConvParams,
) -> Option<()> {
    let requant = &requant(site, params)?;
    let (weights, inputs) = weights(site, params)?;
    let whole = !params.is_pointwise(&site.op);
    let channels = usize::from(site.output.channels);
    let (pixel, answer) = (site.input.pixel_bytes(), site.output.pixel_bytes());
    let step = pixel.wrapping_mul(usize::from(params.stride_w));
    if step == 0 || answer == 0 {
        return None;
    }
    for y in rows {
        let top = y.checked_mul(site.op.stride_rows)?;
        if !whole && bench.overlaps_a(y, top)? {
            let (arena, scratch, from, to) = bench.rows_in_place(y, top)?;
            let patch = as_i8_mut(scratch.get_mut(..pixel)?);
            for x in 0..usize::from(site.output.width) {
                let start = from.checked_add(x.checked_mul(step)?)?;
                copy(patch, as_i8(arena.get(start..start.checked_add(pixel)?)?))?;
                let start = to.checked_add(x.checked_mul(answer)?)?;
                let out = as_i8_mut(arena.get_mut(start..start.checked_add(answer)?)?);
                multiply(site, (patch, inputs), weights, requant, (out, channels));
            }
            continue;
        }
        let io = bench.row(y)?;
        let row = match whole {
            true => io.a.whole()?,
            false => io.a.get(i32::from(top))?,
        };
        if whole || params.stride_w == 1 {
            multiply(site, (row, inputs), weights, requant, (io.out, channels));
            continue;
        }
        let mut patches = row.chunks(step);
        for out in io.out.chunks_exact_mut(answer) {
            let patch = patches.next()?.get(..pixel)?;
            multiply(site, (patch, inputs), weights, requant, (out, channels));
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
    })
}
