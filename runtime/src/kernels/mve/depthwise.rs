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
/// Most planes of a window: `MAX_TAP_ROWS` by four.
const PLANES: usize = 4;
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
    let offsets = layout.offsets(job);
    let mut weights = [const { MaybeUninit::<[u8; COLUMN]>::uninit() }; W];
    let zeros = [0; BLOCK];
    let mut zero_points = [job.zero_point; BLOCK];
    // Four and eight channels come several times in a load.
    let several = job.outside.filter(|_| layout.pixels > 1);
    if let Some(outside) = several {
        let again = zero_points.iter_mut().zip(outside.iter().cycle());
        again.for_each(|(to, &from)| *to = from);
    }
    let beyond = match job.outside.xor(several) {
        Some(outside) => (outside.as_ptr(), BLOCK),
        None => (zero_points.as_ptr(), 0),
    };
    let base = scratch.as_mut_ptr();
    let words: *mut i8 = weights.as_mut_ptr().cast();
    for x in (0..width).step_by(layout.windows.max(1)) {
        let count = layout.windows.min(width.wrapping_sub(x));
        let mut pairs: [_; P] = core::array::from_fn(|plane| {
            (
                weights_to_columns(job, plane, (words, W), &zeros),
                rows_to_columns(job, layout, (plane, rows), (x, count), beyond, base),
            )
        });
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
            for (plane, (kernel, image)) in pairs.iter_mut().enumerate().take(layout.planes) {
                let rows = job.kernel[0].wrapping_sub(plane.wrapping_mul(4));
                kernel.lanes = lanes;
                image.lanes = if layout.pixels > 1 { BLOCK } else { lanes };
                // SAFETY: see `weights_to_columns` and `rows_to_columns`, which made them for the first
                // channels; they have moved on to those from `first` on.
                unsafe {
                    fill(kernel, rows);
                    fill(image, rows);
                }
                image.beyond = image.beyond.wrapping_add(beyond.1);
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

/// The weights of a plane of the kernel, from the first channel on; words that no window has are 0.
///
/// `fits` proved that there are weights of all channels for each tap, which are all that is read: 16 at a
/// time, the last time fewer, and `zeros`. The words have room for the kernel's columns: `Layout` holds
/// planes times columns to `WORDS`, and of one plane with few columns to `FEW`.
fn weights_to_columns(
    job: &Depthwise<'_>,
    plane: usize,
    (base, words): (*mut i8, usize),
    zeros: &[i8; BLOCK],
) -> Columns {
    let [kernel_rows, kernel_columns] = job.kernel;
    let top = plane.wrapping_mul(4);
    let row = |index: usize| {
        let row = top.wrapping_add(index);
        let start = row.wrapping_mul(kernel_columns).wrapping_mul(job.channels);
        (row < kernel_rows).then(|| job.weights.values.as_ptr().wrapping_add(start))
    };
    let rows = [row(0), row(1), row(2), row(3)];
    let done = plane.wrapping_mul(kernel_columns);
    // The last plane has the words that are more than there are.
    let right = if kernel_rows <= top.wrapping_add(4) {
        words.saturating_sub(done).saturating_sub(kernel_columns)
    } else {
        0
    };
    let target = |word: usize| base.wrapping_add(word.wrapping_mul(COLUMN));
    Columns {
        rows: rows.map(|row| row.unwrap_or(zeros.as_ptr())),
        steps: rows.map(|row| row.map_or(0, |_| job.channels)),
        beyond: zeros.as_ptr(),
        lanes: 0,
        left: 0,
        body: kernel_columns,
        rest: 0,
        right,
        targets: [
            base,
            target(done),
            target(done.wrapping_add(kernel_columns)),
        ],
        onward: rows.map(|row| row.map_or(0, |_| BLOCK)),
    }
}

/// The columns of a plane under `count` windows from `x` on, from the first channel on.
///
/// A row that has bytes has all `width` pixels, as `fits` proved, and what is read is of its pixels from
/// `inside - pad_left` to `beyond_right - pad_left <= width`, or of `beyond`, 16 zero points or the pixel outside. The
/// layout has room in scratch for these columns and those by which the last load of several pixels
/// is wider; later ones overwrite what earlier ones wrote too far.
fn rows_to_columns(
    job: &Depthwise<'_>,
    layout: &Layout,
    (plane, rows): (usize, &[&[i8]]),
    (x, count): (usize, usize),
    (beyond, onward): (*const i8, usize),
    scratch: *mut i8,
) -> Columns {
    // Columns from the first one of the padding on.
    let start = x.wrapping_mul(job.stride);
    let columns = count
        .wrapping_sub(1)
        .wrapping_mul(job.stride)
        .wrapping_add(layout.span);
    let end = start.wrapping_add(columns);
    let inside = job.pad_left.clamp(start, end);
    let beyond_right = job.pad_left.wrapping_add(job.width).clamp(inside, end);
    let shift = layout.pixels.trailing_zeros();
    let whole = |columns: usize| columns.wrapping_add(layout.pixels).wrapping_sub(1) >> shift;
    let step = match layout.pixels {
        1 => job.channels,
        _ => BLOCK,
    };
    let body = beyond_right.wrapping_sub(inside);
    let loads = body >> shift;
    let byte = inside.wrapping_sub(job.pad_left).wrapping_mul(job.channels);
    let row = |index: usize| {
        let row = rows.get(plane.wrapping_mul(4).wrapping_add(index));
        let row = row.filter(|row| !row.is_empty());
        row.map(|row| row.as_ptr().wrapping_add(byte))
    };
    let under = [row(0), row(1), row(2), row(3)];
    let base = scratch.wrapping_add(plane.wrapping_mul(layout.plane));
    let target =
        |column: usize| base.wrapping_add(column.wrapping_sub(start).wrapping_mul(layout.column));
    Columns {
        rows: under.map(|row| row.unwrap_or(beyond)),
        steps: under.map(|row| row.map_or(0, |_| step)),
        beyond,
        lanes: 0,
        left: whole(inside.wrapping_sub(start)),
        body: loads,
        rest: body.wrapping_sub(loads << shift).wrapping_mul(job.channels),
        right: whole(end.wrapping_sub(beyond_right)),
        targets: [target(start), target(inside), target(beyond_right)],
        onward: under.map(|row| row.map_or(onward, |_| BLOCK)),
    }
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
