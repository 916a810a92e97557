//! Functions of one element: a table for all 256 int8, or a line between points for int16.

use crate::kernels::Element;

/// `table[x + 128]`.
#[inline(always)]
fn entry(table: &[i8; 256], x: i8) -> i8 {
    table.get(usize::from(x as u8 ^ 0x80)).copied().unwrap_or(0)
}

/// `table[x + 128]`, element by element.
pub fn lookup(table: &[i8; 256], input: &[i8], out: &mut [i8]) {
    for (q, &x) in out.iter_mut().zip(input) {
        *q = entry(table, x);
    }
}

/// A function of int16 by straight lines between 257 points, one every 128 steps of the input from
/// -16384 on.
///
/// Points are little-endian i16 with `shift - 7` bits behind the point. With `x` held within -16384
/// and 16383, `i = (x + 16384) >> 7` and `f = (x + 16384) & 127` the result is
/// `(points[i] * (128 - f) + points[i + 1] * f + 2^(shift - 1)) >> shift`.
pub fn interpolate<Q: Element>(
    points: &[[u8; 2]; 257],
    shift: u8,
    input: &[[u8; 2]],
    out: &mut [Q],
) {
    let half = 1i32.wrapping_shl(u32::from(shift)) >> 1;
    for (q, x) in out.iter_mut().zip(input) {
        let place = x.value().clamp(-16384, 16383).wrapping_add(16384);
        let (f, at) = (place & 127, (place >> 7) as usize);
        let point = |at: usize| {
            let point = points.get(at).copied().unwrap_or_default();
            i32::from(i16::from_le_bytes(point))
        };
        let below = point(at).wrapping_mul(128i32.wrapping_sub(f));
        let above = point(at.wrapping_add(1)).wrapping_mul(f);
        let sum = below.wrapping_add(above).wrapping_add(half);
        *q = Q::of(sum.wrapping_shr(u32::from(shift)));
    }
}

/// As [`lookup`], with the result in the place of the input.
pub fn lookup_in_place(table: &[i8; 256], values: &mut [i8]) {
    for x in values {
        *x = entry(table, *x);
    }
}
