//! Depthwise convolution over int8: a row of pixels, 16 channels at a time.
//!
//! Channels stand side by side in a register. The weights of 16 channels are taken out of the blob
//! once a row. Rows above and below the image are no case of their own: their weights become zeros,
//! what they would have added is added to the biases, and another row stands in their place. Columns
//! beside the image are read from a pixel of what stands outside.

use core::arch::aarch64::*;

use super::finish::Finish;
use super::five::{self, Five};
use super::taps::{self, Taps};
use super::three::{self, Three};
use super::vector::{load, load_half, load_words};
use crate::kernels::{Depthwise, scalar};

/// Channels at a time.
pub(super) const LANES: usize = 16;
/// Channels at a time where there are fewer, in the lower half of a register.
pub(super) const HALF_LANES: usize = LANES / 2;
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
        && (1..=taps::MOST).contains(&job.taps())
        && !job.weights.packing.depthwise_by_channel()
        && rows.iter().any(|row| !row.is_empty())
        && job.fits(rows);
    let done = fast
        && match three::stride(job) {
            _ if job.channels < LANES => taps::by_halves::<T>(job, rows, out),
            Some(stride) => three::depthwise::<T>(job, stride, rows, out),
            None if five::fits(job) => five::depthwise::<T>(job, rows, out),
            None => taps::by_taps::<T>(job, rows, out),
        };
    if !done {
        scalar::depthwise(job, rows, out, scratch);
    }
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
