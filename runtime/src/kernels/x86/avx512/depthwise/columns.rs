//! Columns under the window: the bytes of four rows, interleaved, and the way back to a row.

use core::arch::x86_64::*;

use super::super::requant::first64;
use super::{Part, Site};

impl Site<'_> {
    /// The taps of column `j` in rows `4 * q` to `4 * q + 3`, interleaved, for every piece.
    ///
    /// # Safety
    /// As for `part`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    pub unsafe fn weights<const P: usize>(&self, part: &Part, q: usize, j: usize) -> [__m512i; 4] {
        let [rows, columns] = self.job.kernel;
        let mut taps = [_mm512_setzero_si512(); 4];
        for (i, tap) in taps.iter_mut().enumerate() {
            let row = q.wrapping_mul(4).wrapping_add(i);
            if row < rows {
                let tap_number = row.wrapping_mul(columns).wrapping_add(j);
                let place = tap_number
                    .wrapping_mul(self.job.channels)
                    .wrapping_add(part.first);
                // SAFETY: tap by tap, each has a weight for every channel.
                *tap = unsafe {
                    let at = self.job.weights.values.as_ptr().add(place);
                    load::<P>([at; P], part.width)
                };
            }
        }
        interleave(taps)
    }

    /// `N` rows (at most four) from row `top` on under column `j` of the window of output pixel `x` of every
    /// piece, with flipped sign bits, interleaved.
    ///
    /// # Safety
    /// As for `part`; some window has these rows.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    pub unsafe fn column<const P: usize, const N: usize>(
        &self,
        part: &Part,
        starts: &[usize; P],
        top: usize,
        (x, j): (usize, usize),
    ) -> [__m512i; 4] {
        let job = self.job;
        let flip = _mm512_set1_epi8(i8::MIN);
        // Left of the image it wraps to a number greater than any width.
        let offset = j.wrapping_mul(job.dilation).wrapping_sub(job.pad_left);
        let mut columns = [0; P];
        for (column, start) in columns.iter_mut().zip(starts) {
            let pixel = start.wrapping_add(x);
            *column = pixel.wrapping_mul(job.stride).wrapping_add(offset);
        }
        let mut rows = [_mm512_setzero_si512(); 4];
        for (row, under) in rows.iter_mut().zip(self.under.iter().skip(top)).take(N) {
            let mut at = [self.beyond; P];
            for (at, column) in at.iter_mut().zip(columns) {
                if column < job.width {
                    *at = under.at.wrapping_add(column.wrapping_mul(under.step));
                }
                *at = at.wrapping_add(part.first);
            }
            // SAFETY: each address is a pixel of the row or the one outside the image, at a channel from
            // which on there are `width`.
            *row = unsafe { _mm512_xor_si512(load::<P>(at, part.width), flip) };
        }
        interleave(rows)
    }

    /// Stores pixel `x` of every piece of row `y`.
    ///
    /// # Safety
    /// As for `part`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    pub unsafe fn store<const P: usize>(
        &self,
        part: &Part,
        starts: &[usize; P],
        (y, x): (usize, usize),
        bytes: __m512i,
    ) {
        let mask = first64(part.width);
        let row = y.wrapping_mul(self.columns).wrapping_add(x);
        let at = |start: usize| {
            let byte = start.wrapping_add(row).wrapping_mul(self.job.channels);
            self.out.wrapping_add(byte.wrapping_add(part.first))
        };
        // SAFETY: pixels below `columns` of a row below `count`, `width` channels from `first` on of each.
        unsafe {
            match *starts.as_slice() {
                [a] => _mm512_mask_storeu_epi8(at(a), mask, bytes),
                [a, b] => {
                    _mm256_mask_storeu_epi8(at(a), mask as u32, _mm512_castsi512_si256(bytes));
                    let upper = _mm512_extracti64x4_epi64::<1>(bytes);
                    _mm256_mask_storeu_epi8(at(b), mask as u32, upper);
                }
                [a, b, c, d] => {
                    let mask = mask as u16;
                    _mm_mask_storeu_epi8(at(a), mask, _mm512_castsi512_si128(bytes));
                    _mm_mask_storeu_epi8(at(b), mask, _mm512_extracti32x4_epi32::<1>(bytes));
                    _mm_mask_storeu_epi8(at(c), mask, _mm512_extracti32x4_epi32::<2>(bytes));
                    _mm_mask_storeu_epi8(at(d), mask, _mm512_extracti32x4_epi32::<3>(bytes));
                }
                _ => {}
            }
        }
    }
}

/// `width` bytes from each of `P` addresses, side by side.
///
/// # Safety
/// They can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn load<const P: usize>(at: [*const i8; P], width: usize) -> __m512i {
    let mask = first64(width);
    // SAFETY: the masks hold the loads within `width` bytes.
    unsafe {
        match *at.as_slice() {
            [a] => _mm512_maskz_loadu_epi8(mask, a),
            [a, b] => {
                let a = _mm256_maskz_loadu_epi8(mask as u32, a);
                let b = _mm256_maskz_loadu_epi8(mask as u32, b);
                _mm512_inserti64x4::<1>(_mm512_castsi256_si512(a), b)
            }
            [a, b, c, d] => {
                let mask = mask as u16;
                let a = _mm512_castsi128_si512(_mm_maskz_loadu_epi8(mask, a));
                let a = _mm512_inserti32x4::<1>(a, _mm_maskz_loadu_epi8(mask, b));
                let a = _mm512_inserti32x4::<2>(a, _mm_maskz_loadu_epi8(mask, c));
                _mm512_inserti32x4::<3>(a, _mm_maskz_loadu_epi8(mask, d))
            }
            _ => _mm512_setzero_si512(),
        }
    }
}

/// Bytes of four registers in turn; register `i` has those of bytes `4 * i` to `4 * i + 3` of each quarter.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub fn interleave([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let (ab, cd) = (_mm512_unpacklo_epi8(a, b), _mm512_unpacklo_epi8(c, d));
    let (ab_high, cd_high) = (_mm512_unpackhi_epi8(a, b), _mm512_unpackhi_epi8(c, d));
    [
        _mm512_unpacklo_epi16(ab, cd),
        _mm512_unpackhi_epi16(ab, cd),
        _mm512_unpacklo_epi16(ab_high, cd_high),
        _mm512_unpackhi_epi16(ab_high, cd_high),
    ]
}
