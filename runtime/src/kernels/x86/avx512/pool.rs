//! Average pools: sums of 32 bits, kept as little-endian bytes, and the averages of them.

use core::arch::x86_64::*;

use super::requant::{Finish, first16};
use crate::kernels::{Average, Requant};

/// As `Kernels::sum_into`.
pub fn sum_into(sums: &mut [[u8; 4]], pixel: &[i8]) {
    // SAFETY: the table of this backend is handed out only where its instructions exist.
    unsafe { add_pixel(sums, pixel) }
}

/// As `Kernels::average`.
pub fn average(sums: &[[u8; 4]], by: &Average, out: &mut [i8]) {
    // SAFETY: as in `sum_into`.
    unsafe { averages(sums, by, out) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn add_pixel(sums: &mut [[u8; 4]], pixel: &[i8]) {
    let len = sums.len().min(pixel.len());
    let mut at = 0;
    while at < len {
        let lanes = first16(len.wrapping_sub(at));
        let place = sums.as_mut_ptr().wrapping_add(at).cast::<i32>();
        // SAFETY: the mask holds loads and the store within `len` elements and sums.
        unsafe {
            let x = _mm_maskz_loadu_epi8(lanes, pixel.as_ptr().add(at));
            let sum = _mm512_maskz_loadu_epi32(lanes, place);
            let sum = _mm512_add_epi32(sum, _mm512_cvtepi8_epi32(x));
            _mm512_mask_storeu_epi32(place, lanes, sum);
        }
        at = at.wrapping_add(16);
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn averages(sums: &[[u8; 4]], by: &Average, out: &mut [i8]) {
    let finish = Finish::new(&Requant {
        bias: &[],
        multipliers: &[],
        shift: by.shift,
        zero_point: by.zero_point,
        lo: by.lo,
        hi: by.hi,
    });
    let zero = _mm512_setzero_si512();
    let offset = _mm512_set1_epi32(by.offset);
    let multiplier = _mm512_set1_epi32(by.multiplier);
    let every_fourth = _mm512_setr_epi32(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    let len = sums.len().min(out.len());
    let mut at = 0;
    while at < len {
        let lanes = first16(len.wrapping_sub(at));
        // SAFETY: the mask holds the load within `len` sums.
        let sum = unsafe { _mm512_maskz_loadu_epi32(lanes, sums.as_ptr().add(at).cast()) };
        let sum = finish.shifted(_mm512_sub_epi32(sum, offset));
        let bytes = finish.pack([finish.scale(sum, multiplier), zero, zero, zero]);
        let bytes = _mm512_castsi512_si128(_mm512_permutexvar_epi32(every_fourth, bytes));
        // SAFETY: the mask holds the store within `len` elements.
        unsafe { _mm_mask_storeu_epi8(out.as_mut_ptr().add(at), lanes, bytes) };
        at = at.wrapping_add(16);
    }
}
