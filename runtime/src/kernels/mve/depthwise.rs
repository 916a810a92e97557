//! Depthwise convolution: a row, some columns and 16 channels at a time.
//!
//! Rows under the window are brought to [`columns`](super::columns) in scratch, padding and all, so
//! that no window knows of borders; the weights are brought to the same order on the stack. Then
//! every window of every channel is a few words, which [`sums`](super::sums) multiplies.
//!
//! Images of 4 or 8 channels have four or two pixels in a load, and are of one block of channels.

use core::mem::MaybeUninit;

use super::clamp::clamp_pixels;
use super::columns::{COLUMN, Columns, of_four, of_three};
use super::layout::{
    BLOCK, Layout, Reach, WORDS, outside_of, rows_of, rows_to_columns, weights_to_columns,
};
use super::sums::{Sums, of_four_words, of_words};
use super::three::{is_three, of_row};
use crate::kernels::scratch::aligned;
use crate::kernels::{Depthwise, scalar};

/// Most planes of a window: `MAX_TAP_ROWS` by four.
const PLANES: usize = 4;
/// Words of the windows that are made fastest.
const FEW: usize = 4;

/// A row of a [`Depthwise`].
pub fn depthwise(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8], scratch: &mut [i8]) {
    if !job.fits(rows) {
        return;
    }
    let room = aligned(scratch);
    match Layout::of(job, room.len()) {
        Some(layout) if is_three(job) => of_row(job, &layout, rows, out, room),
        Some(layout) if layout.planes == 1 && job.kernel[1] <= FEW => {
            of_layout::<FEW, 1>(job, &layout, rows, out, room);
        }
        Some(layout) => of_layout::<WORDS, PLANES>(job, &layout, rows, out, room),
        None => scalar::depthwise(job, rows, out, scratch),
    }
}

/// Tile by tile and block by block; windows have at most `W` words, of `P` planes.
#[inline(never)]
fn of_layout<const W: usize, const P: usize>(
    job: &Depthwise<'_>,
    layout: &Layout,
    rows: &[&[i8]],
    out: &mut [i8],
    scratch: &mut [i8],
) {
    let channels = job.channels;
    let width = out.len().checked_div(channels).unwrap_or(0);
    let offsets = layout.offsets::<P>(job);
    // Words, since they are read as such.
    let mut weights = [const { MaybeUninit::<[u32; COLUMN / 4]>::uninit() }; W];
    let zeros = [0; BLOCK];
    let mut pixel = [job.zero_point; BLOCK];
    let beyond = outside_of(job, layout, &mut pixel);
    let base = scratch.as_mut_ptr();
    let words: *mut i8 = weights.as_mut_ptr().cast();
    let mut kernels: [_; P] =
        core::array::from_fn(|plane| weights_to_columns(job, plane, (words, W), &zeros));
    let mut images: [_; P] =
        core::array::from_fn(|plane| rows_to_columns(job, layout, (plane, rows), beyond));
    let kernel_rows: [_; P] = core::array::from_fn(|plane| rows_of(&kernels, plane));
    let image_rows: [_; P] = core::array::from_fn(|plane| rows_of(&images, plane));
    for x in (0..width).step_by(layout.windows.max(1)) {
        let count = layout.windows.min(width.wrapping_sub(x));
        let reach = Reach::of(job, layout, (x, count));
        let pairs = kernels.iter_mut().zip(&mut images);
        let rows = kernel_rows.iter().zip(&image_rows);
        let mut target = base;
        for ((kernel, image), (kernel_rows, image_rows)) in pairs.zip(rows) {
            kernel.rows = *kernel_rows;
            image.rows = *image_rows;
            reach.aim(image, target);
            image.beyond = beyond.0;
            target = target.wrapping_add(layout.plane);
        }
        let requant = &job.requant;
        let mut sums = Sums {
            columns: core::ptr::null(),
            weights: core::ptr::null(),
            offsets: offsets.as_ptr(),
            vectors: (layout.planes.wrapping_mul(job.kernel[1])).div_ceil(4),
            advance: job.stride.wrapping_mul(layout.column),
            count,
            channels: 0,
            stride: channels,
            bias: requant.bias.as_ptr(),
            multipliers: requant.multipliers.as_ptr(),
            out: out.as_mut_ptr().wrapping_add(x.wrapping_mul(channels)),
            zero_point: i32::from(requant.zero_point),
            shift: u32::from(requant.shift),
        };
        for first in (0..channels).step_by(BLOCK) {
            let lanes = BLOCK.min(channels.wrapping_sub(first));
            let mut rows = job.kernel[0];
            let pairs = kernels.iter_mut().zip(&mut images);
            for (kernel, image) in pairs.take(layout.planes) {
                kernel.lanes = lanes;
                image.lanes = if layout.pixels > 1 { BLOCK } else { lanes };
                // SAFETY: see `weights_to_columns` and `Reach`, which made them for the first channels;
                // they have moved on to those from `first` on.
                unsafe {
                    fill(kernel, rows);
                    fill(image, rows);
                }
                image.beyond = image.beyond.wrapping_add(beyond.1);
                rows = rows.wrapping_sub(4);
            }
            sums.channels = lanes;
            sums.columns = base;
            sums.weights = words;
            // SAFETY: `fits` proved that there are `channels` biases and multipliers, of which those from
            // `first` on are next, and `first + lanes <= channels`. The output has `width` pixels
            // of `channels` bytes, and `x + count <= width`. The layout has room in scratch for
            // the columns of `count` windows, word-aligned, all written just before, like
            // the weights; words that a window has not are those of its first column.
            unsafe {
                if W == FEW {
                    of_four_words(&mut sums);
                } else {
                    of_words(&mut sums);
                }
            }
        }
    }
    clamp_pixels(&job.requant, (width, channels), channels, out);
}

/// Fills columns of so many rows.
///
/// # Safety
/// As for [`of_three`].
unsafe fn fill(columns: &mut Columns, rows: usize) {
    // SAFETY: the caller's.
    unsafe {
        if rows <= 3 {
            of_three(columns);
        } else {
            of_four(columns);
        }
    }
}
