//! Depthwise kernels of any size: a pixel after the other, tap by tap.
//!
//! Where the taps of a pixel lie is worked out once for all pixels whose windows lie within the columns of
//! the image, and for each of those beside its edges.

use core::ops::Range;

use super::depthwise::{Group, HALF_LANES, LANES, base, group, outside};
use super::finish::Finish;
use crate::kernels::Depthwise;

/// Most taps, and most of a kernel of eight channels; whole groups of four.
pub(super) const MOST: usize = 52;
const FEW: usize = 28;

/// How a core multiplies.
pub(super) trait Taps {
    /// Puts the weights of a group into order.
    fn arrange<const WIDE: bool, const N: usize>(group: &mut Group<WIDE, N>);

    /// A pixel, from where each tap lies.
    ///
    /// # Safety
    /// The core has the instructions; 16 bytes can be read `offset` bytes behind each place, and 16
    /// elements written at `out`. With `HALF` these are 8.
    unsafe fn pixel<const HALF: bool, const WIDE: bool, const N: usize>(
        group: &Group<WIDE, N>,
        places: &[*const i8; N],
        offset: usize,
        out: *mut i8,
    );
}

/// Kernels of any size, if that can be done.
#[inline(never)]
pub(super) fn by_taps<T: Taps>(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8]) -> bool {
    match job.output_bytes {
        1 => by_groups::<T, false, false, MOST>(job, rows, out),
        _ => by_groups::<T, false, true, MOST>(job, rows, out),
    }
}

/// Eight to 15 channels, if that can be done.
#[inline(never)]
pub(super) fn by_halves<T: Taps>(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8]) -> bool {
    job.output_bytes == 1 && job.taps() <= FEW && by_groups::<T, true, false, FEW>(job, rows, out)
}

/// All channels of the row, if that can be done.
#[inline(always)]
fn by_groups<T: Taps, const HALF: bool, const WIDE: bool, const N: usize>(
    job: &Depthwise<'_>,
    rows: &[&[i8]],
    out: &mut [i8],
) -> bool {
    let Some(finish) = Finish::<WIDE>::of(&job.requant) else {
        return false;
    };
    let pixel = job.channels.wrapping_mul(if WIDE { 2 } else { 1 });
    let pixels = out.len().checked_div(pixel).unwrap_or(0);
    let inside = inside(job, pixels);
    let lanes = if HALF { HALF_LANES } else { LANES };
    let mut start = 0;
    while start < job.channels {
        // The last channels, some of them for a second time, where less are left.
        let first = start.min(job.channels.wrapping_sub(lanes));
        // SAFETY: the job fits and has at least so many channels, so they are there from `first` on,
        // of weights, biases and multipliers as of every pixel.
        let mut group = unsafe { group::<HALF, WIDE, N>(job, rows, first, finish) };
        T::arrange(&mut group);
        // SAFETY: as above; `pixels` are as many as `out` has room for, and those `inside` have all
        // columns of their windows in the rows.
        unsafe {
            let out = out.as_mut_ptr();
            row::<T, HALF, WIDE, N>(job, rows, first, &group, (pixels, &inside), out);
        }
        start = start.wrapping_add(lanes);
    }
    true
}

/// Those of so many output pixels whose windows lie within the columns of the image.
fn inside(job: &Depthwise<'_>, pixels: usize) -> Range<usize> {
    let stride = job.stride.max(1);
    let first = job.pad_left.div_ceil(stride);
    let span = job.kernel[1].saturating_sub(1).saturating_mul(job.dilation);
    let room = job
        .width
        .saturating_add(job.pad_left)
        .checked_sub(span.saturating_add(1));
    let end = room
        .map_or(0, |room| (room / stride).saturating_add(1))
        .min(pixels);
    first.min(end)..end
}

/// 16 channels of a row of `pixels` pixels, or eight, of which some lie `inside`.
///
/// # Safety
/// The job fits, has as many channels from `first` on and a row that is not empty; `out` has room for the
/// pixels, and the windows of those `inside` lie within the columns of the image.
#[inline(always)]
unsafe fn row<T: Taps, const HALF: bool, const WIDE: bool, const N: usize>(
    job: &Depthwise<'_>,
    rows: &[&[i8]],
    first: usize,
    group: &Group<WIDE, N>,
    (pixels, inside): (usize, &Range<usize>),
    out: *mut i8,
) {
    let bytes = if WIDE { 2 } else { 1 };
    let out_step = job.channels.wrapping_mul(bytes);
    let out = out.wrapping_add(first.wrapping_mul(bytes));
    let at = |x: usize| out.wrapping_add(x.wrapping_mul(out_step));
    // SAFETY: the caller's promise.
    let beyond = unsafe { outside::<HALF>(job, first) };
    for x in (0..inside.start).chain(inside.end..pixels) {
        let places = places::<N>(job, rows, first, (x, (&raw const beyond).cast()));
        // SAFETY: places are columns of the image or `beyond`.
        unsafe { T::pixel::<HALF, WIDE, N>(group, &places, 0, at(x)) };
    }
    if inside.is_empty() {
        return;
    }
    // Places past the last tap follow the others from column to column, so they begin at the first.
    let start = base(rows, rows.first().copied().unwrap_or_default(), first);
    let left = inside
        .start
        .wrapping_mul(job.stride)
        .wrapping_sub(job.pad_left);
    let start = start.wrapping_add(left.wrapping_mul(job.channels));
    let places = places::<N>(job, rows, first, (inside.start, start));
    let step = job.stride.wrapping_mul(job.channels);
    // SAFETY: the windows of pixels inside lie within the columns.
    unsafe {
        let mut offset = 0usize;
        for x in inside.clone() {
            T::pixel::<HALF, WIDE, N>(group, &places, offset, at(x));
            offset = offset.wrapping_add(step);
        }
    }
}

/// Where each tap of output pixel `x` lies, and `beyond` for columns beside the image.
#[inline(always)]
fn places<const N: usize>(
    job: &Depthwise<'_>,
    rows: &[&[i8]],
    first: usize,
    (x, beyond): (usize, *const i8),
) -> [*const i8; N] {
    let mut places = [beyond; N];
    let left = x.wrapping_mul(job.stride).wrapping_sub(job.pad_left);
    let mut taps = places.iter_mut();
    for row in rows {
        let base = base(rows, row, first);
        for j in 0..job.kernel[1] {
            // Left of the image this wraps to a number that no width reaches.
            let column = left.wrapping_add(j.wrapping_mul(job.dilation));
            let Some(place) = taps.next() else { break };
            if column < job.width {
                *place = base.wrapping_add(column.wrapping_mul(job.channels));
            }
        }
    }
    places
}
