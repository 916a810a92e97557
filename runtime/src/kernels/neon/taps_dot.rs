//! Depthwise taps with `sdot`, four at a time.
//!
//! What four taps read is transposed, so that a word holds a channel's four elements: two rounds of
//! zips turn four registers of 16 channels into four of four channels. `sdot` then adds four products
//! to each of four channels.

use core::arch::aarch64::*;
use core::arch::asm;

use super::depthwise::{Group, lanes};
use super::five::{Five, TAPS};
use super::taps::Taps;
use super::taps_plain::widen;
use super::tile_dot::Dot;

/// Four registers of 16 bytes each, to four with word after word a byte of each of the four.
#[inline(always)]
pub(super) fn transpose([a, b, c, d]: [int8x16_t; 4]) -> [int8x16_t; 4] {
    // SAFETY: every AArch64 core that Rust builds for has NEON.
    unsafe {
        let [low, high] = [vzip1q_s8(a, b), vzip2q_s8(a, b)].map(|x| vreinterpretq_s16_s8(x));
        let [low_2, high_2] = [vzip1q_s8(c, d), vzip2q_s8(c, d)].map(|x| vreinterpretq_s16_s8(x));
        [
            vzip1q_s16(low, low_2),
            vzip2q_s16(low, low_2),
            vzip1q_s16(high, high_2),
            vzip2q_s16(high, high_2),
        ]
        .map(|x| vreinterpretq_s8_s16(x))
    }
}

/// Adds four products in each of four lanes.
///
/// # Safety
/// The core has dot products.
#[inline(always)]
unsafe fn sdot(mut acc: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    // SAFETY: the caller's promise.
    unsafe {
        asm!(
            ".arch_extension dotprod",
            "sdot {0:v}.4s, {1:v}.16b, {2:v}.16b",
            inout(vreg) acc,
            in(vreg) a,
            in(vreg) b,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    acc
}

impl Taps for Dot {
    #[inline(always)]
    fn arrange<const WIDE: bool, const N: usize>(group: &mut Group<WIDE, N>) {
        let fours = group.weights.as_chunks_mut::<4>().0;
        for four in fours.iter_mut().take(group.taps / 4) {
            *four = transpose(*four);
        }
    }

    #[inline(always)]
    unsafe fn pixel<const HALF: bool, const WIDE: bool, const N: usize>(
        group: &Group<WIDE, N>,
        places: &[*const i8; N],
        offset: usize,
        out: *mut i8,
    ) {
        let mut acc = group.bias;
        let weights = group.weights.as_chunks::<4>().0.iter();
        let places = places.as_chunks::<4>().0.iter();
        for (weights, places) in weights.zip(places).take(group.taps / 4) {
            // SAFETY: the caller's promise.
            unsafe {
                let elements =
                    transpose(places.map(|place| lanes::<HALF>(place.wrapping_add(offset))));
                for (acc, (a, b)) in acc.iter_mut().zip(elements.into_iter().zip(*weights)) {
                    *acc = sdot(*acc, a, b);
                }
            }
        }
        // SAFETY: the caller's promise.
        unsafe { group.finish::<HALF>(acc, out) };
    }
}

/// A column is four rows transposed, and the fifth as it is. Four elements of the fifth row are
/// transposed for each pixel, the last one is multiplied by itself.
impl Five for Dot {
    type Column = ([int8x16_t; 4], int8x16_t);

    #[inline(always)]
    fn column([a, b, c, d, last]: [int8x16_t; 5]) -> Self::Column {
        (transpose([a, b, c, d]), last)
    }

    #[inline(always)]
    fn arrange(weights: &mut [int8x16_t; TAPS]) {
        let rows = *weights;
        let rows = rows.as_chunks::<5>().0;
        let &[a, b, c, d, [e, f, g, h, last]] = rows else {
            return;
        };
        let fours = weights.as_chunks_mut::<4>().0.iter_mut();
        let columns = (0..5).map(|j| [a, b, c, d].map(|row| *row.get(j).unwrap_or(&last)));
        for (four, taps) in fours.zip(columns.chain([[e, f, g, h]])) {
            *four = transpose(taps);
        }
        weights[24] = last;
    }

    #[inline(always)]
    unsafe fn pixel(
        weights: &[int8x16_t; TAPS],
        mut acc: [int32x4_t; 4],
        columns: [&Self::Column; 5],
    ) -> [int32x4_t; 4] {
        let [a, b, c, d, e] = columns;
        let row = transpose([a.1, b.1, c.1, d.1]);
        let fours = [&a.0, &b.0, &c.0, &d.0, &e.0, &row];
        for (four, weights) in fours.into_iter().zip(weights.as_chunks::<4>().0) {
            for (acc, (&x, &w)) in acc.iter_mut().zip(four.iter().zip(weights)) {
                // SAFETY: the caller's promise.
                *acc = unsafe { sdot(*acc, x, w) };
            }
        }
        let (x, w) = (e.1, weights[24]);
        // SAFETY: every AArch64 core that Rust builds for has NEON.
        unsafe {
            widen(
                acc,
                vmull_s8(vget_low_s8(x), vget_low_s8(w)),
                vmull_high_s8(x, w),
            )
        }
    }
}
