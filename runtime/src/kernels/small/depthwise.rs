//! Depthwise convolution with a kernel of 3 by 3. What stands under a tap is a pixel, be it of the image or
//! of what is around it, so nobody asks for each channel where it is; and two pixels side by side whose
//! windows lie within the image share their weights.

use core::array;

use super::finish::Finish;
use crate::kernels::{Depthwise, scalar};

/// Sums that are made at a time.
const SUMS: usize = 64;
/// Rows and columns of the kernel.
const SIDE: usize = 3;

/// The pixels under the taps of one output pixel, and the weights.
pub struct Taps<'a> {
    /// Channels of every pixel.
    pub channels: usize,
    /// A pixel under each tap.
    pub pixels: [&'a [i8]; SIDE * SIDE],
    /// Tap by tap, as many as there are channels for each.
    pub weights: &'a [i8],
}

/// What lies under two output pixels side by side, and the weights.
pub struct Pair<'a> {
    /// Channels of every pixel.
    pub channels: usize,
    /// Pixels by which the second window lies behind the first, 1 or 2.
    pub stride: usize,
    /// In each row, from the first column of the first window on.
    pub rows: [&'a [i8]; SIDE],
    /// Tap by tap, as many as there are channels for each.
    pub weights: &'a [i8],
}

impl Pair<'_> {
    /// Columns under both windows.
    pub fn columns(&self) -> usize {
        self.stride.wrapping_add(SIDE)
    }
}

