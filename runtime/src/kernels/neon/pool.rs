//! Pools: sums of pixels, and averages of sums.

use core::arch::aarch64::*;

use super::finish::{Finish, eight};
use super::vector::{load, load_words, store_words};
use crate::kernels::{Average, scalar};

/// Adds a pixel to sums kept as little-endian i32.
pub(super) fn sum_into(sums: &mut [[u8; 4]], pixel: &[i8]) {
    let len = sums.len().min(pixel.len());
    let (sums, _) = sums.split_at_mut(len);
    let (pixel, _) = pixel.split_at(len);
    let (whole, rest) = pixel.as_chunks::<16>();
    let (to, to_rest) = sums.as_chunks_mut::<16>();
    for (sums, from) in to.iter_mut().zip(whole) {
        let sums = sums.as_mut_ptr().cast::<i8>();
        // SAFETY: 16 bytes of the pixel and 64 of the sums.
        unsafe {
            let x = load(from.as_ptr());
            let (low, high) = (vmovl_s8(vget_low_s8(x)), vmovl_high_s8(x));
            let at = |place: usize| sums.wrapping_add(place);
            store_words(at(0), vaddw_s16(load_words(at(0)), vget_low_s16(low)));
            store_words(at(16), vaddw_high_s16(load_words(at(16)), low));
            store_words(at(32), vaddw_s16(load_words(at(32)), vget_low_s16(high)));
            store_words(at(48), vaddw_high_s16(load_words(at(48)), high));
        }
    }
    scalar::sum_into(to_rest, rest);
}

/// Sums to elements.
pub(super) fn average(sums: &[[u8; 4]], by: &Average, out: &mut [i8]) {
    let Some(finish) = Finish::<false>::with(by.shift, by.zero_point, (by.lo, by.hi)) else {
        return scalar::average(sums, by, out);
    };
    let len = sums.len().min(out.len());
    let (whole, rest) = sums.split_at(len).0.as_chunks::<8>();
    let (to, to_rest) = out.split_at_mut(len).0.as_chunks_mut::<8>();
    for (sums, to) in whole.iter().zip(to) {
        // SAFETY: eight sums of four bytes, and eight bytes to write.
        unsafe {
            let offset = vdupq_n_s32(by.offset);
            let acc = eight(sums.as_ptr()).map(|sum| vsubq_s32(sum, offset));
            let multipliers = [vdupq_n_s32(by.multiplier); 2];
            finish.store(to.as_mut_ptr(), finish.narrow(acc, multipliers));
        }
    }
    scalar::average(rest, by, to_rest);
}
