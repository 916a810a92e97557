//! Depthwise convolution: 3x3 and 5x5 kernels, with a stride of 1 or 2, in assembly.
//!
//! A row is made strip by strip, so that what lies under a strip has room in scratch.

use crate::kernels::scratch::{aligned, of_depthwise};
use crate::kernels::{Depthwise, scalar};

assembly!("depthwise_macros.s", "depthwise_3x3.s");
assembly!("depthwise_macros.s", "depthwise_5x5.s");

unsafe extern "C" {
    /// A strip of a row of a 3x3 kernel.
    fn tidbit_depthwise_3x3(job: &Strip);
    /// A strip of a row of a 5x5 kernel.
    fn tidbit_depthwise_5x5(job: &Strip);
}

/// What the assembly takes, in the order in which it does; zeros are for its own use.
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
    pairs: usize,
    odd: usize,
    absent: u32,
    lines: *mut i8,
    lines_end: *mut i8,
    line_bytes: usize,
    groups: usize,
    rows: [*const i8; 6],
    pixel: usize,
    left: usize,
    inside: usize,
    right: usize,
    whole: usize,
    padding: *const i8,
    padding_step: usize,
    pad: u32,
    pass: u32,
    step: usize,
    unused: [u32; 3],
}

/// Channels that are turned at a time.
pub(super) const GROUP: usize = 4;

/// A size of kernels that the assembly knows.
struct Size {
    /// Rows and columns.
    taps: usize,
    /// Columns of which a line has room, an even number.
    columns: usize,
    /// Bytes of a line for two columns of one pass.
    two: usize,
    /// Bytes of the lines of one channel.
    channel: usize,
    /// Whether an output without a partner is a pair of its own.
    odd_pair: usize,
    /// For strides of 1 and 2.
    run: unsafe extern "C" fn(&Strip),
}

const THREE: Size = Size {
    taps: 3,
    columns: 32,
    two: 12,
    channel: 192,
    odd_pair: 0,
    run: tidbit_depthwise_3x3,
};
const FIVE: Size = Size {
    taps: 5,
    columns: 24,
    two: 8,
    channel: 288,
    odd_pair: 1,
    run: tidbit_depthwise_5x5,
};

// The lines of four channels, and the sums of a strip of 5x5, are within what a blob has scratch for.
const _: () = assert!(GROUP * THREE.channel <= of_depthwise(3, 0) - 4);
const _: () = assert!(GROUP * FIVE.channel + 4 * 20 <= of_depthwise(5, 0) - 4);

/// A row of a [`Depthwise`].
pub(super) fn depthwise(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8], scratch: &mut [i8]) {
    let made = match job.kernel {
        [3, 3] => by_strips(job, &THREE, rows, out, scratch),
        [5, 5] => by_strips(job, &FIVE, rows, out, scratch),
        _ => None,
    };
    if made.is_none() {
        scalar::depthwise(job, rows, out, &mut []);
    }
}

/// `None` for a job that the assembly cannot run; then nothing was written.
fn by_strips(
    job: &Depthwise<'_>,
    size: &Size,
    rows: &[&[i8]],
    out: &mut [i8],
    scratch: &mut [i8],
) -> Option<()> {
    let (channels, stride) = (job.channels, job.stride);
    let lines = aligned(scratch);
    let inner = rows.get(size.taps / 2).filter(|row| !row.is_empty())?;
    let count = out.len().checked_div(channels)?;
    if !(job.fits(rows) && is_fast(job, size.taps, count, lines)) {
        return None;
    }
    let zeros = [job.zero_point; GROUP];
    let lines = lines.as_mut_ptr();
    let mut strip = Strip {
        zero_point: job.requant.zero_point.into(),
        multiplier: 0,
        line_end: 0,
        line: 0,
        out: core::ptr::null_mut(),
        bias: core::ptr::null(),
        multipliers: core::ptr::null(),
        weights: core::ptr::null(),
        stride: channels,
        shift: job.requant.shift.into(),
        pairs: 0,
        odd: 0,
        absent: 0,
        lines,
        lines_end: lines.wrapping_add(GROUP.wrapping_mul(size.channel)),
        line_bytes: 0,
        groups: 0,
        rows: [core::ptr::null(); 6],
        pixel: channels,
        left: 0,
        inside: 0,
        right: 0,
        whole: 0,
        padding: zeros.as_ptr(),
        padding_step: 0,
        pad: 0,
        pass: 0,
        step: stride,
        unused: [0; 3],
    };
    for (index, row) in rows.iter().enumerate() {
        if row.is_empty() {
            strip.absent |= 1u32.wrapping_shl(index as u32);
        }
    }
    let most = size.columns.wrapping_sub(size.taps).checked_div(stride)?;
    let mut start = 0usize;
    while start < count {
        let outputs = count.wrapping_sub(start).min(most.wrapping_add(1));
        let under = Columns::under(job, size.taps, (start, outputs));
        let pairs = outputs.wrapping_add(size.odd_pair) / 2;
        (strip.pairs, strip.odd) = (pairs, outputs & 1);
        strip.line_bytes = pairs.wrapping_mul(stride).wrapping_mul(size.two);
        (strip.left, strip.right) = (under.left, under.right);
        strip.inside = under.inside.wrapping_mul(size.two);
        strip.whole = under.twos.wrapping_mul(size.two);
        let target = start.wrapping_mul(channels);
        let mut next = Some((0, channels / GROUP));
        while let Some((channel, groups)) = next {
            next = groups_behind(channel, channels);
            let pixel = under.from.wrapping_mul(channels).wrapping_add(channel);
            // The sixth row of five is any.
            for (index, start) in strip.rows.iter_mut().enumerate() {
                let row = rows.get(index).filter(|row| !row.is_empty());
                *start = row.unwrap_or(inner).as_ptr().wrapping_add(pixel);
            }
            if let Some(own) = job.outside.and_then(|pixel| pixel.get(channel..)) {
                (strip.padding, strip.padding_step) = (own.as_ptr(), GROUP);
            }
            let weights = channel.wrapping_mul(size.taps.wrapping_mul(size.taps));
            strip.bias = job.requant.bias.as_ptr().wrapping_add(channel);
            strip.multipliers = job.requant.multipliers.as_ptr().wrapping_add(channel);
            strip.weights = job.weights.values.as_ptr().wrapping_add(weights);
            strip.out = out.as_mut_ptr().wrapping_add(target).wrapping_add(channel);
            strip.groups = groups;
            // SAFETY: `fits`: each row that is not empty has `width` pixels of `channels` bytes, and there
            // are a bias, a multiplier and `taps` squared weights for each channel. Of a row the assembly
            // reads column 0 if `left` is 1 (a row has one), two times `inside` columns from `first` on,
            // and one more if `right` is 1: that is less than `width` then. It reads four bytes of each,
            // those of channel `channel` and behind, and so of each of `groups` groups; the last ends at
            // `channels` at most. `outside` has `channels` bytes, where there is one; else the same four
            // are read again. Instead of an empty row `inner` is read.
            // `twos` is half of `columns` at most, for which lines have room; with a kernel of 3 `left`,
            // `inside` and `right` make no more than that, since `end` is `width + 1` at most, and with one
            // of 5 the assembly ends at `whole`. Pairs of outputs read within the lines, and sums of 20
            // outputs lie behind them: `of_depthwise` has room for both, see above. The outputs of a strip
            // are a byte for each channel of the groups in the pixels from `start` on; there are `count`
            // of these in all, as many as `out` has.
            unsafe { (size.run)(&strip) };
        }
        start = start.wrapping_add(outputs);
    }
    clamp(job, out.get_mut(..count.wrapping_mul(channels))?);
    Some(())
}

