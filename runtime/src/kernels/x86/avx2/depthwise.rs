//! Depthwise convolution: 16 channels at a time, and two taps at a time.
//!
//! Bytes of two taps are widened to 16 bits and interleaved, so that `vpmaddwd` multiplies both by their
//! weights and adds them up in each channel's lane. Where 16 does not divide the channels, the last of them
//! are made twice.

use core::arch::x86_64::*;

use super::requant::{Finish, load_words};
use crate::kernels::{Depthwise, scalar};

/// Channels at a time.
const BLOCK: usize = 16;
/// Most taps of a kernel; larger ones go to the scalar kernel.
const MOST: usize = 64;

/// A row of a [`Depthwise`].
pub fn depthwise(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8], scratch: &mut [i8]) {
    let ours = (job.input_bytes, job.output_bytes, job.multiplier) == (1, 1, 1)
        && !job.weights.packing.depthwise_by_channel()
        && job.taps() <= MOST
        && job.channels >= 8
        && job.fits(rows);
    let Some(beyond) = scratch.get_mut(..job.channels).filter(|_| ours) else {
        return scalar::depthwise(job, rows, out, scratch);
    };
    match job.outside {
        Some(pixel) => beyond.copy_from_slice(pixel),
        None => beyond.fill(job.zero_point),
    }
    let mut first = 0;
    while first < job.channels {
        let width = job.channels.min(BLOCK);
        let start = first.min(job.channels.wrapping_sub(width));
        // SAFETY: the table of this backend is handed out only where its instructions exist; `fits` was
        // asked, `beyond` is a pixel, and there are `width` channels from `start` on.
        unsafe { block(job, (rows, beyond), out, (start, width)) };
        first = first.wrapping_add(BLOCK);
    }
}

/// `width` channels (8 to 16) from `first` on, of a whole row.
///
/// # Safety
/// `job.fits` of the rows; `beyond` is a pixel; the channels exist.
#[target_feature(enable = "avx2")]
unsafe fn block(
    job: &Depthwise<'_>,
    (rows, beyond): (&[&[i8]], &[i8]),
    out: &mut [i8],
    (first, width): (usize, usize),
) {
    let zero = _mm256_setzero_si256();
    let finish = Finish::new(&job.requant);
    // SAFETY: words of channels that exist.
    let words = |all: &[[u8; 4]]| unsafe {
        let at = all.as_ptr().add(first).cast::<i8>();
        let (low, high) = (
            load_words(at, 8),
            load_words(at.add(32), width.wrapping_sub(8)),
        );
        // Interleaving takes channels 0 to 3 and 8 to 11 first.
        [
            _mm256_permute2x128_si256::<0x20>(low, high),
            _mm256_permute2x128_si256::<0x31>(low, high),
        ]
    };
    let (bias, multipliers) = (words(job.requant.bias), words(job.requant.multipliers));
    let mut weights = [[zero; 2]; MOST / 2];
    for (pair, weights) in weights.iter_mut().enumerate() {
        let tap = |number: usize| {
            if number >= job.taps() {
                return zero;
            }
            let place = number.wrapping_mul(job.channels).wrapping_add(first);
            // SAFETY: each tap has a weight for every channel.
            unsafe { load(job.weights.values.as_ptr().add(place), width) }
        };
        *weights = interleave(
            tap(pair.wrapping_mul(2)),
            tap(pair.wrapping_mul(2).wrapping_add(1)),
        );
    }
    let columns = job.kernel[1];
    // What is behind the last tap of an odd number has no weight.
    let mut taps = [beyond.as_ptr().wrapping_add(first); MOST];
    for (x, pixel) in out.chunks_exact_mut(job.channels.max(1)).enumerate() {
        let left = x.wrapping_mul(job.stride).wrapping_sub(job.pad_left);
        let mut places = taps.iter_mut();
        for row in rows {
            for (j, place) in (0..columns).zip(&mut places) {
                let column = left.wrapping_add(j.wrapping_mul(job.dilation));
                // Left of the image it wraps to a number greater than any width; a row outside the image
                // has no byte.
                let inside = column < job.width && !row.is_empty();
                let pixel = if inside {
                    row.as_ptr().wrapping_add(column.wrapping_mul(job.channels))
                } else {
                    beyond.as_ptr()
                };
                *place = pixel.wrapping_add(first);
            }
        }
        let mut acc = bias;
        let used = job.taps().div_ceil(2);
        for ([a, b], weights) in taps.as_chunks::<2>().0.iter().zip(&weights).take(used) {
            // SAFETY: pixels of the rows, or the one outside the image; `width` channels from `first` on.
            let [low, high] = unsafe { interleave(load(*a, width), load(*b, width)) };
            acc[0] = _mm256_add_epi32(acc[0], _mm256_madd_epi16(low, weights[0]));
            acc[1] = _mm256_add_epi32(acc[1], _mm256_madd_epi16(high, weights[1]));
        }
        if finish.shifts {
            acc = [finish.shifted(acc[0]), finish.shifted(acc[1])];
        }
        let low = finish.scale(acc[0], multipliers[0]);
        let high = finish.scale(acc[1], multipliers[1]);
        // The lower half has the first eight channels, the upper half the others.
        let bytes = finish.pack([low, high, zero, zero]);
        let bytes = _mm256_castsi256_si128(_mm256_permute4x64_epi64::<0x08>(bytes));
        let mut elements = [0i8; BLOCK];
        // SAFETY: 16 bytes are there.
        unsafe { _mm_storeu_si128(elements.as_mut_ptr().cast(), bytes) };
        if let (Some(to), Some(from)) = (
            pixel.get_mut(first..first.wrapping_add(width)),
            elements.get(..width),
        ) {
            to.copy_from_slice(from);
        }
    }
}

/// `width` bytes (8 to 16), widened; what is behind them is 0.
///
/// # Safety
/// They can be read.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load(at: *const i8, width: usize) -> __m256i {
    // SAFETY: 16 bytes where there are so many, else two overlapping eights within `width`.
    let bytes = unsafe {
        if width >= BLOCK {
            _mm_loadu_si128(at.cast())
        } else {
            let low = at.cast::<i64>().read_unaligned();
            let end = at.add(width.wrapping_sub(8)).cast::<u64>().read_unaligned();
            let twice = 16usize.wrapping_sub(width).wrapping_mul(8) as u32;
            let high = end.checked_shr(twice).unwrap_or(0);
            _mm_set_epi64x(high.cast_signed(), low)
        }
    };
    _mm256_cvtepi8_epi16(bytes)
}

/// Words of both in turn: channels 0 to 3 and 8 to 11, then 4 to 7 and 12 to 15.
#[inline]
#[target_feature(enable = "avx2")]
fn interleave(a: __m256i, b: __m256i) -> [__m256i; 2] {
    [_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)]
}
