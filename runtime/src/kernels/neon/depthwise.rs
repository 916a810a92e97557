//! Depthwise convolution over int8: a row of pixels, 16 channels at a time.
//!
//! Channels stand side by side in a register. The weights of 16 channels are taken out of the blob
//! once a row. Rows above and below the image are no case of their own: their weights become zeros,
//! what they would have added is added to the biases, and another row stands in their place. Columns
//! beside the image are read from a pixel of what stands outside.

use core::arch::aarch64::*;
use core::ops::Range;

use super::finish::Finish;
use super::five::{self, Five};
use super::three::{self, Three};
use super::vector::{load, load_half, load_words};
use crate::kernels::{Depthwise, scalar};

/// Channels at a time; half of them where there are fewer, in the lower half of a register.
pub(super) const LANES: usize = 16;
const HALF_LANES: usize = LANES / 2;
/// Most taps of a small kernel and of any, whole groups of four.
const FEW: usize = 28;
const MOST: usize = 52;

/// 16 channels of a row, ready to be multiplied; room for `N` taps.
pub(super) struct Group<const WIDE: bool, const N: usize> {
    /// Weights tap by tap, in groups of four; zeros past the last. A backend puts them into an order
    /// of its own.
    pub(super) weights: [int8x16_t; N],
    /// Taps, whole groups of four.
    pub(super) taps: usize,
    pub(super) bias: [int32x4_t; 4],
    pub(super) multipliers: [int32x4_t; 4],
    pub(super) finish: Finish<WIDE>,
}

impl<const WIDE: bool, const N: usize> Group<WIDE, N> {
    /// Requantizes and stores 16 channels, or the first eight of them.
    ///
    /// # Safety
    /// As many elements can be written at `out`.
    #[inline(always)]
    pub(super) unsafe fn finish<const HALF: bool>(
        &self,
        [a, b, c, d]: [int32x4_t; 4],
        out: *mut i8,
    ) {
        let [ma, mb, mc, md] = self.multipliers;
        let low = self.finish.narrow([a, b], [ma, mb]);
        if HALF {
            // SAFETY: the caller's promise.
            unsafe { self.finish.store(out, low) };
            return;
        }
        let high = self.finish.narrow([c, d], [mc, md]);
        // SAFETY: the caller's promise.
        unsafe { self.finish.store_sixteen(out, [low, high]) };
    }
}

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

/// A row of a [`Depthwise`]. The core must have the instructions of `T`.
#[inline(always)]
pub(super) fn depthwise<T: Taps + Three + Five>(
    job: &Depthwise<'_>,
    rows: &[&[i8]],
    out: &mut [i8],
    scratch: &mut [i8],
) {
    let fast = job.input_bytes == 1
        && job.multiplier == 1
        && job.channels >= HALF_LANES
        && (1..=MOST).contains(&job.taps())
        && !job.weights.packing.depthwise_by_channel()
        && rows.iter().any(|row| !row.is_empty())
        && job.fits(rows);
    let done = fast
        && match three::stride(job) {
            _ if job.channels < LANES => by_halves::<T>(job, rows, out),
            Some(stride) => three::depthwise::<T>(job, stride, rows, out),
            None if five::fits(job) => five::depthwise::<T>(job, rows, out),
            None => by_taps::<T>(job, rows, out),
        };
    if !done {
        scalar::depthwise(job, rows, out, scratch);
    }
}

/// Kernels of any size, if that can be done.
#[inline(never)]
fn by_taps<T: Taps>(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8]) -> bool {
    match (job.output_bytes, job.taps()) {
        (1, ..=FEW) => by_groups::<T, false, false, FEW>(job, rows, out),
        (1, _) => by_groups::<T, false, false, MOST>(job, rows, out),
        (_, ..=FEW) => by_groups::<T, false, true, FEW>(job, rows, out),
        _ => by_groups::<T, false, true, MOST>(job, rows, out),
    }
}