/// The first channel of the groups of four behind all those that begin with `channel`, and how many groups:
/// where channels are no multiple of four, the last four come again.
pub(super) fn groups_behind(channel: usize, channels: usize) -> Option<(usize, usize)> {
    let again = channel == 0 && !channels.is_multiple_of(GROUP);
    again.then_some((channels.wrapping_sub(GROUP), 1))
}

/// Whether the assembly knows all but the rows of a job with a square kernel, of a row of so many outputs.
pub(super) fn is_fast(job: &Depthwise<'_>, taps: usize, count: usize, lines: &[i8]) -> bool {
    let half = taps / 2;
    // One past the column under the last tap of the last output.
    let end = || {
        let last = count.checked_sub(1)?.checked_mul(job.stride)?;
        last.checked_add(taps)?.checked_sub(job.pad_left)
    };
    matches!(job.stride, 1 | 2)
        && (job.multiplier, job.dilation) == (1, 1)
        && (job.input_bytes, job.output_bytes) == (1, 1)
        && job.weights.packing.depthwise_by_channel()
        && job.pad_left <= half
        && end().is_some_and(|end| end <= job.width.saturating_add(half))
        && job.channels >= GROUP
        && lines.len() >= of_depthwise(taps, 0).saturating_sub(4)
        && lines.as_ptr().addr().is_multiple_of(4)
}

/// The columns under some outputs, two by two: padding and perhaps column 0, then so many that lie
/// inside, then perhaps one more, and padding.
pub(super) struct Columns {
    /// Twos in all.
    pub(super) twos: usize,
    /// The first column inside.
    pub(super) from: usize,
    /// Columns of padding on the left.
    pub(super) left: usize,
    /// Twos up to the last whole one inside.
    pub(super) inside: usize,
    /// 0 if nothing is left, 1 if that begins with a column inside, else 2.
    pub(super) right: usize,
}

impl Columns {
    /// Under `count` outputs from `start` on, of a job that [`is_fast`].
    pub(super) fn under(job: &Depthwise<'_>, taps: usize, (start, count): (usize, usize)) -> Self {
        let under = count.wrapping_sub(1).wrapping_mul(job.stride);
        let twos = under.wrapping_add(taps).wrapping_add(1) / 2;
        let place = start.wrapping_mul(job.stride);
        let left = job.pad_left.saturating_sub(place);
        let from = place.saturating_sub(job.pad_left);
        let first = from.wrapping_add(left & 1);
        let left_twos = left.min(1);
        let width = job.width.saturating_sub(first);
        let inside = twos.saturating_sub(left_twos).min(width / 2);
        let right = match twos.wrapping_sub(left_twos).wrapping_sub(inside) {
            0 => 0,
            _ if width & 1 == 1 => 1,
            _ => 2,
        };
        Self {
            twos,
            from,
            left,
            inside: left_twos.wrapping_add(inside),
            right,
        }
    }
}

/// Clamps what the assembly has made, which knows no bounds but those of int8.
pub(super) fn clamp(job: &Depthwise<'_>, out: &mut [i8]) {
    let (lo, hi) = (job.requant.lo, job.requant.hi);
    if (lo, hi) != (i8::MIN.into(), i8::MAX.into()) {
        scalar::clamp_to(out, lo, hi);
    }
}
