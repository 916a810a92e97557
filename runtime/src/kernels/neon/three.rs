//! Depthwise kernels of three by three, by far the most common: a row of pixels, 16 channels at a time.
//!
//! A loop goes along the row, column by column, and keeps the columns that windows share in registers.
//! Columns come in runs: those beside the image on the left, those of the image, those on its right.
//! What stands beside the image is read again and again from one place.

use core::arch::aarch64::{int8x16_t, int32x4_t, vaddq_s32, vdupq_n_s8};

use super::depthwise::{LANES, base, outside, products};
use super::finish::Finish;
use super::vector::{load, load_words};
use crate::kernels::Depthwise;

/// Columns that lie one behind the other.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    /// The next one, in each row.
    pub(super) rows: [*const i8; 3],
    /// Bytes from one to the next.
    pub(super) step: usize,
    /// How many.
    pub(super) count: usize,
}

/// 16 channels of a row of pixels.
pub(super) struct Row {
    /// Columns from the left on, and those behind them. After these comes `beyond`, without end.
    pub(super) columns: [Columns; 2],
    /// 16 bytes that stand outside the image.
    pub(super) beyond: *const i8,
    pub(super) out: *mut i8,
    /// Bytes from one output pixel to the next.
    pub(super) out_step: usize,
    /// Output pixels, at least one.
    pub(super) count: usize,
    pub(super) bias: [int32x4_t; 4],
    pub(super) multipliers: *const [u8; 4],
    pub(super) finish: Finish<false>,
}

/// How a core multiplies.
pub(super) trait Three {
    /// Makes the pixels of a row; windows move by `STRIDE` columns, 1 or 2. Weights come by rows.
    ///
    /// # Safety
    /// The core has the instructions. 16 bytes can be read of all columns and of `beyond`, and
    /// written of all pixels; there are 16 multipliers.
    unsafe fn row<const STRIDE: usize>(weights: &[[int8x16_t; 3]; 3], row: &Row);
}

/// The stride of a job that these loops can do.
pub(super) fn stride(job: &Depthwise<'_>) -> Option<usize> {
    let fits = job.kernel == [3, 3] && job.dilation == 1 && job.output_bytes == 1;
    (fits && (1..=2).contains(&job.stride)).then_some(job.stride)
}

/// A row of a job that fits, of 16 channels or more and with a row that is not empty, if that can be
/// done.
#[inline(always)]
pub(super) fn depthwise<T: Three>(
    job: &Depthwise<'_>,
    stride: usize,
    rows: &[&[i8]],
    out: &mut [i8],
) -> bool {
    let (Some(finish), &[a, b, c]) = (Finish::<false>::of(&job.requant), rows) else {
        return false;
    };
    let pixels = out.len().checked_div(job.channels).unwrap_or(0);
    if pixels == 0 {
        return true;
    }
    let bases = [a, b, c].map(|row| base(rows, row, 0));
    let present = [a, b, c].map(|row| !row.is_empty());
    let mut start = 0;
    while start < job.channels {
        // The last 16 channels, some of them for a second time, where less than 16 are left.
        let first = start.min(job.channels.wrapping_sub(LANES));
        // SAFETY: the job fits, so 16 channels from `first` on are there of weights, biases and
        // multipliers, of what stands outside, of every column and of as many pixels as `out` has
        // room for.
        unsafe {
            let beyond = outside::<false>(job, first);
            let beside = Columns {
                rows: [(&raw const beyond).cast(); 3],
                step: 0,
                count: job.pad_left,
            };
            let image = Columns {
                rows: bases.map(|row| row.wrapping_add(first)),
                step: job.channels,
                count: job.width,
            };
            let (weights, bias) = weights(job, first, present, beyond);
            let row = Row {
                columns: [beside, image],
                beyond: (&raw const beyond).cast(),
                out: out.as_mut_ptr().wrapping_add(first),
                out_step: job.channels,
                count: pixels,
                bias,
                multipliers: job.requant.multipliers.as_ptr().wrapping_add(first),
                finish,
            };
            if stride == 1 {
                T::row::<1>(&weights, &row);
            } else {
                T::row::<2>(&weights, &row);
            }
        }
        start = start.wrapping_add(LANES);
    }
    true
}

/// Weights and biases of 16 channels. Rows that are not there have weights of 0, and what they would
/// have added is in the biases.
///
/// # Safety
/// The job fits, has a kernel of three by three and 16 channels from `first` on.
#[inline(always)]
unsafe fn weights(
    job: &Depthwise<'_>,
    first: usize,
    present: [bool; 3],
    beyond: int8x16_t,
) -> ([[int8x16_t; 3]; 3], [int32x4_t; 4]) {
    // SAFETY: the caller's promise: nine taps of `channels` bytes, and as many words.
    unsafe {
        let from = job.requant.bias.as_ptr().wrapping_add(first).cast::<i8>();
        let mut bias = [0, 16, 32, 48].map(|at| load_words(from.wrapping_add(at)));
        let from = job.weights.values.as_ptr().wrapping_add(first);
        let taps = [0, 1, 2].map(|i: usize| {
            [0, 1, 2].map(|j: usize| {
                let tap = i.wrapping_mul(3).wrapping_add(j);
                load(from.wrapping_add(tap.wrapping_mul(job.channels)))
            })
        });
        let mut weights = taps;
        for (row, present) in weights.iter_mut().zip(present) {
            if !present {
                for tap in row {
                    for (bias, product) in bias.iter_mut().zip(products(*tap, beyond)) {
                        *bias = vaddq_s32(*bias, product);
                    }
                    *tap = vdupq_n_s8(0);
                }
            }
        }
        (weights, bias)
    }
}
