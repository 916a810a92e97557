//! Depthwise kernels of three by three, by far the most common: a row of pixels, eight channels at a time.
//!
//! Columns come in runs: those beside the image on the left, those of the image, those on its right. What
//! stands beside the image is read again and again from one place. Where a row is above or below the image,
//! another stands in its place, with weights of zero.

use super::constants::Constants;
use super::depthwise::LANES;
use crate::kernels::Depthwise;

assembly!("three.s");

unsafe extern "C" {
    /// Eight channels of a row of pixels, for windows that move by a column.
    fn tidbit_three_1(row: &Row);
    /// The same by two columns.
    fn tidbit_three_2(row: &Row);
}

/// Columns that lie one behind the other.
#[derive(Clone, Copy)]
#[repr(C)]
struct Run {
    /// The next one, in each row.
    rows: [*const i8; 3],
    /// Bytes from one to the next.
    step: usize,
    /// How many.
    count: usize,
}

/// Eight channels of a row of pixels, in the order in which the assembly takes it.
#[repr(C)]
struct Row {
    /// Columns from the left on, three runs of them; the last one without end.
    runs: *const Run,
    out: *mut i8,
    /// Bytes from one output pixel to the next.
    step: usize,
    /// Output pixels, at least one.
    pixels: usize,
    weights: *const i8,
    /// Bytes from a tap's weights to the next one's.
    channels: usize,
    bias: *const [u8; 4],
    multipliers: *const [u8; 4],
    constants: *const Constants,
    kind: u32,
    /// Eight bytes that stand outside the image.
    beyond: *const i8,
    /// A bit for each row that is in the image.
    present: u32,
}

/// The stride of a job that these loops can do.
pub(super) fn stride(job: &Depthwise<'_>, rows: &[&[i8]]) -> Option<usize> {
    let fits = job.kernel == [3, 3]
        && job.dilation == 1
        && job.output_bytes == 1
        && rows.iter().any(|row| !row.is_empty());
    (fits && (1..=2).contains(&job.stride)).then_some(job.stride)
}

/// A row of a job that fits and has eight channels or more, of a kernel of three by three, a window that
/// moves by one or two columns, and a row that is not empty.
pub(super) fn row(
    job: &Depthwise<'_>,
    stride: usize,
    rows: &[&[i8]],
    out: &mut [i8],
    constants: &Constants,
) -> Option<()> {
    let &[a, b, c] = rows else { return None };
    let any = rows.iter().copied().find(|row| !row.is_empty())?;
    let bases = [a, b, c].map(|row| if row.is_empty() { any } else { row }.as_ptr());
    let bits = [(a, 1), (b, 2), (c, 4)].map(|(row, bit)| if row.is_empty() { 0 } else { bit });
    let pixels = out.len().checked_div(job.channels)?;
    if pixels == 0 {
        return Some(());
    }
    let zero_point = [job.zero_point; LANES];
    let last = job.channels.checked_sub(LANES)?;
    for start in (0..job.channels).step_by(LANES) {
        // The last eight channels, some of them for a second time, where less than eight are left.
        let first = start.min(last);
        let beyond = match job.outside {
            Some(pixel) => pixel.as_ptr().wrapping_add(first),
            None => zero_point.as_ptr(),
        };
        let outside = Run {
            rows: [beyond; 3],
            step: 0,
            count: job.pad_left,
        };
        let image = Run {
            rows: bases.map(|row| row.wrapping_add(first)),
            step: job.channels,
            count: job.width,
        };
        let endless = Run {
            count: usize::MAX,
            ..outside
        };
        let runs = [outside, image, endless];
        let row = Row {
            runs: runs.as_ptr(),
            out: out.as_mut_ptr().wrapping_add(first),
            step: job.channels,
            pixels,
            weights: job.weights.values.as_ptr().wrapping_add(first),
            channels: job.channels,
            bias: job.requant.bias.as_ptr().wrapping_add(first),
            multipliers: job.requant.multipliers.as_ptr().wrapping_add(first),
            constants,
            kind: constants.kind(),
            beyond,
            present: bits.iter().sum(),
        };
        // SAFETY: the job fits, so eight channels from `first` on are there of nine taps, of biases and
        // multipliers, of what stands outside, of each of `width` columns of every row that is not empty,
        // and of as many pixels as `out` has room for. `outside` stays before and behind the image.
        unsafe {
            if stride == 1 {
                tidbit_three_1(&row);
            } else {
                tidbit_three_2(&row);
            }
        }
    }
    Some(())
}
