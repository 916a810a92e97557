//! Pools: sums of pixels, and averages of sums.

use super::constants::Constants;
use crate::kernels::{Average, scalar};

assembly!("pool.s");

unsafe extern "C" {
    /// `count` times 16 elements.
    fn tidbit_sum(sums: *mut [u8; 4], pixel: *const i8, count: usize);
    fn tidbit_average(sums: *const [u8; 4], out: *mut i8, means: &Means);
}

/// What the assembly takes of [`Average`], in the order in which it does.
#[repr(C)]
struct Means {
    /// Times eight sums.
    count: usize,
    constants: *const Constants,
    offset: i32,
    multiplier: i32,
}

/// Adds a pixel to sums kept as little-endian i32.
pub(super) fn sum_into(sums: &mut [[u8; 4]], pixel: &[i8]) {
    let count = sums.len().min(pixel.len()) / 16;
    if count > 0 {
        // SAFETY: both slices have `count` times 16 elements, and nobody else has the sums.
        unsafe { tidbit_sum(sums.as_mut_ptr(), pixel.as_ptr(), count) };
    }
    let first = count.wrapping_mul(16);
    let (sums, pixel) = (sums.get_mut(first..), pixel.get(first..));
    scalar::sum_into(sums.unwrap_or_default(), pixel.unwrap_or_default());
}

/// Sums to elements.
pub(super) fn average(sums: &[[u8; 4]], by: &Average, out: &mut [i8]) {
    let Some(constants) = Constants::with(by.shift, by.zero_point, (by.lo, by.hi), 1) else {
        return scalar::average(sums, by, out);
    };
    let count = sums.len().min(out.len()) / 8;
    if count > 0 {
        let means = Means {
            count,
            constants: &raw const constants,
            offset: by.offset,
            multiplier: by.multiplier,
        };
        // SAFETY: there are `count` times eight sums, and as many elements to write.
        unsafe { tidbit_average(sums.as_ptr(), out.as_mut_ptr(), &means) };
    }
    let first = count.wrapping_mul(8);
    let (sums, out) = (sums.get(first..), out.get_mut(first..));
    scalar::average(sums.unwrap_or_default(), by, out.unwrap_or_default());
}
