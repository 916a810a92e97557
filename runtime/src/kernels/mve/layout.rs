//! Where the columns of a depthwise convolution lie: in scratch, and of which pixels they are.

use super::columns::{COLUMN, Columns};
use super::sums;
use crate::kernels::Depthwise;

/// Channels of a block.
pub(super) const BLOCK: usize = 16;
/// Most words of a window.
pub(super) const WORDS: usize = 16;

/// How a job's columns lie in scratch.
pub(super) struct Layout {
    /// Rows of four rows of the kernel.
    pub(super) planes: usize,
    /// Bytes of a plane.
    pub(super) plane: usize,
    /// Bytes of a column in a plane.
    pub(super) column: usize,
    /// Pixels of a load.
    pub(super) pixels: usize,
    /// Columns under a window.
    pub(super) span: usize,
    /// Most windows in scratch.
    pub(super) windows: usize,
}

impl Layout {
    /// None where the job is one for the scalar kernel.
    pub(super) fn of(job: &Depthwise<'_>, scratch: usize) -> Option<Self> {
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
    pub(super) fn offsets<const P: usize>(&self, job: &Depthwise<'_>) -> [[u32; 4]; 1 + WORDS / 4] {
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

/// What stands outside the image, for the first block of channels, and bytes from there to the next
/// block; `pixel`, of zero points, has room for what comes several times in a load.
pub(super) fn outside_of(
    job: &Depthwise<'_>,
    layout: &Layout,
    pixel: &mut [i8; BLOCK],
) -> (*const i8, usize) {
    match job.outside {
        // Four and eight channels come several times in a load.
        Some(outside) if layout.pixels > 1 => {
            if let Ok(&four) = <&[i8; 4]>::try_from(outside) {
                pixel.as_chunks_mut().0.fill(four);
            } else if let Ok(&eight) = <&[i8; 8]>::try_from(outside) {
                pixel.as_chunks_mut().0.fill(eight);
            }
            (pixel.as_ptr(), 0)
        }
        Some(outside) => (outside.as_ptr(), BLOCK),
        None => (pixel.as_ptr(), 0),
    }
}

/// The weights of a plane of the kernel, from the first channel on; words that no window has are 0.
///
/// `fits` proved that there are weights of all channels for each tap, which are all that is read: 16 at a
/// time, the last time fewer, and `zeros`. The words have room for the kernel's columns: `Layout` holds
/// planes times columns to `WORDS`, and the caller has fewer words only where these suffice.
pub(super) fn weights_to_columns(
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
pub(super) fn rows_to_columns(
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
pub(super) fn rows_of<const P: usize>(columns: &[Columns; P], plane: usize) -> [*const i8; 4] {
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
pub(super) struct Reach {
    /// Bytes of a row before the first pixel.
    pub(super) byte: usize,
    pub(super) left: usize,
    pub(super) body: usize,
    pub(super) rest: usize,
    pub(super) right: usize,
    /// Bytes of a plane before the image, and before what is beyond its right border.
    pub(super) places: [usize; 2],
}

impl Reach {
    /// Under `count` windows from `x` on.
    pub(super) fn of(job: &Depthwise<'_>, layout: &Layout, (x, count): (usize, usize)) -> Self {
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
    pub(super) fn aim(&self, image: &mut Columns, target: *mut i8) {
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
