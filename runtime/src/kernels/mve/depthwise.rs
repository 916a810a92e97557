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
use super::sums::{Sums, of_four_words, of_words};
use crate::kernels::scratch::aligned;
use crate::kernels::{Depthwise, scalar};

/// Channels of a block.
const BLOCK: usize = 16;
/// Most words of a window.
const WORDS: usize = 16;
/// Words of the windows that are made fastest.
const FEW: usize = 4;

/// How a job's columns lie in scratch.
struct Layout {
    /// Rows of four rows of the kernel.
    planes: usize,
    /// Bytes of a plane.
    plane: usize,
    /// Bytes of a column in a plane.
    column: usize,
    /// Pixels of a load.
    pixels: usize,
    /// Columns under a window.
    span: usize,
    /// Most windows in scratch.
    windows: usize,
}

impl Layout {
    /// None where the job is one for the scalar kernel.
    fn of(job: &Depthwise<'_>, scratch: usize) -> Option<Self> {
        let [rows, columns] = job.kernel;
        let planes = rows.div_ceil(4);
        let plane = scratch.checked_div(planes)? & !(COLUMN - 1);
        let pixels = match job.channels {
            4 => 4,
            8 => 2,
            _ => 1,
        };
        let column = COLUMN / pixels;
        let span = columns
            .checked_sub(1)?
            .checked_mul(job.dilation)?
            .checked_add(1)?;
        // A load of several pixels may write some columns more than there are.
        let spare = (plane / column)
            .checked_sub(pixels.wrapping_sub(1))?
            .checked_sub(span)?;
        let windows = spare.checked_div(job.stride)?.checked_add(1)?;
        let known = (job.input_bytes, job.output_bytes) == (1, 1)
            && job.multiplier == 1
            && !job.weights.packing.depthwise_by_channel()
            && planes.checked_mul(columns)? <= WORDS;
        known.then_some(Self {
            planes,
            plane,
            column,
            pixels,
            span,
            windows,
        })
    }

    /// Where the words of a window lie, four in each.
    fn offsets(&self, job: &Depthwise<'_>) -> [[u32; 4]; WORDS / 4] {
        let mut offsets = [[0; 4]; WORDS / 4];
        let columns = job.kernel[1];
        for (index, word) in offsets.as_flattened_mut().iter_mut().enumerate() {
            let plane = index.checked_div(columns).unwrap_or(0);
            if plane < self.planes {
                let column = index.wrapping_sub(plane.wrapping_mul(columns));
                let first = column.wrapping_mul(job.dilation).wrapping_mul(self.column);
                *word = first.wrapping_add(plane.wrapping_mul(self.plane)) as u32;
            }
        }
        offsets
    }
}

/// A row of a [`Depthwise`].
pub fn depthwise(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8], scratch: &mut [i8]) {
    if !job.fits(rows) {
        return;
    }
    let room = aligned(scratch);
    match Layout::of(job, room.len()) {
        Some(layout) if layout.planes == 1 && job.kernel[1] <= FEW => {
            of_layout::<FEW>(job, &layout, rows, out, room);
        }
        Some(layout) => of_layout::<WORDS>(job, &layout, rows, out, room),
        None => scalar::depthwise(job, rows, out, scratch),
    }
}