/// Eight to 15 channels, if that can be done.
#[inline(never)]
fn by_halves<T: Taps>(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8]) -> bool {
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

/// The weights and biases of 16 channels, or of eight.
///
/// # Safety
/// The job fits, and has as many channels from `first` on.
#[inline(always)]
pub(super) unsafe fn group<const HALF: bool, const WIDE: bool, const N: usize>(
    job: &Depthwise<'_>,
    rows: &[&[i8]],
    first: usize,
    finish: Finish<WIDE>,
) -> Group<WIDE, N> {
    // SAFETY: the caller's promise: a tap's weights are `channels` bytes, and so is the pixel that
    // stands outside; biases and multipliers are as many words.
    unsafe {
        let words = |from: &[[u8; 4]]| {
            let from = from
                .as_ptr()
                .cast::<i8>()
                .wrapping_add(first.wrapping_mul(4));
            let [a, b] = [0, 16].map(|at| load_words(from.wrapping_add(at)));
            if HALF {
                return [a, b, a, b];
            }
            let [c, d] = [32, 48].map(|at| load_words(from.wrapping_add(at)));
            [a, b, c, d]
        };
        let mut weights = [vdupq_n_s8(0); N];
        let mut bias = words(job.requant.bias);
        let mut from = job.weights.values.as_ptr().wrapping_add(first);
        let mut places = weights.iter_mut();
        for row in rows {
            for _ in 0..job.kernel[1] {
                let Some(place) = places.next() else { break };
                let tap = lanes::<HALF>(from);
                if row.is_empty() {
                    let products = products(tap, outside::<HALF>(job, first));
                    for (bias, products) in bias.iter_mut().zip(products) {
                        *bias = vaddq_s32(*bias, products);
                    }
                } else {
                    *place = tap;
                }
                from = from.wrapping_add(job.channels);
            }
        }
        Group {
            weights,
            taps: job.taps().next_multiple_of(4).min(N),
            bias,
            multipliers: words(job.requant.multipliers),
            finish,
        }
    }
}

/// Products of 16 channels.
#[inline(always)]
pub(super) fn products(a: int8x16_t, b: int8x16_t) -> [int32x4_t; 4] {
    // SAFETY: every AArch64 core that Rust builds for has NEON.
    unsafe {
        let (low, high) = (
            vmull_s8(vget_low_s8(a), vget_low_s8(b)),
            vmull_high_s8(a, b),
        );
        [
            vmovl_s16(vget_low_s16(low)),
            vmovl_high_s16(low),
            vmovl_s16(vget_low_s16(high)),
            vmovl_high_s16(high),
        ]
    }
}

/// 16 channels, or eight and as many zeros.
///
/// # Safety
/// As many bytes can be read.
#[inline(always)]
pub(super) unsafe fn lanes<const HALF: bool>(from: *const i8) -> int8x16_t {
    // SAFETY: the caller's promise.
    unsafe {
        if HALF {
            vcombine_s8(load_half(from), vdup_n_s8(0))
        } else {
            load(from)
        }
    }
}

/// What stands outside the image in 16 channels, or in eight.
///
/// # Safety
/// The job fits, and has as many channels from `first` on.
#[inline(always)]
pub(super) unsafe fn outside<const HALF: bool>(job: &Depthwise<'_>, first: usize) -> int8x16_t {
    // SAFETY: the caller's promise.
    unsafe {
        match job.outside {
            Some(pixel) => lanes::<HALF>(pixel.as_ptr().wrapping_add(first)),
            None => vdupq_n_s8(job.zero_point),
        }
    }
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

/// Where 16 channels of a row begin; another row stands in for one without a byte.
#[inline(always)]
pub(super) fn base(rows: &[&[i8]], row: &[i8], first: usize) -> *const i8 {
    let any = || rows.iter().copied().find(|row| !row.is_empty());
    let row = if row.is_empty() {
        any().unwrap_or_default()
    } else {
        row
    };
    row.as_ptr().wrapping_add(first)
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
