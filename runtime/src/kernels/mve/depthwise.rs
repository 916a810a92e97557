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
use super::sums::{self, Sums, of_four_words, of_words};
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

    /// Where words lie, four in each: those of weights, then those of a window.
    fn offsets<const P: usize>(&self, job: &Depthwise<'_>) -> [[u32; 4]; 1 + WORDS / 4] {
        let mut offsets = [[0; 4]; 1 + WORDS / 4];
        let mut places = offsets.as_flattened_mut().iter_mut();
        for (word, place) in sums::WORDS.into_iter().zip(places.by_ref()) {
            *place = word;
        }
        let step = job.dilation.wrapping_mul(self.column);
        for plane in 0..P.min(self.planes) {
            let mut at = plane.wrapping_mul(self.plane);
            for place in places.by_ref().take(job.kernel[1]) {
                *place = at as u32;
                at = at.wrapping_add(step);
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
    let offsets = layout.offsets::<P>(job);
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

/// The rows of a plane, from the first channel of the first pixel on; [`Reach::aim`] says which pixels.
fn rows_to_columns(
    job: &Depthwise<'_>,
    layout: &Layout,
    (plane, rows): (usize, &[&[i8]]),
    (beyond, onward): (*const i8, usize),
) -> Columns {
    let step = match layout.pixels {
        1 => job.channels,
        _ => BLOCK,
    };
    let row = |index: usize| {
        let row = rows.get(plane.wrapping_mul(4).wrapping_add(index));
        row.filter(|row| !row.is_empty()).map(|row| row.as_ptr())
    };
    let under = [row(0), row(1), row(2), row(3)];
    Columns {
        rows: under.map(|row| row.unwrap_or(beyond)),
        steps: under.map(|row| row.map_or(0, |_| step)),
        beyond,
        lanes: 0,
        left: 0,
        body: 0,
        rest: 0,
        right: 0,
        targets: [core::ptr::null_mut(); 3],
        onward: under.map(|row| row.map_or(onward, |_| BLOCK)),
    }
}

/// The rows that columns of a plane begin with.
fn rows_of<const P: usize>(columns: &[Columns; P], plane: usize) -> [*const i8; 4] {
    let columns = columns.get(plane);
    columns.map_or([core::ptr::null(); 4], |columns| columns.rows)
}

/// What lies under some windows, in loads: columns beyond the left border, of the image, and beyond the
/// right border.
///
/// A row that has bytes has all `width` pixels, as `fits` proved, and what is read is of its pixels from
/// `inside - pad_left` to `beyond_right - pad_left <= width`, or of `beyond`: 16 zero points, or
/// the pixel outside. The layout has room in scratch for these columns and those by which
/// the last load of several pixels is wider; later ones overwrite what earlier ones wrote too far.
struct Reach {
    /// Bytes of a row before the first pixel.
    byte: usize,
    left: usize,
    body: usize,
    rest: usize,
    right: usize,
    /// Bytes of a plane before the image, and before what is beyond its right border.
    places: [usize; 2],
}

impl Reach {
    /// Under `count` windows from `x` on.
    fn of(job: &Depthwise<'_>, layout: &Layout, (x, count): (usize, usize)) -> Self {
        // Columns from the first one of the padding on.
        let start = x.wrapping_mul(job.stride);
        let last = start.wrapping_add(count.wrapping_sub(1).wrapping_mul(job.stride));
        let end = last.wrapping_add(layout.span);
        let inside = job.pad_left.max(start).min(end);
        let behind = job.pad_left.wrapping_add(job.width);
        let beyond_right = behind.max(inside).min(end);
        let shift = layout.pixels.trailing_zeros();
        let whole = |columns: usize| columns.wrapping_add(layout.pixels).wrapping_sub(1) >> shift;
        let columns = beyond_right.wrapping_sub(inside);
        let body = columns >> shift;
        let place = |column: usize| column.wrapping_sub(start).wrapping_mul(layout.column);
        Self {
            byte: inside.wrapping_sub(job.pad_left).wrapping_mul(job.channels),
            left: whole(inside.wrapping_sub(start)),
            body,
            rest: columns
                .wrapping_sub(body << shift)
                .wrapping_mul(job.channels),
            right: whole(end.wrapping_sub(beyond_right)),
            places: [place(inside), place(beyond_right)],
        }
    }

    /// Points columns that begin with whole rows at what lies under the windows.
    #[inline(always)]
    fn aim(&self, image: &mut Columns, target: *mut i8) {
        for (row, step) in image.rows.iter_mut().zip(image.steps) {
            if step != 0 {
                *row = row.wrapping_add(self.byte);
            }
        }
        image.left = self.left;
        image.body = self.body;
        image.rest = self.rest;
        image.right = self.right;
        let [inside, right] = self.places;
        image.targets = [
            target,
            target.wrapping_add(inside),
            target.wrapping_add(right),
        ];
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
