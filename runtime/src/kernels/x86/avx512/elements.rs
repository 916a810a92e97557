//! Kernels that take elements one after another: sums and products of two tensors, pools and tables.
//!
//! Rows end where they end: the last register of each is loaded and stored under a mask.

use core::arch::x86_64::*;

use super::requant::{first16, first64};
use crate::kernels::{AddFactors, MulFactors};

/// As `Kernels::add`.
pub fn add(a: &mut [i8], b: &[i8], by: &AddFactors) {
    // SAFETY: the table of this backend is handed out only where its instructions exist.
    unsafe { add_pairs(a, b, by) }
}

/// As `Kernels::mul`.
pub fn mul(a: &mut [i8], b: &[i8], by: &MulFactors) {
    // SAFETY: as in `add`.
    unsafe { mul_pairs(a, b, by) }
}

/// As `Kernels::max_into`.
pub fn max_into(best: &mut [i8], pixel: &[i8]) {
    // SAFETY: as in `add`.
    unsafe { extreme::<true>(best, pixel) }
}

/// As `Kernels::min_into`.
pub fn min_into(best: &mut [i8], pixel: &[i8]) {
    // SAFETY: as in `add`.
    unsafe { extreme::<false>(best, pixel) }
}

/// As `Kernels::lookup`.
pub fn lookup(table: &[i8; 256], input: &[i8], out: &mut [i8]) {
    let len = input.len().min(out.len());
    // SAFETY: as in `add`, and both have `len` bytes.
    unsafe { look_up(table, input.as_ptr(), out.as_mut_ptr(), len) }
}

/// As `Kernels::lookup_in_place`.
pub fn lookup_in_place(table: &[i8; 256], values: &mut [i8]) {
    let at = values.as_mut_ptr();
    // SAFETY: as in `lookup`; bytes are read before they are written.
    unsafe { look_up(table, at, at, values.len()) }
}

/// The address of the second operand of element `at`, and how many there are: one stands for all.
fn second(b: &[i8]) -> Option<i8> {
    match b {
        [all] => Some(*all),
        _ => None,
    }
}

/// Pairs of elements side by side are one `vpmaddwd` with both factors.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn add_pairs(a: &mut [i8], b: &[i8], by: &AddFactors) {
    let all = second(b);
    let len = if all.is_some() {
        a.len()
    } else {
        a.len().min(b.len())
    };
    let (ma, mb) = (i32::from(by.ma) & 0xffff, i32::from(by.mb) << 16);
    let factors = _mm512_set1_epi32(ma | mb);
    let c = _mm512_set1_epi32(by.c);
    let shift = _mm_cvtsi32_si128(i32::from(by.shift & 31));
    let (lo, hi) = (_mm512_set1_epi16(by.lo), _mm512_set1_epi16(by.hi));
    let one = _mm512_set1_epi16(all.unwrap_or(0).into());
    let mut at = 0;
    while at < len {
        let lanes = first64(len.wrapping_sub(at)) as u32;
        let place = a.as_mut_ptr().wrapping_add(at);
        // SAFETY: the mask holds the load within `len`, which neither slice falls short of.
        let (x, y) = unsafe {
            let x = _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(lanes, place));
            let y = if all.is_some() {
                one
            } else {
                _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(lanes, b.as_ptr().add(at)))
            };
            (x, y)
        };
        let low = _mm512_madd_epi16(_mm512_unpacklo_epi16(x, y), factors);
        let high = _mm512_madd_epi16(_mm512_unpackhi_epi16(x, y), factors);
        let low = _mm512_sra_epi32(_mm512_add_epi32(low, c), shift);
        let high = _mm512_sra_epi32(_mm512_add_epi32(high, c), shift);
        let sum = _mm512_packs_epi32(low, high);
        let sum = _mm512_min_epi16(_mm512_max_epi16(sum, lo), hi);
        // SAFETY: as above.
        unsafe { _mm256_mask_storeu_epi8(place, lanes, _mm512_cvtepi16_epi8(sum)) };
        at = at.wrapping_add(32);
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn mul_pairs(a: &mut [i8], b: &[i8], by: &MulFactors) {
    let all = second(b);
    let len = if all.is_some() {
        a.len()
    } else {
        a.len().min(b.len())
    };
    let zero_a = _mm512_set1_epi32(by.zero_a.into());
    let zero_b = _mm512_set1_epi32(by.zero_b.into());
    let multiplier = _mm512_set1_epi64(by.multiplier.into());
    let half = _mm512_set1_epi64(1 << 31);
    let shift = _mm_cvtsi32_si128(i32::from(by.shift & 31));
    let zero_point = _mm512_set1_epi32(by.zero_point.into());
    let (lo, hi) = (
        _mm512_set1_epi32(by.lo.into()),
        _mm512_set1_epi32(by.hi.into()),
    );
    let one = _mm512_set1_epi32(all.unwrap_or(0).into());
    let mut at = 0;
    while at < len {
        let lanes = first16(len.wrapping_sub(at));
        let place = a.as_mut_ptr().wrapping_add(at);
        // SAFETY: the mask holds the load within `len`, which neither slice falls short of.
        let (x, y) = unsafe {
            let x = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(lanes, place));
            let y = if all.is_some() {
                one
            } else {
                _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(lanes, b.as_ptr().add(at)))
            };
            (x, y)
        };
        let (x, y) = (_mm512_sub_epi32(x, zero_a), _mm512_sub_epi32(y, zero_b));
        let product = _mm512_sll_epi32(_mm512_mullo_epi32(x, y), shift);
        let odd = _mm512_srli_epi64::<32>(product);
        let even = _mm512_add_epi64(_mm512_mul_epi32(product, multiplier), half);
        let odd = _mm512_add_epi64(_mm512_mul_epi32(odd, multiplier), half);
        let scaled = _mm512_mask_shuffle_epi32::<0xf5>(odd, 0x5555, even);
        let q = _mm512_add_epi32(scaled, zero_point);
        let q = _mm512_min_epi32(_mm512_max_epi32(q, lo), hi);
        // SAFETY: as above.
        unsafe { _mm_mask_storeu_epi8(place, lanes, _mm512_cvtepi32_epi8(q)) };
        at = at.wrapping_add(16);
    }
}

