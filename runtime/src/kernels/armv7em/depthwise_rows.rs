//! Several rows of a depthwise convolution at a time, for 3x3 kernels.
//!
//! Rows of outputs share two rows of three of what lies under them, or one with a stride of 2. So a block
//! of outputs, a few rows high and a few columns wide, has all rows under it turned once; a row by itself is
//! better off with the lines of [`depthwise`](super::depthwise), which are made for three rows.

use super::depthwise::{Columns, GROUP, clamp, groups_behind, is_fast};
use crate::kernels::Depthwise;
use crate::kernels::scratch::{aligned, of_depthwise};

assembly!("depthwise_macros.s", "depthwise_rows.s");

unsafe extern "C" {
    /// A block of outputs of a 3x3 kernel.
    fn tidbit_depthwise_3x3_rows(job: &Block);
}

/// What the assembly takes, in the order in which it does; zeros are for its own use.
#[repr(C)]
struct Block {
    zero_point: i32,
    multiplier: usize,
    line_end: usize,
    line_step: usize,
    biases: [u32; 2],
    line_back: usize,
    out_back: usize,
    bias: *const [u8; 4],
    multipliers: *const [u8; 4],
    line: usize,
    out: *mut i8,
    pairs: usize,
    odd: usize,
    weights: *const i8,
    stride: usize,
    line_bytes: usize,
    all_bytes: usize,
    last_end: usize,
    lines: *mut i8,
    inputs_end: *mut i8,
    pixel: usize,
    left: usize,
    inside: usize,
    right: usize,
    padding: *const i8,
    padding_step: usize,
    pad: u32,
    filled: usize,
    groups: usize,
    step: usize,
    unused: u32,
    rows: [*const i8; ROWS],
}

/// Rows and columns of the kernel.
const TAPS: usize = 3;
/// Rows of lines.
const ROWS: usize = 8;
/// Bytes of a row's two columns in the lines of one channel.
const WORD: usize = 4;
/// Bytes of two columns.
const TWO: usize = WORD * ROWS;
/// Columns of which lines have room, two by two.
const TWOS: usize = 6;

// The lines of four channels are within what a blob has scratch for.
const _: () = assert!(GROUP * TWOS * TWO <= of_depthwise(TAPS, 0) - 4);

