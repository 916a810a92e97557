//! Depthwise convolution: 3x3 kernels, with a stride of 1 or 2, in assembly.

use core::arch::global_asm;

use crate::kernels::scratch::aligned;
use crate::kernels::{Depthwise, scalar};

global_asm!(include_str!("depthwise.s"), options(raw));

unsafe extern "C" {
    /// A strip of a row with stride 1.
    fn tidbit_depthwise_1(job: &Strip);
    /// A strip of a row with stride 2.
    fn tidbit_depthwise_2(job: &Strip);
}

/// What the assembly takes, in the order in which it does.
#[repr(C)]
struct Strip {
    zero_point: i32,
    multiplier: usize,
    line_end: usize,
    line: usize,
    out: *mut i8,
    bias: *const [u8; 4],
    multipliers: *const [u8; 4],
    weights: *const i8,
    stride: usize,
    shift: u32,
    entry: usize,
    after: usize,
    absent: u32,
    lines: *mut i8,
    line_bytes: usize,
    groups: usize,
    rows: [*const i8; 3],
    pixel: usize,
    left: u32,
    inside: *mut i8,
    right: usize,
    padding: *const i8,
    padding_step: usize,
    pad: u32,
    lines_end: *mut i8,
    unused: u32,
}

/// Channels that are turned at a time, and bytes of the line of each.
const GROUP: usize = 4;
const LINE: usize = 192;
/// Bytes of a line for two columns, and how many of these there are.
const COLUMNS: usize = 12;
const MOST: usize = LINE / COLUMNS;

/// A row of a [`Depthwise`].
pub(super) fn depthwise(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8], scratch: &mut [i8]) {
    if by_strips(job, rows, out, scratch).is_none() {
        scalar::depthwise(job, rows, out, &mut []);
    }
}

/// `None` for a job that the assembly cannot run; then nothing was written.
fn by_strips(
    job: &Depthwise<'_>,
    rows: &[&[i8]],
    out: &mut [i8],
    scratch: &mut [i8],
) -> Option<()> {
    let channels = job.channels;
    let lines = aligned(scratch);
    let [top, middle, bottom] = rows else {
        return None;
    };
    let fast = job.fits(rows)
        && job.kernel == [3, 3]
        && (job.multiplier, job.dilation) == (1, 1)
        && (job.input_bytes, job.output_bytes) == (1, 1)
        && job.weights.packing.depthwise_by_channel()
        && job.pad_left <= 1
        && channels >= GROUP
        && !middle.is_empty()
        && lines.len() >= GROUP * LINE
        && lines.as_ptr().addr().is_multiple_of(4);
    let count = out.len().checked_div(channels)?;
    // The column under the last tap of the last output; behind the image there is one of padding.
    let last = count.checked_sub(1)?.checked_mul(job.stride)?;
    let last = last.checked_add(2)?.checked_sub(job.pad_left)?;
    // Two outputs, or one of stride 2, move the window by two columns.
    let (run, per_pair) = match job.stride {
        1 => (tidbit_depthwise_1 as unsafe extern "C" fn(&Strip), COLUMNS),
        2 => (
            tidbit_depthwise_2 as unsafe extern "C" fn(&Strip),
            2 * COLUMNS,
        ),
        _ => return None,
    };
    if !fast || last > job.width {
        return None;
    }
    let most = if job.stride == 1 {
        2 * MOST - 2
    } else {
        MOST - 1
    };
    let absent = u32::from(top.is_empty()) | u32::from(bottom.is_empty()) << 1;
    let or_middle = |row: &&[i8]| if row.is_empty() { *middle } else { *row }.as_ptr();
    let zeros = [job.zero_point; GROUP];
    let lines = lines.as_mut_ptr();
    for start in (0..count).step_by(most) {
        let outputs = most.min(count.wrapping_sub(start));
        // All columns under the strip, two by two: padding, then so many inside, then padding.
        let columns = if job.stride == 1 {
            outputs.wrapping_add(3) / 2
        } else {
            outputs.wrapping_add(1)
        };
        let (left, first) = match start.wrapping_mul(job.stride).checked_sub(job.pad_left) {
            Some(first) => (0, first),
            None => (1, 1),
        };
        let width = job.width.saturating_sub(first);
        let inside = columns.saturating_sub(left).min(width / 2);
        let right = match columns.wrapping_sub(left).wrapping_sub(inside) {
            0 => 0,
            _ if width & 1 == 1 => 1,
            _ => 2,
        };
        // From the first pixel of the strip on; the first column inside is that behind `left`.
        let from = first.wrapping_sub(left).wrapping_mul(channels);
        // Where channels are no multiple of four, the last four come again.
        let groups = channels / GROUP;
        let rest = channels.wrapping_sub(GROUP);
        let parts = [(0, groups), (rest, usize::from(channels % GROUP != 0))];
        for (channel, groups) in parts.into_iter().filter(|(_, groups)| *groups > 0) {
            let place = from.wrapping_add(channel);
            let own = job.outside.and_then(|pixel| pixel.get(channel..));
            let strip = Strip {
                zero_point: job.requant.zero_point.into(),
                multiplier: 0,
                line_end: 0,
                line: 0,
                out: out
                    .as_mut_ptr()
                    .wrapping_add(start.wrapping_mul(channels).wrapping_add(channel)),
                bias: job.requant.bias.as_ptr().wrapping_add(channel),
                multipliers: job.requant.multipliers.as_ptr().wrapping_add(channel),
                weights: job
                    .weights
                    .values
                    .as_ptr()
                    .wrapping_add(channel.wrapping_mul(9)),
                stride: channels,
                shift: job.requant.shift.into(),
                entry: outputs / 2,
                after: outputs & 1,
                absent,
                lines,
                line_bytes: (outputs / 2).wrapping_mul(per_pair),
                groups,
                rows: [top, middle, bottom].map(|row| or_middle(row).wrapping_add(place)),
                pixel: channels,
                left: left as u32,
                inside: lines.wrapping_add(left.wrapping_add(inside).wrapping_mul(COLUMNS)),
                right,
                padding: own.map_or(zeros.as_ptr(), <[i8]>::as_ptr),
                padding_step: if own.is_some() { GROUP } else { 0 },
                pad: 0,
                lines_end: lines.wrapping_add(GROUP * LINE),
                unused: 0,
            };
            // SAFETY: `fits`: each row that is not empty has `width` pixels of `channels` bytes, and there
            // are a bias, a multiplier and nine weights for each channel. Of a row the assembly reads the
            // first column where `left` is set (the first is column 0 then, and a row has one), two times
            // `inside` columns behind, and one more if `right` is 1: `first + 2 * inside` is less than
            // `width` then. It reads four bytes of each, those of channels `channel` and behind, and so of
            // each of `groups` groups; the last ends at `channels` at most. `outside` has `channels` bytes,
            // where there is one; else the same four are read again.
            // Lines hold 16 times two columns, and no more are written: `columns` is 16 at most, and
            // `left`, `inside` and `right` together are `columns`, because the last column under a tap is
            // `width` at most. The outputs of a strip are those from `start` on, a byte in each channel
            // of the groups; there are `count` of them in all, and `out` has as many pixels.
            unsafe { run(&strip) };
        }
    }
    let (lo, hi) = (job.requant.lo, job.requant.hi);
    if (lo, hi) != (i8::MIN.into(), i8::MAX.into()) {
        scalar::clamp_to(out.get_mut(..count.wrapping_mul(channels))?, lo, hi);
    }
    Some(())
}
