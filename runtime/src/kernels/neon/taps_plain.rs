//! Depthwise taps with `smull`, two at a time, for cores with plain NEON.

use core::arch::aarch64::*;

use super::depthwise::{Group, lanes};
use super::five::{Five, TAPS};
use super::taps::Taps;
use super::tile_plain::Plain;

/// Adds sums of 16 bits to those of 32.
#[inline(always)]
pub(super) fn widen(
    [a, b, c, d]: [int32x4_t; 4],
    low: int16x8_t,
    high: int16x8_t,
) -> [int32x4_t; 4] {
    // SAFETY: every AArch64 core that Rust builds for has NEON.
    unsafe {
        [
            vaddw_s16(a, vget_low_s16(low)),
            vaddw_high_s16(b, low),
            vaddw_s16(c, vget_low_s16(high)),
            vaddw_high_s16(d, high),
        ]
    }
}

/// Adds two products to each of 16 sums; they fit 16 bits, since no weight is -128.
#[inline(always)]
fn add_two(
    acc: [int32x4_t; 4],
    (x, w): (int8x16_t, int8x16_t),
    (y, v): (int8x16_t, int8x16_t),
) -> [int32x4_t; 4] {
    // SAFETY: every AArch64 core that Rust builds for has NEON.
    unsafe {
        let low = vmull_s8(vget_low_s8(x), vget_low_s8(w));
        let high = vmull_high_s8(x, w);
        let low = vmlal_s8(low, vget_low_s8(y), vget_low_s8(v));
        let high = vmlal_high_s8(high, y, v);
        widen(acc, low, high)
    }
}

impl Taps for Plain {
    #[inline(always)]
    fn arrange<const WIDE: bool, const N: usize>(_: &mut Group<WIDE, N>) {}

    #[inline(always)]
    unsafe fn pixel<const HALF: bool, const WIDE: bool, const N: usize>(
        group: &Group<WIDE, N>,
        places: &[*const i8; N],
        offset: usize,
        out: *mut i8,
    ) {
        let mut acc = group.bias;
        let weights = group.weights.as_chunks::<2>().0.iter();
        let places = places.as_chunks::<2>().0.iter();
        for (&[w, v], places) in weights.zip(places).take(group.taps / 2) {
            // SAFETY: the caller's promise.
            unsafe {
                let [x, y] = places.map(|place| lanes::<HALF>(place.wrapping_add(offset)));
                acc = add_two(acc, (x, w), (y, v));
            }
        }
        // SAFETY: the caller's promise.
        unsafe { group.finish::<HALF>(acc, out) };
    }
}

/// A column is as it is; taps are taken two by two, column by column.
impl Five for Plain {
    type Column = [int8x16_t; 5];

    #[inline(always)]
    fn column(rows: [int8x16_t; 5]) -> Self::Column {
        rows
    }

    #[inline(always)]
    fn arrange(weights: &mut [int8x16_t; TAPS]) {
        let rows = *weights;
        let rows = rows.as_chunks::<5>().0;
        for (j, column) in weights.as_chunks_mut::<5>().0.iter_mut().enumerate() {
            for (tap, row) in column.iter_mut().zip(rows) {
                *tap = *row.get(j).unwrap_or(tap);
            }
        }
    }

    #[inline(always)]
    unsafe fn pixel(
        weights: &[int8x16_t; TAPS],
        mut acc: [int32x4_t; 4],
        columns: [&Self::Column; 5],
    ) -> [int32x4_t; 4] {
        let [a, b, c, d, e] = columns;
        // Twice two taps of each column, and the fifth ones.
        let columns = weights.as_chunks::<5>().0;
        for (x, w) in [a, b, c, d, e].into_iter().zip(columns) {
            acc = add_two(acc, (x[0], w[0]), (x[1], w[1]));
            acc = add_two(acc, (x[2], w[2]), (x[3], w[3]));
        }
        acc = add_two(acc, (a[4], weights[4]), (b[4], weights[9]));
        acc = add_two(acc, (c[4], weights[14]), (d[4], weights[19]));
        let (x, w) = (e[4], weights[24]);
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
