//! Depthwise convolution with 3×3 windows, the most usual ones: one row, or several.
//!
//! It is what [`depthwise`](super::depthwise) does, all in one function: rows of small images take
//! little more than what comes before the first sum. Several rows have the weights of each block of
//! channels brought to columns once for all.

use super::clamp::clamp_pixels;
use super::layout::{BLOCK, Layout, Reach, outside_of};
use super::tile::of_tile;
use crate::kernels::scratch::aligned;
use crate::kernels::{Depthwise, MAX_TAP_ROWS};

/// Rows and columns of the window.
const TAPS: usize = 3;

/// Windows side by side in some rows; the places move on to the next channels, block by block.
#[repr(C)]
pub(super) struct Tile {
    /// Rows under the windows, from the first channel of their first pixel on; null for padding.
    pub(super) rows: *const *const i8,
    /// Rows of windows.
    pub(super) height: usize,
    /// Bytes in `rows` from one row of windows to the next.
    pub(super) row_step: usize,
    /// Bytes of a row of the output.
    pub(super) pitch: usize,
    /// Where the first window's next channels go.
    pub(super) out: *mut i8,
    /// Channels that are left, at least one.
    pub(super) left_channels: usize,
    /// Channels, and bytes from one output pixel to the next.
    pub(super) channels: usize,
    /// Of the next channels, tap by tap.
    pub(super) weights: *const i8,
    /// Bytes of a row before the next channels of the first pixel that is under the windows.
    pub(super) byte: usize,
    /// What stands outside the image, and bytes from there to that of the next channels.
    pub(super) beyond: *const i8,
    pub(super) onward: usize,
    /// Loads of what is beyond the left border, of each row, and of what is beyond the right border; of each row
    /// there are some bytes more.
    pub(super) left: usize,
    pub(super) body: usize,
    pub(super) rest: usize,
    pub(super) right: usize,
    /// Where the columns of the three go.
    pub(super) targets: [*mut i8; 3],
    /// Bytes from one load of a row to the next; 16 are those of a load too.
    pub(super) load: usize,
    /// Windows.
    pub(super) count: usize,
    /// Bytes from one window to the next.
    pub(super) advance: usize,
    /// Of the next channels.
    pub(super) bias: *const [u8; 4],
    /// Of the next channels.
    pub(super) multipliers: *const [u8; 4],
    /// Of the output.
    pub(super) zero_point: i32,
    /// Left shift of the sums.
    pub(super) shift: u32,
    /// Bytes of a column.
    pub(super) column: usize,
}

/// Several rows of a [`Depthwise`], of windows `row_stride` rows apart; `None` for other windows.
pub(super) fn several_rows(
    job: &Depthwise<'_>,
    row_stride: usize,
    rows: &[&[i8]],
    out: &mut [i8],
    scratch: &mut [i8],
) -> Option<()> {
    let height = job.windows(row_stride, rows.len())?;
    if !is_three(job) || rows.len() > MAX_TAP_ROWS || !job.fits_some(rows) {
        return None;
    }
    let room = aligned(scratch);
    let layout = Layout::of(job, room.len())?;
    let mut starts = [core::ptr::null(); MAX_TAP_ROWS];
    for (place, row) in starts.iter_mut().zip(rows) {
        *place = start(row);
    }
    let to = (height, out.len().checked_div(height)?, out);
    of_rows(job, &layout, (row_stride, &starts), to, room);
    Some(())
}

/// One row, of a job whose windows are [3×3](is_three). The caller knows that it fits.
pub(super) fn of_row(
    job: &Depthwise<'_>,
    layout: &Layout,
    rows: &[&[i8]],
    out: &mut [i8],
    scratch: &mut [i8],
) {
    if let &[top, middle, bottom] = rows {
        let starts = [start(top), start(middle), start(bottom)];
        of_rows(job, layout, (0, &starts), (1, out.len(), out), scratch);
    }
}

/// Where a row begins; null for padding.
fn start(row: &[i8]) -> *const i8 {
    if row.is_empty() {
        core::ptr::null()
    } else {
        row.as_ptr()
    }
}

/// Whether windows are 3×3, without gaps.
pub(super) fn is_three(job: &Depthwise<'_>) -> bool {
    job.kernel == [TAPS, TAPS] && job.dilation == 1
}

/// `height` rows of 3×3 windows, `stride` rows apart, tile by tile; each has `pitch` bytes of the output.
/// The caller knows that the job fits the rows that begin at `starts`, three at a time.
#[inline(never)]
fn of_rows(
    job: &Depthwise<'_>,
    layout: &Layout,
    (stride, starts): (usize, &[*const i8]),
    (height, pitch, out): (usize, usize, &mut [i8]),
    scratch: &mut [i8],
) {
    let channels = job.channels;
    let width = pitch.checked_div(channels).unwrap_or(0);
    let further = height.wrapping_sub(1);
    let read = further
        .checked_mul(stride)
        .map(|last| last.wrapping_add(TAPS));
    let written = height.checked_mul(pitch);
    if height == 0
        || read.is_none_or(|read| read > starts.len())
        || written.is_none_or(|written| written > out.len())
    {
        return;
    }
    let requant = &job.requant;
    let mut pixel = [job.zero_point; BLOCK];
    let (beyond, onward) = outside_of(job, layout, &mut pixel);
    let base = scratch.as_mut_ptr();
    let mut tile = Tile {
        rows: starts.as_ptr(),
        height,
        row_step: stride.wrapping_mul(size_of::<*const i8>()),
        pitch,
        out: out.as_mut_ptr(),
        left_channels: 0,
        channels,
        weights: job.weights.values.as_ptr(),
        byte: 0,
        beyond,
        onward,
        left: 0,
        body: 0,
        rest: 0,
        right: 0,
        targets: [base; 3],
        load: if layout.pixels > 1 { BLOCK } else { channels },
        count: 0,
        advance: job.stride.wrapping_mul(layout.column),
        bias: requant.bias.as_ptr(),
        multipliers: requant.multipliers.as_ptr(),
        zero_point: i32::from(requant.zero_point),
        shift: u32::from(requant.shift),
        column: layout.column,
    };
    for x in (0..width).step_by(layout.windows.max(1)) {
        let count = layout.windows.min(width.wrapping_sub(x));
        let reach = Reach::of(job, layout, (x, count));
        let [inside, behind] = reach.places;
        tile.out = out.as_mut_ptr().wrapping_add(x.wrapping_mul(channels));
        tile.left_channels = channels;
        tile.weights = job.weights.values.as_ptr();
        tile.byte = reach.byte;
        tile.beyond = beyond;
        tile.left = reach.left;
        tile.body = reach.body;
        tile.rest = reach.rest;
        tile.right = reach.right;
        tile.targets = [base, base.wrapping_add(inside), base.wrapping_add(behind)];
        tile.count = count;
        tile.bias = requant.bias.as_ptr();
        tile.multipliers = requant.multipliers.as_ptr();
        // SAFETY: `fits` proved that there are nine weights, a bias and a multiplier for each channel, and
        // the caller that there are `job.width` pixels in each row that is not null; of `starts`, those read
        // are there. `Reach` says what is read of these, and that there is room for the columns
        // of `count` windows in scratch, which is word-aligned. The output has `height` rows of `pitch`
        // bytes, each of `width` pixels of `channels` bytes, and `x + count <= width`.
        unsafe { of_tile(&mut tile) };
    }
    for row in out.chunks_exact_mut(pitch.max(1)).take(height) {
        clamp_pixels(requant, (width, channels), channels, row);
    }
}