/// Sums of one pixel, of the channels from one on, as many as there is place for.
pub type TapsFn = fn(&Taps<'_>, usize, &mut [[i32; 1]]);
/// Sums of two pixels.
pub type PairFn = fn(&Pair<'_>, usize, &mut [[i32; 2]]);

/// The inner loops.
pub struct Inner {
    /// One pixel.
    pub taps: (TapsFn, Finish<1>),
    /// Two pixels.
    pub pair: (PairFn, Finish<2>),
}

/// A row of a [`Depthwise`] of int8 with a kernel of 3 by 3 whose weights lie tap by tap; any other job
/// goes to the scalar kernel.
pub fn depthwise(
    inner: &Inner,
    job: &Depthwise<'_>,
    rows: &[&[i8]],
    out: &mut [i8],
    scratch: &mut [i8],
) {
    let int8 = (job.input_bytes, job.output_bytes) == (1, 1);
    let plain = job.multiplier == 1 && !job.weights.packing.depthwise_by_channel();
    let room = scratch.len() >= job.channels;
    let &[top, middle, bottom] = rows else {
        return scalar::depthwise(job, rows, out, scratch);
    };
    if !(int8 && plain && room && job.kernel == [SIDE, SIDE] && job.fits(rows)) {
        return scalar::depthwise(job, rows, out, scratch);
    }
    let line = Line {
        job,
        rows: [top, middle, bottom],
        beyond: fill_beyond(job, scratch),
    };
    let mut sums = [0; SUMS];
    let mut rest = out;
    let mut left = 0usize.wrapping_sub(job.pad_left);
    while rest.len() >= job.channels {
        let two = rest.len() >= job.channels.saturating_mul(2);
        let made = match line.pair(left) {
            Some(pair) if two => {
                let (kernel, finish) = inner.pair;
                let sums = sums.as_chunks_mut().0;
                channels(job, (sums, finish), rest, |start, sums| {
                    kernel(&pair, start, sums)
                });
                2
            }
            _ => {
                let (kernel, finish) = inner.taps;
                let taps = line.taps(left);
                let sums = sums.as_chunks_mut().0;
                channels(job, (sums, finish), rest, |start, sums| {
                    kernel(&taps, start, sums)
                });
                1
            }
        };
        left = left.wrapping_add(job.stride.wrapping_mul(made));
        let done = job.channels.wrapping_mul(made);
        rest = rest.get_mut(done..).unwrap_or_default();
    }
}

/// Pixels of what stands outside the image, as many as there is room for and a pair may want.
fn fill_beyond<'a>(job: &Depthwise<'_>, scratch: &'a mut [i8]) -> &'a [i8] {
    let wanted = job.stride.saturating_add(SIDE).saturating_mul(job.channels);
    let all = scratch.len().min(wanted);
    let beyond = scratch.get_mut(..all).unwrap_or_default();
    match job.outside {
        None => beyond.fill(job.zero_point),
        Some(pixel) => {
            for (to, from) in beyond.iter_mut().zip(pixel.iter().cycle()) {
                *to = *from;
            }
        }
    }
    beyond
}

/// The rows under a row of output.
struct Line<'a> {
    job: &'a Depthwise<'a>,
    rows: [&'a [i8]; SIDE],
    beyond: &'a [i8],
}

impl<'a> Line<'a> {
    /// Under the window whose first column is `left`, a negative one wrapped.
    fn taps(&self, left: usize) -> Taps<'a> {
        let channels = self.job.channels;
        let outside = self.beyond.get(..channels).unwrap_or_default();
        let pixel = |row: usize, column: usize| {
            let place = left.wrapping_add(column.wrapping_mul(self.job.dilation));
            if place >= self.job.width {
                return outside;
            }
            let start = place.wrapping_mul(channels);
            let row = self.rows.get(row).copied().unwrap_or_default();
            row.get(start..start.wrapping_add(channels))
                .unwrap_or(outside)
        };
        Taps {
            channels,
            pixels: array::from_fn(|tap| pixel(tap / SIDE, tap % SIDE)),
            weights: self.job.weights.values,
        }
    }

    /// Under two windows, of which the first begins at `left`: none where one of them leaves the image.
    fn pair(&self, left: usize) -> Option<Pair<'a>> {
        let Depthwise {
            channels, stride, ..
        } = *self.job;
        let columns = stride.wrapping_add(SIDE);
        let right = left.checked_add(columns)?;
        if self.job.dilation != 1 || stride > 2 || right > self.job.width {
            return None;
        }
        let bytes = columns.wrapping_mul(channels);
        let start = left.wrapping_mul(channels);
        let under = |row: &'a [i8]| {
            if row.is_empty() {
                return self.beyond.get(..bytes);
            }
            row.get(start..start.wrapping_add(bytes))
        };
        let [top, middle, bottom] = self.rows;
        Some(Pair {
            channels,
            stride,
            rows: [under(top)?, under(middle)?, under(bottom)?],
            weights: self.job.weights.values,
        })
    }
}

/// All channels of `PIXELS` output pixels, as many at a time as there is place for sums; `out` is what comes
/// from the first pixel on.
#[inline(always)]
fn channels<const PIXELS: usize>(
    job: &Depthwise<'_>,
    (sums, finish): (&mut [[i32; PIXELS]], Finish<PIXELS>),
    out: &mut [i8],
    kernel: impl Fn(usize, &mut [[i32; PIXELS]]),
) {
    for start in (0..job.channels).step_by(sums.len().max(1)) {
        let count = job.channels.wrapping_sub(start).min(sums.len());
        let (Some(sums), Some(part), Some(out)) = (
            sums.get_mut(..count),
            job.requant.from_channel(start),
            out.get_mut(start..),
        ) else {
            return;
        };
        kernel(start, sums);
        finish(sums, &part, out, (job.channels, PIXELS));
    }
}

/// Whether there are so many channels from `start` on, and all weights are there.
pub fn whole(channels: usize, start: usize, count: usize, weights: &[i8]) -> bool {
    let end = start.checked_add(count);
    // Within this limit nothing wraps; `checked_mul` would be a call on the smallest cores.
    let small = channels < 1 << 24;
    small
        && end.is_some_and(|end| end <= channels)
        && channels.wrapping_mul(SIDE * SIDE) == weights.len()
}
