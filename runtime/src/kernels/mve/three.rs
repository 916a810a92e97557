//! Depthwise convolution with 3×3 windows, the most usual ones: one row, or several.
//!
//! It is what [`depthwise`](super::depthwise) does, all in one function: rows of small images take
//! little more than what comes before the first sum. Several rows have the weights of each block of
//! channels brought to columns once for all.

use super::clamp::clamp_pixels;
use super::layout::{BLOCK, Layout, Reach, outside_of};
use super::tile::{Tile, of_tile};
use crate::kernels::scratch::aligned;
use crate::kernels::{Depthwise, MAX_TAP_ROWS};

/// Rows and columns of the window.
const TAPS: usize = 3;

/// Several rows of a [`Depthwise`], of windows `row_stride` rows apart; `None` for other windows.
pub(super) fn several_rows(
    job: &Depthwise<'_>,
    row_stride: usize,
    rows: &[&[i8]],
    out: &mut [i8],
    scratch: &mut [i8],
) -> Option<()> {
    let further = rows.len().checked_sub(TAPS)?.checked_div(row_stride)?;
    let row = job.width.wrapping_mul(job.pixel_bytes());
    let whole = |bytes: &&[i8]| bytes.is_empty() || bytes.len() == row;
    if !is_three(job) || !job.fits(rows.get(..TAPS)?) || !rows.iter().all(whole) {
        return None;
    }
    let room = aligned(scratch);
    let layout = Layout::of(job, room.len())?;
    let height = further.wrapping_add(1);
    of_rows::<MAX_TAP_ROWS>(job, &layout, (row_stride, rows), (height, out), room);
    Some(())
}

/// Whether windows are 3×3, without gaps.
pub(super) fn is_three(job: &Depthwise<'_>) -> bool {
    job.kernel == [TAPS, TAPS] && job.dilation == 1
}

/// `height` rows of 3×3 windows, `stride` rows apart, tile by tile. The caller knows that the job fits three
/// of `rows` at a time; only the first `N` are used.
#[inline(never)]
pub(super) fn of_rows<const N: usize>(
    job: &Depthwise<'_>,
    layout: &Layout,
    (stride, rows): (usize, &[&[i8]]),
    (height, out): (usize, &mut [i8]),
    scratch: &mut [i8],
) {
    let channels = job.channels;
    let pitch = out.len().checked_div(height).unwrap_or(0);
    let width = pitch.checked_div(channels).unwrap_or(0);
    let mut starts = [core::ptr::null(); N];
    for (start, row) in starts.iter_mut().zip(rows) {
        if !row.is_empty() {
            *start = row.as_ptr();
        }
    }
    let used = height
        .wrapping_sub(1)
        .wrapping_mul(stride)
        .wrapping_add(TAPS);
    if used > rows.len().min(N) || height == 0 {
        return;
    }
    let requant = &job.requant;
    let mut pixel = [job.zero_point; BLOCK];
    let (beyond, onward) = outside_of(job, layout, &mut pixel);
    let base = scratch.as_mut_ptr();
    for x in (0..width).step_by(layout.windows.max(1)) {
        let count = layout.windows.min(width.wrapping_sub(x));
        let reach = Reach::of(job, layout, (x, count));
        let [inside, behind] = reach.places;
        let mut tile = Tile {
            rows: starts.as_ptr(),
            height,
            row_step: stride.wrapping_mul(size_of::<*const i8>()),
            pitch,
            out: out.as_mut_ptr().wrapping_add(x.wrapping_mul(channels)),
            left_channels: channels,
            channels,
            weights: job.weights.values.as_ptr(),
            byte: reach.byte,
            beyond,
            onward,
            left: reach.left,
            body: reach.body,
            rest: reach.rest,
            right: reach.right,
            targets: [base, base.wrapping_add(inside), base.wrapping_add(behind)],
            load: if layout.pixels > 1 { BLOCK } else { channels },
            count,
            advance: job.stride.wrapping_mul(layout.column),
            bias: requant.bias.as_ptr(),
            multipliers: requant.multipliers.as_ptr(),
            zero_point: i32::from(requant.zero_point),
            shift: u32::from(requant.shift),
            column: layout.column,
        };
        // SAFETY: `fits` proved that there are nine weights, a bias and a multiplier for each channel, and
        // `several_rows` or `fits` that each row that is not empty is of `width` pixels; of `starts`, the
        // first `used` are read. `Reach` says what is read of these, and that there is room for the columns
        // of `count` windows in scratch, which is word-aligned. The output has `height` rows of `width`
        // pixels of `channels` bytes, `pitch` apart, and `x + count <= width`.
        unsafe { of_tile(&mut tile) };
    }
    for row in out.chunks_exact_mut(pitch.max(1)) {
        clamp_pixels(requant, (width, channels), channels, row);
    }
}
