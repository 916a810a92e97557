//! Convolution: pointwise straight from the row, dense layers straight from the ring where it holds
//! the whole input, everything else by im2col, some patches at a time.
//!
//! A pointwise convolution may make its row in the place of the one it reads: some pixels at a time
//! are taken aside, and the pixels that it writes stay behind those that it has yet to read.

use core::ops::Range;

use super::Site;
use super::patches::Patches;
use super::window::{FEW, Outside, Window};
use crate::arena::Bench;
use crate::blob::ConvParams;
use crate::kernels::bytes::{as_i8, as_i8_mut};
use crate::kernels::{Gemm, Lanes, Requant, Runs, Spread, Weights};

/// The ways are functions of their own, so that none pays for the stack of another.
pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: ConvParams = site.model.data.params(site.op)?;
    if params.is_pointwise(site.op) {
        pointwise(site, bench, rows, &params)
    } else if params.takes_whole(site.op, site.input, site.output) {
        dense(site, bench, &params)
    } else {
        by_patches(site, bench, rows, &params)
    }
}

/// The GEMM of a convolution, its groups together; patches lie one behind the other.
fn job<'a>(site: &Site<'a>, params: &ConvParams) -> Option<Gemm<'a>> {
    let inputs = usize::from(site.input.channels.checked_div(params.groups)?);
    let taps = usize::from(params.kernel_h).wrapping_mul(usize::from(params.kernel_w));
    let k = taps.wrapping_mul(inputs);
    let count = usize::from(site.output.channels).wrapping_mul(k);
    Some(Gemm {
        k,
        pitch: k.wrapping_mul(usize::from(site.input.element_bytes)),
        stride: site.output.pixel_bytes(),
        input_bytes: site.input.element_bytes,
        output_bytes: site.output.element_bytes,
        weights: Weights {
            values: site.model.data.i8s(params.weights, count)?,
            packing: params.order()?,
        },
        requant: requant(site, params)?,
    })
}

/// The one output pixel reads the whole input.
#[inline(never)]
fn dense(site: &Site<'_>, bench: &mut Bench<'_>, params: &ConvParams) -> Option<()> {
    let (Some(job), Some(io)) = (&job(site, params), &mut bench.row(0)) else {
        return None;
    };
    let scratch = as_i8_mut(io.scratch);
    (site.kernels.gemm)(job, 1, io.a.whole()?, io.out, scratch);
    Some(())
}

/// Everything else.
#[inline(never)]
fn by_patches(
    site: &Site<'_>,
    bench: &mut Bench<'_>,
    rows: Range<u16>,
    params: &ConvParams,
) -> Option<()> {
    let (Some(whole), Some(outside)) = (&mut job(site, params), &Outside::of_conv(site, params))
    else {
        return None;
    };
    let window = Window::of_conv(site.op, params, site.input);
    let outputs = usize::from(site.output.channels.checked_div(params.groups)?);
    let of_group = site.input.pixel_bytes().checked_div(params.groups.into())?;
    let width = usize::from(site.output.width);
    let patches = Patches::of(site, whole, width, bench.scratch.len());
    whole.pitch = usize::from(params.stride_w).wrapping_mul(site.input.pixel_bytes());
    let swept = patches.whole_tiles(width, &window.inside(width, of_group));
    for y in rows {
        let Some(io) = &mut bench.row(y) else {
            return None;
        };
        let scratch = as_i8_mut(io.scratch);
        let under = window.under(&io.a, y);
        // Between the borders whole rows are swept; of what is left each tile is a piece of work.
        let mut edges = [0..width, width..width];
        if let (Some((lanes, middle)), 1) = (&swept, params.groups)
            && let Some(rows) = under.all_from(&window, middle.start, &mut [&[]; FEW])
        {
            let out = io.out.get_mut(middle.start.wrapping_mul(whole.stride)..)?;
            if (lanes.sweep)(whole, middle.len(), rows, out, scratch).is_some() {
                edges = [0..middle.start, middle.end..width];
            }
        }
        for group in 0..usize::from(params.groups) {
            let bytes = (group.wrapping_mul(of_group), of_group);
            let start = group.wrapping_mul(outputs);
            let Some(job) = &mut of_channels(whole, start, outputs) else {
                return None;
            };
            job.pitch = patches.pitch;
            let byte = start.wrapping_mul(usize::from(whole.output_bytes));
            let [mut pixels, mut behind] = edges.clone();
            loop {
                if pixels.is_empty() {
                    (pixels, behind) = (behind, 0..0);
                }
                let Some(tile) = patches.tile(&pixels) else {
                    break;
                };
                pixels.start = tile.end;
                let gather = |pitch: usize, all: &mut [i8]| {
                    let pixels = (tile.start as i32, tile.len());
                    let to = (pitch, all);
                    window.gather(site.kernels, &under, pixels, bytes, outside, to)
                };
                let spread = |lanes: &Lanes, all: &Spread, to: &mut [i8]| {
                    let x = tile.start as i32;
                    window.spread(&under, x, bytes, outside, (lanes, all), to)
                };
                let place = tile.start.wrapping_mul(whole.stride).wrapping_add(byte);
                let out = io.out.get_mut(place..)?;
                let ready = patches.fill(tile.len(), gather, spread, scratch)?;
                patches.multiply(job, tile.len(), ready, out);
            }
        }
    }
    Some(())
}

