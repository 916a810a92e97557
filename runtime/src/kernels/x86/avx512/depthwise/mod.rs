//! Depthwise convolution: 64 lanes of channels, and the taps of a column of the kernel four at a time.
//!
//! `vpdpbusd` adds four products in each lane. Four rows under one column of the window, interleaved
//! byte by byte, are four taps of each channel side by side: three rows (and nothing as the fourth) make
//! a 3×3 kernel three instructions instead of nine. Interleaved columns serve all pixels whose window they
//! lie under. Interleaving leaves channels in an order that packing the results turns back.
//!
//! Layers of few channels would leave lanes empty: there the register holds two or four pieces of the
//! row, far apart, and each piece moves along by itself.

mod channels;
mod columns;
mod larger;
mod sliding;

use crate::kernels::{Depthwise, scalar};

/// Most rows and columns of a kernel; larger ones go to the scalar kernel.
const MOST: usize = 8;

/// A row of a [`Depthwise`].
pub fn depthwise(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8], scratch: &mut [i8]) {
    let [taps_h, taps_w] = job.kernel;
    let ours = (job.input_bytes, job.output_bytes, job.multiplier) == (1, 1, 1)
        && !job.weights.packing.depthwise_by_channel()
        && taps_h <= MOST
        && taps_w <= MOST
        && job.fits(rows);
    let columns = out.len().checked_div(job.channels).unwrap_or(0);
    let Some(beyond) = scratch
        .get_mut(..job.channels)
        .filter(|_| ours && columns > 0)
    else {
        return scalar::depthwise(job, rows, out, scratch);
    };
    match job.outside {
        Some(pixel) => beyond.copy_from_slice(pixel),
        None => beyond.fill(job.zero_point),
    }
    // A row outside the image is one pixel that comes again and again.
    let mut under = [Row {
        at: beyond.as_ptr(),
        step: 0,
    }; MOST];
    for (row, place) in rows.iter().zip(&mut under) {
        if !row.is_empty() {
            *place = Row {
                at: row.as_ptr(),
                step: job.channels,
            };
        }
    }
    let site = Site {
        job,
        under,
        beyond: beyond.as_ptr(),
        columns,
        out: out.as_mut_ptr(),
    };
    // SAFETY: the table of this backend is handed out only where its instructions exist; `fits` was
    // asked, `beyond` has a byte for each channel, and `columns` whole pixels fit the output.
    unsafe { site.run() }
}

/// A row under the window: where it begins, and how far its pixels are apart.
#[derive(Clone, Copy)]
struct Row {
    at: *const i8,
    step: usize,
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
    /// output `columns`. The weights and words of all channels are there.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    unsafe fn run(&self) {
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

    /// Some channels of the whole row; how many.
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

    /// The output pixel at which each piece begins: the last ones overlap where the row does not divide.
    #[inline(always)]
    fn starts<const P: usize>(&self, part: &Part) -> [usize; P] {
        let mut starts = [0; P];
        let last = self.columns.wrapping_sub(part.length);
        for (n, start) in starts.iter_mut().enumerate() {
            *start = n.wrapping_mul(part.length).min(last);
        }
        starts
    }
}
