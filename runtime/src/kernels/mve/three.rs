//! Depthwise convolution with 3×3 windows, the most usual ones: one row, or several.
//!
//! It is what [`depthwise`](super::depthwise) does, with all that takes time before the first sum left out
//! which such windows need not: rows of small images are made in little more than that. Several rows
//! have the weights of each block of channels brought to columns once for all.

use core::mem::MaybeUninit;

use super::clamp::clamp_pixels;
use super::columns::{COLUMN, Columns, of_three};
use super::layout::{BLOCK, Layout, Reach, outside_of};
use super::sums::{self, Sums, of_four_words};
use crate::kernels::Depthwise;
use crate::kernels::scratch::aligned;

/// Rows and columns of the window.
const TAPS: usize = 3;
/// Words of a window; the weights of the last are 0.
const WORDS: usize = 4;

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
    of_rows(
        job,
        &layout,
        (row_stride, rows),
        (further.wrapping_add(1), out),
        room,
    );
    Some(())
}

/// Whether windows are 3×3, without gaps.
pub(super) fn is_three(job: &Depthwise<'_>) -> bool {
    job.kernel == [TAPS, TAPS] && job.dilation == 1
}

/// `height` rows of 3×3 windows, tile by tile and block by block. The caller knows that the job fits three
/// of `rows` at a time.
#[inline(never)]
pub(super) fn of_rows(
    job: &Depthwise<'_>,
    layout: &Layout,
    (row_stride, rows): (usize, &[&[i8]]),
    (height, out): (usize, &mut [i8]),
    scratch: &mut [i8],
) {
    let channels = job.channels;
    let pitch = out.len().checked_div(height).unwrap_or(0);
    let width = pitch.checked_div(channels).unwrap_or(0);
    let requant = &job.requant;
    let step = layout.column as u32;
    let offsets = [sums::WORDS, [0, step, step.wrapping_mul(2), 0]];
    // Words, since they are read as such.
    let mut weights = MaybeUninit::<[u32; WORDS * COLUMN / 4]>::uninit();
    let words: *mut i8 = weights.as_mut_ptr().cast();
    let zeros = [0i8; BLOCK];
    let mut pixel = [job.zero_point; BLOCK];
    let (outside, onward) = outside_of(job, layout, &mut pixel);
    let base = scratch.as_mut_ptr();
    let load = if layout.pixels > 1 { BLOCK } else { channels };
    let taps = job.weights.values.as_ptr();
    let below = channels.wrapping_mul(TAPS);
    let mut kernel = Columns {
        rows: [zeros.as_ptr(); 4],
        steps: [channels, channels, channels, 0],
        beyond: zeros.as_ptr(),
        lanes: 0,
        left: 0,
        body: TAPS,
        rest: 0,
        right: 1,
        targets: [words, words, words.wrapping_add(TAPS * COLUMN)],
        onward: [0; 4],
    };
    for x in (0..width).step_by(layout.windows.max(1)) {
        let count = layout.windows.min(width.wrapping_sub(x));
        let reach = Reach::of(job, layout, (x, count));
        let mut beyond = outside;
        for first in (0..channels).step_by(BLOCK) {
            let lanes = BLOCK.min(channels.wrapping_sub(first));
            let top = taps.wrapping_add(first);
            let middle = top.wrapping_add(below);
            kernel.rows = [top, middle, middle.wrapping_add(below), zeros.as_ptr()];
            kernel.lanes = lanes;
            // SAFETY: `fits` proved that there are nine weights of each channel; channels `first` to
            // `first + lanes` of each are read, and `zeros`. The words have room for three columns and
            // the one behind them.
            unsafe { of_three(&mut kernel) };
            let byte = reach.byte.wrapping_add(first);
            let place = x.wrapping_mul(channels).wrapping_add(first);
            let mut target = out.as_mut_ptr().wrapping_add(place);
            for under in rows.windows(TAPS).step_by(row_stride.max(1)).take(height) {
                let &[a, b, c] = under else {
                    return;
                };
                let start = |row: &[i8]| match row.is_empty() {
                    true => (beyond, 0),
                    false => (row.as_ptr().wrapping_add(byte), load),
                };
                let [a, b, c] = [start(a), start(b), start(c)];
                let [inside, right] = reach.places;
                let mut image = Columns {
                    rows: [a.0, b.0, c.0, beyond],
                    steps: [a.1, b.1, c.1, 0],
                    beyond,
                    lanes: if layout.pixels > 1 { BLOCK } else { lanes },
                    left: reach.left,
                    body: reach.body,
                    rest: reach.rest,
                    right: reach.right,
                    targets: [base, base.wrapping_add(inside), base.wrapping_add(right)],
                    onward: [0; 4],
                };
                let mut sums = Sums {
                    columns: base,
                    weights: words,
                    offsets: offsets.as_ptr(),
                    vectors: 1,
                    advance: job.stride.wrapping_mul(layout.column),
                    count,
                    channels: lanes,
                    stride: channels,
                    bias: requant.bias.as_ptr().wrapping_add(first),
                    multipliers: requant.multipliers.as_ptr().wrapping_add(first),
                    out: target,
                    zero_point: i32::from(requant.zero_point),
                    shift: u32::from(requant.shift),
                };
                // SAFETY: `Reach` says what is read of the rows under the windows, and that there is room for
                // their columns; the rows begin at channels `first` to `first + lanes <= channels` of their
                // first pixel that is under a window. `fits` proved that there are `channels` biases and
                // multipliers. The output has `height` rows of `width` pixels of `channels` bytes, `pitch`
                // apart, and `x + count <= width`. The columns are word-aligned and all
                // written just before, like the weights; a window's fourth word, of weights of 0,
                // is that of its first column.
                unsafe {
                    of_three(&mut image);
                    of_four_words(&mut sums);
                }
                target = target.wrapping_add(pitch);
            }
            beyond = beyond.wrapping_add(onward);
        }
    }
    for row in out.chunks_exact_mut(pitch.max(1)) {
        clamp_pixels(requant, (width, channels), channels, row);
    }
}