/// The part of a GEMM for some of its output channels.
fn of_channels<'a>(whole: &Gemm<'a>, start: usize, count: usize) -> Option<Gemm<'a>> {
    let end = start.checked_add(count)?;
    let weights = start.wrapping_mul(whole.k)..end.wrapping_mul(whole.k);
    Some(Gemm {
        weights: Weights {
            values: whole.weights.values.get(weights)?,
            ..whole.weights
        },
        requant: Requant {
            bias: whole.requant.bias.get(start..end)?,
            multipliers: whole.requant.multipliers.get(start..end)?,
            ..whole.requant
        },
        ..*whole
    })
}

/// Each pixel of the input is a patch already; with a stride, every so many of them.
#[inline(never)]
fn pointwise(
    site: &Site<'_>,
    bench: &mut Bench<'_>,
    rows: Range<u16>,
    params: &ConvParams,
) -> Option<()> {
    let Some(job) = &mut job(site, params) else {
        return None;
    };
    let pixel = job.pitch;
    let step = pixel.wrapping_mul(usize::from(params.stride_w));
    let width = usize::from(site.output.width);
    let patches = Patches::of(site, job, width, bench.scratch.len());
    let even = (params.stride_w, site.op.stride_rows) == (1, 1);
    let mut next = rows.start;
    while next < rows.end {
        let y = next;
        let top = y.checked_mul(site.op.stride_rows)?;
        // Rows that lie one behind the other are one long row.
        let run = if even {
            bench.run(y..rows.end)?
        } else {
            u16::from(!bench.overlaps_a(y, top)?)
        };
        if run == 0 {
            next = next.checked_add(1)?;
            job.pitch = patches.pitch;
            let (arena, scratch, from, to) = bench.rows_in_place(y, top)?;
            let scratch = as_i8_mut(scratch);
            let mut pixels = 0..width;
            while let Some(tile) = patches.tile(&pixels) {
                pixels.start = tile.end;
                let aside = |pitch: usize, all: &mut [i8]| {
                    let start = from.checked_add(tile.start.checked_mul(step)?)?;
                    let runs = Runs {
                        count: tile.len(),
                        len: pixel,
                        step,
                        pitch,
                    };
                    (site.kernels.copy_runs)(&runs, as_i8(arena.get(start..)?), all);
                    Some(())
                };
                let spread = |lanes: &Lanes, all: &Spread, to: &mut [i8]| {
                    let start = from.checked_add(tile.start.checked_mul(step)?)?;
                    (lanes.spread)(&Spread { step, ..*all }, as_i8(arena.get(start..)?), to);
                    Some(())
                };
                let ready = patches.fill(tile.len(), aside, spread, scratch)?;
                let start = to.checked_add(tile.start.checked_mul(job.stride)?)?;
                let out = as_i8_mut(arena.get_mut(start..)?);
                patches.multiply(job, tile.len(), ready, out);
            }
            continue;
        }
        next = next.checked_add(run)?;
        let Some(io) = &mut bench.rows(y, run) else {
            return None;
        };
        let from = io.a.run(i32::from(top), run)?;
        let count = width.wrapping_mul(usize::from(run));
        job.pitch = step;
        (site.kernels.gemm)(job, count, from, io.out, as_i8_mut(io.scratch));
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
