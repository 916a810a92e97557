//! Depthwise kernels of five by five: a strip of pixels, 16 channels at a time.
//!
//! The columns under a strip are loaded once, those beside the image too, and laid side by side as the
//! core wants them for multiplying. Every pixel then takes five of them.

use core::arch::aarch64::{int8x16_t, int32x4_t};
use core::mem::MaybeUninit;

use super::depthwise::{Group, LANES, base, group, outside};
use super::finish::Finish;
use super::vector::load;
use crate::kernels::Depthwise;

/// Columns of a strip.
const STRIP: usize = 36;
/// Room for the taps of a group.
pub(super) const TAPS: usize = 28;

/// How a core multiplies.
pub(super) trait Five {
    /// 16 channels of a column.
    type Column: Copy;

    /// Lays out a column of five rows.
    fn column(rows: [int8x16_t; 5]) -> Self::Column;

    /// Puts weights into order, which come row by row.
    fn arrange(weights: &mut [int8x16_t; TAPS]);

    /// The accumulators of a pixel.
    ///
    /// # Safety
    /// The core has the instructions.
    unsafe fn pixel(
        weights: &[int8x16_t; TAPS],
        bias: [int32x4_t; 4],
        columns: [&Self::Column; 5],
    ) -> [int32x4_t; 4];
}

/// Whether a job has such a kernel.
pub(super) fn fits(job: &Depthwise<'_>) -> bool {
    job.kernel == [5, 5]
        && job.dilation == 1
        && job.output_bytes == 1
        && (1..=STRIP).contains(&job.stride)
}

/// A row of a job that fits, of 16 channels or more and with a row that is not empty, if that can be
/// done.
#[inline(never)]
pub(super) fn depthwise<T: Five>(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8]) -> bool {
    let (Some(finish), &[a, b, c, d, e]) = (Finish::<false>::of(&job.requant), rows) else {
        return false;
    };
    let bases = [a, b, c, d, e].map(|row| base(rows, row, 0));
    let pixels = out.len().checked_div(job.channels).unwrap_or(0);
    let mut start = 0;
    while start < job.channels {
        // The last 16 channels, some of them for a second time, where less than 16 are left.
        let first = start.min(job.channels.wrapping_sub(LANES));
        // SAFETY: the job fits, so 16 channels from `first` on are there of weights, biases and
        // multipliers, of every column and of as many pixels as `out` has room for.
        unsafe {
            let mut group = group::<false, false, TAPS>(job, rows, first, finish);
            T::arrange(&mut group.weights);
            let bases = bases.map(|row| row.wrapping_add(first));
            let out = out.as_mut_ptr().wrapping_add(first);
            strips::<T>(
                job,
                bases,
                &group,
                outside::<false>(job, first),
                (out, pixels),
            );
        }
        start = start.wrapping_add(LANES);
    }
    true
}

/// 16 channels of a row, strip by strip.
///
/// # Safety
/// Each row has as many columns as the job's width, the output as many pixels; 16 bytes can be read
/// and written of each.
#[inline(always)]
unsafe fn strips<T: Five>(
    job: &Depthwise<'_>,
    rows: [*const i8; 5],
    group: &Group<false, TAPS>,
    beyond: int8x16_t,
    (mut out, pixels): (*mut i8, usize),
) {
    let stride = job.stride.max(1);
    let most = ((STRIP - 5) / stride).wrapping_add(1);
    let beyond = T::column([beyond; 5]);
    let mut columns = [MaybeUninit::<T::Column>::uninit(); STRIP];
    let mut done = 0;
    while done < pixels {
        let count = most.min(pixels.wrapping_sub(done));
        let needed = count.wrapping_sub(1).wrapping_mul(stride).wrapping_add(5);
        let left = done.wrapping_mul(stride).wrapping_sub(job.pad_left);
        for (index, place) in columns.iter_mut().enumerate().take(needed) {
            // Left of the image this wraps to a number that no width reaches.
            let column = left.wrapping_add(index);
            if column < job.width {
                let at = column.wrapping_mul(job.channels);
                // SAFETY: the column is within the row.
                place.write(T::column(
                    rows.map(|row| unsafe { load(row.wrapping_add(at)) }),
                ));
            } else {
                place.write(beyond);
            }
        }
        for pixel in 0..count {
            let at = pixel.wrapping_mul(stride);
            let Some([a, b, c, d, e]) = columns.get(at..at.wrapping_add(5)) else {
                return;
            };
            // SAFETY: `needed` columns were written, of which the last pixel takes the last five; the
            // output has room for the pixel.
            unsafe {
                let columns = [a, b, c, d, e].map(|column| column.assume_init_ref());
                group.finish::<false>(T::pixel(&group.weights, group.bias, columns), out);
            }
            out = out.wrapping_add(job.channels);
        }
        done = done.wrapping_add(count);
    }
}