/// Tile by tile and block by block; windows have at most `W` words.
#[inline(never)]
fn of_layout<const W: usize>(
    job: &Depthwise<'_>,
    layout: &Layout,
    rows: &[&[i8]],
    out: &mut [i8],
    scratch: &mut [i8],
) {
    let channels = job.channels;
    let width = out.len().checked_div(channels).unwrap_or(0);
    let offsets = layout.offsets(job);
    let mut weights = [const { MaybeUninit::<[u8; COLUMN]>::uninit() }; W];
    for first in (0..channels).step_by(BLOCK) {
        let lanes = BLOCK.min(channels.wrapping_sub(first));
        weights_to_columns(job, layout, (first, lanes), &mut weights);
        let mut beyond = [job.zero_point; BLOCK];
        if let Some(outside) = job.outside {
            let own = outside.iter().cycle().skip(first);
            beyond
                .iter_mut()
                .zip(own)
                .for_each(|(to, &from)| *to = from);
        }
        for x in (0..width).step_by(layout.windows.max(1)) {
            let count = layout.windows.min(width.wrapping_sub(x));
            rows_to_columns(
                job,
                layout,
                rows,
                (x, count),
                (first, lanes),
                &beyond,
                scratch,
            );
            let requant = &job.requant;
            let mut sums = Sums {
                columns: scratch.as_ptr(),
                weights: weights.as_ptr().cast(),
                offsets: offsets.as_ptr(),
                vectors: (layout.planes.wrapping_mul(job.kernel[1])).div_ceil(4),
                advance: job.stride.wrapping_mul(layout.column),
                count,
                channels: lanes,
                stride: channels,
                bias: requant.bias.as_ptr().wrapping_add(first),
                multipliers: requant.multipliers.as_ptr().wrapping_add(first),
                out: out
                    .as_mut_ptr()
                    .wrapping_add(x.wrapping_mul(channels).wrapping_add(first)),
                zero_point: i32::from(requant.zero_point),
                shift: u32::from(requant.shift),
            };
            // SAFETY: `fits` proved that there are `channels` biases and multipliers, and
            // `first + lanes <= channels`. The output has `width` pixels of `channels` bytes, and
            // `x + count <= width`. The layout has room in scratch for the columns of `count`
            // windows, word-aligned, all written just before, like the weights; words that a
            // window has not are those of its first column.
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

/// Weights of some channels, as many words as `weights` has; those that no window has are 0.
fn weights_to_columns(
    job: &Depthwise<'_>,
    layout: &Layout,
    (first, lanes): (usize, usize),
    weights: &mut [MaybeUninit<[u8; COLUMN]>],
) {
    let zeros = [0i8; BLOCK];
    let [kernel_rows, kernel_columns] = job.kernel;
    let mut left = weights;
    for plane in 0..layout.planes {
        // The last plane has the words that are more than there are.
        let at = if plane.wrapping_add(1) == layout.planes {
            left.len()
        } else {
            kernel_columns.min(left.len())
        };
        let (words, rest) = left.split_at_mut(at);
        left = rest;
        let top = plane.wrapping_mul(4);
        let row = |index: usize| {
            let row = top.wrapping_add(index);
            let start = row
                .wrapping_mul(kernel_columns)
                .wrapping_mul(job.channels)
                .wrapping_add(first);
            (row < kernel_rows).then(|| job.weights.values.as_ptr().wrapping_add(start))
        };
        let rows = [row(0), row(1), row(2), row(3)];
        let target: *mut i8 = words.as_mut_ptr().cast();
        let columns = Columns {
            rows: rows.map(|row| row.unwrap_or(zeros.as_ptr())),
            steps: rows.map(|row| row.map_or(0, |_| job.channels)),
            beyond: zeros.as_ptr(),
            lanes,
            left: 0,
            body: kernel_columns,
            rest: 0,
            right: words.len().wrapping_sub(kernel_columns),
            targets: [
                target,
                target,
                target.wrapping_add(kernel_columns.wrapping_mul(COLUMN)),
            ],
        };
        // SAFETY: `fits` proved that there are `channels` weights for each tap, and
        // `first + lanes <= channels`; `zeros` has 16. The words hold the kernel's columns: `Layout`
        // holds planes times columns to `WORDS`, and of one plane with few columns to `FEW`.
        unsafe { fill(&columns, kernel_rows.wrapping_sub(top)) };
    }
}

/// The columns under `count` windows from `x` on, for some channels.
fn rows_to_columns(
    job: &Depthwise<'_>,
    layout: &Layout,
    rows: &[&[i8]],
    (x, count): (usize, usize),
    (first, lanes): (usize, usize),
    beyond: &[i8; BLOCK],
    scratch: &mut [i8],
) {
    // Columns from the first one of the padding on.
    let start = x.wrapping_mul(job.stride);
    let columns = count
        .wrapping_sub(1)
        .wrapping_mul(job.stride)
        .wrapping_add(layout.span);
    let end = start.wrapping_add(columns);
    let inside = job.pad_left.clamp(start, end);
    let beyond_right = job.pad_left.wrapping_add(job.width).clamp(inside, end);
    let body = beyond_right.wrapping_sub(inside);
    let loads = |columns: usize| {
        let loads = columns.checked_div(layout.pixels).unwrap_or(columns);
        (
            loads,
            columns.wrapping_sub(loads.wrapping_mul(layout.pixels)),
        )
    };
    let whole = |columns: usize| loads(columns.wrapping_add(layout.pixels).wrapping_sub(1)).0;
    let (step, lanes) = if layout.pixels > 1 {
        (BLOCK, BLOCK)
    } else {
        (job.channels, lanes)
    };
    let (body, rest) = loads(body);
    let byte = inside
        .wrapping_sub(job.pad_left)
        .wrapping_mul(job.channels)
        .wrapping_add(first);
    let target = |plane: usize, column: usize| {
        plane
            .wrapping_mul(layout.plane)
            .wrapping_add(column.wrapping_sub(start).wrapping_mul(layout.column))
    };
    for (plane, rows) in rows.chunks(4).enumerate() {
        let row = |index: usize| {
            let row = rows.get(index).filter(|row| !row.is_empty());
            row.map(|row| row.as_ptr().wrapping_add(byte))
        };
        let under = [row(0), row(1), row(2), row(3)];
        let places = [start, inside, beyond_right];
        let base = scratch.as_mut_ptr();
        let columns = Columns {
            rows: under.map(|row| row.unwrap_or(beyond.as_ptr())),
            steps: under.map(|row| row.map_or(0, |_| step)),
            beyond: beyond.as_ptr(),
            lanes,
            left: whole(inside.wrapping_sub(start)),
            body,
            rest: rest.wrapping_mul(job.channels),
            right: whole(end.wrapping_sub(beyond_right)),
            targets: places.map(|column| base.wrapping_add(target(plane, column))),
        };
        // SAFETY: a row that has bytes has all `width` pixels, as `fits` proved, and the loads are
        // of its pixels from `inside - pad_left` to `beyond_right - pad_left <= width`. `beyond` has
        // 16 bytes. The layout has room in scratch for these columns and those by which the last load of
        // several pixels is wider; later ones overwrite what earlier ones wrote too far.
        unsafe { fill(&columns, rows.len()) };
    }
}

/// Fills columns of so many rows.
///
/// # Safety
/// As for [`of_three`].
unsafe fn fill(columns: &Columns, rows: usize) {
    // SAFETY: the caller's.
    unsafe {
        if rows <= 3 {
            of_three(columns);
        } else {
            of_four(columns);
        }
    }
}
