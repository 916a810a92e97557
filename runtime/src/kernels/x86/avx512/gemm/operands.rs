//! What a tile takes in and gives out: runs of weights, elements of patches, pixels of bytes.

use core::arch::x86_64::*;

use super::super::requant::{first16, first64};

/// The same value, of which the compiler knows nothing: it would flip bits before it broadcasts, in
/// two instructions more than the one that takes both from memory.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn opaque(value: __m512i) -> __m512i {
    let same;
    // SAFETY: nothing is executed.
    unsafe {
        core::arch::asm!("/* {0} */", inlateout(zmm_reg) value => same,
            options(pure, nomem, nostack, preserves_flags));
    }
    same
}

/// A run of four elements of `rows` channels.
///
/// # Safety
/// So many weights can be read from there on.
#[inline]
#[target_feature(enable = "avx512f")]
pub unsafe fn load_four(at: *const i8, rows: usize) -> __m512i {
    // SAFETY: the mask lets through no more than four bytes for each row.
    unsafe { _mm512_maskz_loadu_epi32(first16(rows), at.cast()) }
}

/// A last run of `elements` (one to three) of `rows` channels, with zeros behind each channel's.
///
/// # Safety
/// So many weights can be read from there on.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub unsafe fn load_run(at: *const i8, rows: usize, elements: usize) -> __m512i {
    let bytes = rows.wrapping_mul(elements);
    // SAFETY: the masks let through no more than `rows * elements` bytes.
    unsafe {
        match elements {
            3 => {
                // 12 bytes for each quarter of the register, and 3 of those for each lane.
                let thirds = _mm512_setr_epi32(0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8, 0, 9, 10, 11, 0);
                let lanes = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
                let run = _mm512_maskz_loadu_epi8(first64(bytes), at);
                let run = _mm512_permutexvar_epi32(thirds, run);
                _mm512_shuffle_epi8(run, _mm512_broadcast_i32x4(lanes))
            }
            2 => _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first16(rows), at.cast())),
            _ => _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(first16(rows), at)),
        }
    }
}

/// The last `elements` (one to three) of a patch of `k`, low byte first; what is above them does not
/// matter.
///
/// # Safety
/// The patch can be read.
#[inline]
pub unsafe fn last(patch: *const i8, k: usize, elements: usize) -> i32 {
    // SAFETY: the caller's; no byte outside the `k` of the patch is read.
    unsafe {
        let end = patch.add(k);
        if k >= 4 {
            let word = end.sub(4).cast::<u32>().read_unaligned();
            let above = 4usize.wrapping_sub(elements).wrapping_mul(8);
            return word.wrapping_shr(above as u32).cast_signed();
        }
        let byte = |n: usize| i32::from(patch.add(n).cast::<u8>().read());
        let mut word = 0;
        for n in 0..k {
            word |= byte(n).wrapping_shl(8u32.wrapping_mul(n as u32));
        }
        word
    }
}

/// Stores the `width` channels of each of as many pixels as a register holds, at most `pixels`.
///
/// # Safety
/// They can be written, each `stride` bytes from the one before.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub unsafe fn store<const B: usize>(
    bytes: __m512i,
    (to, stride): (*mut i8, usize),
    pixels: usize,
    width: usize,
) {
    let mask = first64(width);
    // SAFETY: the caller's; the masks hold the stores within `width` bytes.
    unsafe {
        match B {
            4 if width == 64 => _mm512_storeu_si512(to.cast(), bytes),
            4 => _mm512_mask_storeu_epi8(to, mask, bytes),
            2 => {
                let (a, b) = (
                    _mm512_castsi512_si256(bytes),
                    _mm512_extracti64x4_epi64::<1>(bytes),
                );
                _mm256_mask_storeu_epi8(to, mask as u32, a);
                if pixels > 1 {
                    _mm256_mask_storeu_epi8(to.add(stride), mask as u32, b);
                }
            }
            _ => {
                let quarters = [
                    _mm512_castsi512_si128(bytes),
                    _mm512_extracti32x4_epi32::<1>(bytes),
                    _mm512_extracti32x4_epi32::<2>(bytes),
                    _mm512_extracti32x4_epi32::<3>(bytes),
                ];
                for (p, quarter) in quarters.into_iter().enumerate().take(pixels) {
                    _mm_mask_storeu_epi8(to.add(p.wrapping_mul(stride)), mask as u16, quarter);
                }
            }
        }
    }
}
