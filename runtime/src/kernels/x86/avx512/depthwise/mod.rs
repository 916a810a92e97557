//! Depthwise convolution: 64 lanes of channels, and the taps of a column of the kernel four at a time.
//!
//! `vpdpbusd` adds four products in each lane. Four rows under one column of the window, interleaved
//! byte by byte, are four taps of each channel side by side: three rows (and nothing as the fourth) make
//! a 3×3 kernel three instructions instead of nine. Interleaved columns serve all pixels whose window they
//! lie under. Interleaving leaves channels in an order that packing the results turns back.
//!
//! Layers of few channels would leave lanes empty: there the register holds two or four pieces of the
//! row, far apart, and each piece moves along by itself; or pixels side by side, as they lie, where a
//! register has room for a whole number of them (`narrow`).
//!
//! Weights, biases and multipliers are put in order once for all rows of a call.

mod channels;
mod columns;
mod larger;
mod narrow;
mod sliding;

use super::super::pieces::{Row, rows_under, starts};
use crate::kernels::{Depthwise, MAX_TAP_ROWS, scalar};

/// Most rows and columns of a kernel; larger ones go to the scalar kernel.
const MOST: usize = 8;

/// A row of a [`Depthwise`].
pub fn depthwise(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8], scratch: &mut [i8]) {
    if several_rows(job, 1, rows, out, scratch).is_none() {
        scalar::depthwise(job, rows, out, scratch);
    }
}

/// Rows of a [`Depthwise`], of windows `row_stride` rows apart; `None` for a job that goes to the scalar
/// kernel, and then nothing was written to the output.
pub fn several_rows(
    job: &Depthwise<'_>,
    row_stride: usize,
    rows: &[&[i8]],
    out: &mut [i8],
    scratch: &mut [i8],
) -> Option<()> {
    let [taps_h, taps_w] = job.kernel;
    let ours = (job.input_bytes, job.output_bytes, job.multiplier) == (1, 1, 1)
        && !job.weights.packing.depthwise_by_channel()
        && taps_h <= MOST
        && taps_w <= MOST
        && rows.len() <= MAX_TAP_ROWS
        && job.fits_some(rows);
    let count = job.windows(row_stride, rows.len())?;
    let columns = out.len().checked_div(job.channels)?.checked_div(count)?;
    if !ours || columns == 0 {
        return None;
    }
    let beyond = scratch.get_mut(..job.channels)?;
    let under = rows_under(job, rows, beyond);
    let site = Site {
        job,
        under,
        row_stride,
        count,
        beyond: beyond.as_ptr(),
        columns,
        out: out.as_mut_ptr(),
    };
    // SAFETY: the table of this backend is handed out only where its instructions exist; `fits` was
    // asked of every window, `beyond` has a byte for each channel, and `columns` whole pixels of `count`
    // rows fit the output.
    unsafe { site.run() };
    Some(())
}

/// The job with the rows under all of its windows.
struct Site<'a> {
    job: &'a Depthwise<'a>,
    under: [Row; MAX_TAP_ROWS],
    /// Rows from a window to the one below it.
    row_stride: usize,
    /// Output rows.
    count: usize,
    /// The pixel that stands outside the image.
    beyond: *const i8,
    /// Output pixels of a row.
    columns: usize,
    out: *mut i8,
}

/// Channels from `first` on, `width` of them, in each of `P` pieces of the row.
#[derive(Clone, Copy)]
struct Part {
    first: usize,
    width: usize,
    /// Output pixels of a piece.
    length: usize,
}

impl Site<'_> {
    /// All channels, 64 at a time, the last of them in pieces of the row.
    ///
    /// # Safety
    /// The rows hold `width` pixels of all channels each, or one that is never left; `beyond` one; the
    /// output `count` rows of `columns`. The weights and words of all channels are there.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    unsafe fn run(&self) {
        let of_narrow = (self.job.kernel, self.job.dilation) == ([3, 3], 1);
        // SAFETY: the caller's.
        unsafe {
            match (self.job.channels, self.job.stride) {
                (8, 1) if of_narrow => return self.narrow::<8, 1>(),
                (8, 2) if of_narrow => return self.narrow::<8, 2>(),
                (16, 1) if of_narrow => return self.narrow::<16, 1>(),
                (16, 2) if of_narrow => return self.narrow::<16, 2>(),
                (32, 1) if of_narrow => return self.narrow::<32, 1>(),
                (32, 2) if of_narrow => return self.narrow::<32, 2>(),
                _ => {}
            }
        }
        let mut first = 0;
        while first < self.job.channels {
            let left = self.job.channels.wrapping_sub(first);
            // SAFETY: the caller's.
            let done = unsafe {
                match left {
                    33.. => self.part::<1>(first, left.min(64)),
                    17..=32 => self.part::<2>(first, left),
                    _ => self.part::<4>(first, left),
                }
            };
            first = first.wrapping_add(done);
        }
    }

    /// Some channels of whole rows; how many.
    ///
    /// # Safety
    /// As for `run`; the channels exist.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    unsafe fn part<const P: usize>(&self, first: usize, width: usize) -> usize {
        let part = Part {
            first,
            width,
            length: self.columns.div_ceil(P),
        };
        // SAFETY: the caller's.
        unsafe {
            match (self.job.kernel, self.job.stride, self.job.dilation) {
                ([3, 3], 1, 1) => self.sliding::<P, 1>(&part),
                ([3, 3], 2, 1) => self.sliding::<P, 2>(&part),
                ([5, 5], 1 | 2, 1) if part.length >= larger::TILE => self.tiled::<P, 5, 1>(&part),
                ([7, 7], 1 | 2, 1) if part.length >= larger::TILE => self.tiled::<P, 7, 3>(&part),
                ([rows, _], ..) if rows <= 4 => self.any::<P, 1>(&part),
                _ => self.any::<P, 2>(&part),
            }
        }
        width
    }

    /// Output rows, and the row under each at which its window begins.
    #[inline(always)]
    fn windows(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let stride = self.row_stride;
        (0..self.count).map(move |y| (y, y.wrapping_mul(stride)))
    }

    /// The output pixel at which each piece begins: the last ones overlap where the row does not divide.
    #[inline(always)]
    fn starts<const P: usize>(&self, part: &Part) -> [usize; P] {
        starts(self.columns, part.length)
    }
}