/// Rows of a [`Depthwise`], of windows `row_stride` rows apart; `None` for a job that the assembly cannot
/// run, and then nothing was written.
pub(super) fn several_rows(
    job: &Depthwise<'_>,
    row_stride: usize,
    rows: &[&[i8]],
    out: &mut [i8],
    scratch: &mut [i8],
) -> Option<()> {
    let (channels, stride) = (job.channels, job.stride);
    let lines = aligned(scratch);
    let height = job.windows(row_stride, rows.len())?;
    let pitch = out.len().checked_div(height)?;
    let count = pitch.checked_div(channels)?;
    let fast = job.kernel == [TAPS, TAPS]
        && job.requant.shift == 0
        && matches!(row_stride, 1 | 2)
        && job.fits_some(rows)
        && is_fast(job, TAPS, count, lines);
    if !fast {
        return None;
    }
    let lines = lines.as_mut_ptr();
    let zeros = [job.zero_point; GROUP];
    // Blocks are about as large as each other, so that none is left with a single row or column.
    let even = |count: usize, most: usize| count.div_ceil(count.div_ceil(most).max(1)).max(1);
    let high = even(
        height,
        (ROWS - TAPS).checked_div(row_stride)?.wrapping_add(1),
    );
    let wide = even(
        count,
        (2 * TWOS - TAPS).checked_div(stride)?.wrapping_add(1),
    );
    let line_step = row_stride.wrapping_mul(WORD);
    let mut block = Block {
        zero_point: job.requant.zero_point.into(),
        multiplier: 0,
        line_end: 0,
        line_step,
        biases: [0; 2],
        line_back: 0,
        out_back: 0,
        bias: core::ptr::null(),
        multipliers: core::ptr::null(),
        line: 0,
        out: core::ptr::null_mut(),
        pairs: 0,
        odd: 0,
        weights: core::ptr::null(),
        stride: channels,
        line_bytes: 0,
        all_bytes: 0,
        last_end: 0,
        lines,
        inputs_end: lines,
        pixel: channels,
        left: 0,
        inside: 0,
        right: 0,
        padding: zeros.as_ptr(),
        padding_step: 0,
        pad: 0,
        filled: 0,
        groups: 0,
        step: stride,
        unused: 0,
        rows: [core::ptr::null(); ROWS],
    };
    for top in (0..height).step_by(high) {
        let made = high.min(height.wrapping_sub(top));
        let inputs = made.wrapping_sub(1).wrapping_mul(row_stride);
        let inputs = inputs.wrapping_add(TAPS).min(ROWS);
        let first = top.wrapping_mul(row_stride);
        let under_block = rows.get(first..first.wrapping_add(inputs))?;
        block.inputs_end = lines.wrapping_add(inputs.wrapping_mul(WORD));
        block.all_bytes = made.wrapping_mul(line_step);
        for start in (0..count).step_by(wide) {
            let outputs = wide.min(count.wrapping_sub(start));
            let under = Columns::under(job, TAPS, (start, outputs));
            let pairs = outputs / 2;
            let line_bytes = pairs.wrapping_mul(stride).wrapping_mul(TWO);
            block.line_bytes = line_bytes;
            block.line_back = line_step.wrapping_sub(line_bytes);
            block.out_back = pitch.wrapping_sub(pairs.wrapping_mul(2).wrapping_mul(channels));
            (block.pairs, block.odd) = (pairs, outputs & 1);
            (block.left, block.right) = (under.left, under.right);
            block.inside = under.inside.wrapping_mul(TWO);
            let target = top.wrapping_mul(pitch);
            let target = target.wrapping_add(start.wrapping_mul(channels));
            let mut next = Some((0, channels / GROUP));
            while let Some((channel, groups)) = next {
                next = groups_behind(channel, channels);
                let pixel = under.from.wrapping_mul(channels).wrapping_add(channel);
                for (row, start) in under_block.iter().zip(&mut block.rows) {
                    *start = if row.is_empty() {
                        core::ptr::null()
                    } else {
                        row.as_ptr().wrapping_add(pixel)
                    };
                }
                if let Some(own) = job.outside.and_then(|pixel| pixel.get(channel..)) {
                    (block.padding, block.padding_step) = (own.as_ptr(), GROUP);
                }
                let weights = channel.wrapping_mul(TAPS * TAPS);
                block.bias = job.requant.bias.as_ptr().wrapping_add(channel);
                block.multipliers = job.requant.multipliers.as_ptr().wrapping_add(channel);
                block.weights = job.weights.values.as_ptr().wrapping_add(weights);
                block.out = out.as_mut_ptr().wrapping_add(target).wrapping_add(channel);
                block.groups = groups;
                // SAFETY: `fits`, three rows at a time: each row that is not empty has `width` pixels of
                // `channels` bytes, and there are a bias, a multiplier and nine weights for each channel.
                // Of a row the assembly reads column 0 if `left` is 1 (a row has one), two columns for each
                // two of `inside` behind it, from `from` on, and one more if `right` is 1: that is less
                // than `width` then. It reads four bytes of each, those of channel `channel` and behind,
                // and so of each of `groups` groups; the last ends at `channels` at most. `outside` has
                // `channels` bytes, where there is one; else the same four are read again.
                // `twos`, as many as `left`, `inside` and `right` make, is `TWOS` at most, and `inputs` is
                // `ROWS` at most: lines of four channels have room for these, see above. A pair or a last
                // output reads within `twos`, and three rows of lines, the last below `inputs`.
                // The outputs of a block are a byte for each channel of the groups in the pixels from
                // `start` on, of rows from `top` on: `start + outputs` is `count` at most and `top + made`
                // is `height`, and `out` has `height` times `pitch` bytes, where `pitch` is that of `count`
                // pixels at least.
                unsafe { tidbit_depthwise_3x3_rows(&block) };
            }
        }
    }
    out.chunks_exact_mut(pitch.max(1)).for_each(|row| {
        clamp(
            job,
            row.get_mut(..count.wrapping_mul(channels))
                .unwrap_or_default(),
        )
    });
    Some(())
}