/// The greater or the lesser of each element.
#[target_feature(enable = "avx512f,avx512bw")]
fn extreme<const GREATER: bool>(best: &mut [i8], pixel: &[i8]) {
    let len = best.len().min(pixel.len());
    let mut at = 0;
    while at < len {
        let lanes = first64(len.wrapping_sub(at));
        let place = best.as_mut_ptr().wrapping_add(at);
        // SAFETY: the mask holds loads and the store within `len`, which neither slice falls short of.
        unsafe {
            let x = _mm512_maskz_loadu_epi8(lanes, place);
            let y = _mm512_maskz_loadu_epi8(lanes, pixel.as_ptr().add(at));
            let kept = if GREATER {
                _mm512_max_epi8(x, y)
            } else {
                _mm512_min_epi8(x, y)
            };
            _mm512_mask_storeu_epi8(place, lanes, kept);
        }
        at = at.wrapping_add(64);
    }
}

/// A table is sixteen rows of sixteen: elements of the upper four bits `n` take theirs from row `n`.
///
/// # Safety
/// `len` bytes can be read and written.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn look_up(table: &[i8; 256], from: *const i8, to: *mut i8, len: usize) {
    let mut rows = [_mm512_setzero_si512(); 16];
    for (row, bytes) in rows.iter_mut().zip(table.as_chunks::<16>().0) {
        // SAFETY: sixteen bytes lie there.
        *row = _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) });
    }
    let (flip, low) = (_mm512_set1_epi8(i8::MIN), _mm512_set1_epi8(15));
    let mut at = 0;
    while at < len {
        let lanes = first64(len.wrapping_sub(at));
        // SAFETY: the mask holds the load within `len`.
        let x = unsafe { _mm512_maskz_loadu_epi8(lanes, from.add(at)) };
        let x = _mm512_xor_si512(x, flip);
        let within = _mm512_and_si512(x, low);
        let number = _mm512_andnot_si512(low, x);
        let mut found = _mm512_setzero_si512();
        for (n, row) in rows.iter().enumerate() {
            let of_row = _mm512_cmpeq_epi8_mask(number, _mm512_set1_epi8((n << 4) as i8));
            found = _mm512_mask_shuffle_epi8(found, of_row, *row, within);
        }
        // SAFETY: the mask holds the store within `len`.
        unsafe { _mm512_mask_storeu_epi8(to.add(at), lanes, found) };
        at = at.wrapping_add(64);
    }
}
