//! Depthwise convolution: 32 lanes of channels, and the taps of a column of the kernel four at a time.
//!
//! Four rows under one column of the window, interleaved byte by byte, are four taps of each channel side by
//! side: what `vpdpbusd` multiplies and adds up.
//!
//! There are no masks: 32, 16 or 8 channels are made at a time, of one, two or four pieces of the row side by
//! side, and where that does not divide the channels the last of them are made twice.

mod channels;
mod columns;
mod windows;

use core::arch::x86_64::__m256i;

use super::super::avx2;
use super::super::pieces::{Row, rows_under, starts};
use super::dot::Dot;
use crate::kernels::Depthwise;

/// Most rows and columns of a kernel.
const MOST: usize = 8;
/// Columns, of four rows each, that are interleaved at a time.
const SLOTS: usize = 64;

/// Four rows of a column, interleaved.
type Quad = [__m256i; 4];

/// A row of a [`Depthwise`].
pub fn depthwise<D: Dot>(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8], scratch: &mut [i8]) {
    let [taps_h, taps_w] = job.kernel;
    let ours = (job.input_bytes, job.output_bytes, job.multiplier) == (1, 1, 1)
        && !job.weights.packing.depthwise_by_channel()
        && (1..=MOST).contains(&taps_h)
        && (1..=MOST).contains(&taps_w)
        && job.dilation <= MOST / 2
        && job.channels >= 8
        && job.fits(rows);
    let columns = out.len().checked_div(job.channels).unwrap_or(0);
    let Some(beyond) = scratch
        .get_mut(..job.channels)
        .filter(|_| ours && columns > 0)
    else {
        return avx2::depthwise::depthwise(job, rows, out, scratch);
    };
    let under = rows_under(job, rows, beyond);
    let site = Site {
        job,
        under,
        beyond: beyond.as_ptr(),
        columns,
        out: out.as_mut_ptr(),
    };
    // SAFETY: the table of this backend is handed out only where its instructions exist; `fits` was
    // asked, there are eight channels, `beyond` has a byte for each, and `columns` whole pixels fit the
    // output.
    unsafe { site.run::<D>() }
}

/// The job with its rows.
struct Site<'a> {
    job: &'a Depthwise<'a>,
    under: [Row; MOST],
    /// The pixel that stands outside the image.
    beyond: *const i8,
    /// Output pixels.
    columns: usize,
    out: *mut i8,
}

/// As many channels from `first` on as a register has bytes for each of `P` pieces of the row.
#[derive(Clone, Copy)]
struct Part<const P: usize> {
    first: usize,
    /// Output pixels of a piece.
    length: usize,
    /// The output pixel at which each piece begins: the last ones overlap where the row does not divide.
    starts: [usize; P],
}

impl<const P: usize> Part<P> {
    /// Channels.
    const WIDTH: usize = 32 / P;
}

impl Site<'_> {
    /// All channels.
    ///
    /// # Safety
    /// The rows hold `width` pixels of all channels each, or one that is never left; `beyond` one; the
    /// output `columns`. There are eight channels, and the weights and words of all of them.
    #[target_feature(enable = "avx2")]
    unsafe fn run<D: Dot>(&self) {
        let channels = self.job.channels;
        let mut first = 0;
        while first < channels {
            let left = channels.wrapping_sub(first);
            // SAFETY: the caller's, and there are as many channels as a part has.
            let done = unsafe {
                match (left, channels) {
                    (17.., 32..) => self.part::<D, 1>(first),
                    (9.., 16..) => self.part::<D, 2>(first),
                    _ => self.part::<D, 4>(first),
                }
            };
            first = first.wrapping_add(done);
        }
    }

    /// Some channels of the whole row, from `first` on or the last there are; how many.
    ///
    /// # Safety
    /// As for `run`; there are as many channels.
    #[target_feature(enable = "avx2")]
    unsafe fn part<D: Dot, const P: usize>(&self, first: usize) -> usize {
        let length = self.columns.div_ceil(P);
        let part = Part {
            first: first.min(self.job.channels.wrapping_sub(Part::<P>::WIDTH)),
            length,
            starts: starts(self.columns, length),
        };
        // SAFETY: the caller's.
        unsafe { self.windows::<D, P>(&part) };
        Part::<P>::WIDTH
    }

    /// Quadruples of rows of the kernel: 1 or 2.
    #[inline(always)]
    fn quads(&self) -> usize {
        if self.job.kernel[0] > 4 { 2 } else { 1 }
    }

    /// Columns from the first to the last under a window, at most 29 of the 32 that there is room for.
    #[inline(always)]
    fn span(&self) -> usize {
        let [_, taps] = self.job.kernel;
        let further = taps.wrapping_sub(1).wrapping_mul(self.job.dilation);
        further.wrapping_add(1)
    }
}
