//! Columns under the window: the bytes of four rows, interleaved, and the way back to a row.

use core::arch::x86_64::*;

use super::{Part, Site};

impl Site<'_> {
    /// The taps of column `j` in rows `4 * q` to `4 * q + 3`, interleaved, for every piece.
    ///
    /// # Safety
    /// As for `part`.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub unsafe fn weights<const P: usize>(
        &self,
        part: &Part<P>,
        q: usize,
        j: usize,
    ) -> [__m256i; 4] {
        let [rows, columns] = self.job.kernel;
        let mut taps = [_mm256_setzero_si256(); 4];
        for (i, tap) in taps.iter_mut().enumerate() {
            let row = q.wrapping_mul(4).wrapping_add(i);
            if row < rows {
                let number = row.wrapping_mul(columns).wrapping_add(j);
                let place = number.wrapping_mul(self.job.channels);
                // SAFETY: tap by tap, each has a weight for every channel.
                *tap = unsafe {
                    let at = self.job.weights.values.as_ptr();
                    load([at.add(place).add(part.first); P])
                };
            }
        }
        interleave(taps)
    }

    /// `N` rows (at most four) from row `top` on, `c` columns right of where the window of output pixel `x` of
    /// every piece begins, with flipped sign bits, interleaved.
    ///
    /// # Safety
    /// As for `part`; the kernel has these rows.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub unsafe fn column<const P: usize, const N: usize>(
        &self,
        part: &Part<P>,
        top: usize,
        (x, c): (usize, usize),
    ) -> [__m256i; 4] {
        let job = self.job;
        let flip = _mm256_set1_epi8(i8::MIN);
        // Left of the image it wraps to a number greater than any width.
        let offset = c.wrapping_sub(job.pad_left);
        let columns = part.starts.map(|start| {
            let pixel = start.wrapping_add(x);
            pixel.wrapping_mul(job.stride).wrapping_add(offset)
        });
        let mut rows = [_mm256_setzero_si256(); 4];
        for (row, under) in rows.iter_mut().zip(self.under.iter().skip(top)).take(N) {
            let at = columns.map(|column| {
                let pixel = if column < job.width {
                    under.at.wrapping_add(column.wrapping_mul(under.step))
                } else {
                    self.beyond
                };
                pixel.wrapping_add(part.first)
            });
            // SAFETY: each address is a pixel of the row or the one outside the image, at the part's first
            // channel.
            *row = unsafe { _mm256_xor_si256(load(at), flip) };
        }
        interleave(rows)
    }

    /// Stores pixel `x` of every piece.
    ///
    /// # Safety
    /// As for `part`.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub unsafe fn store<const P: usize>(&self, part: &Part<P>, x: usize, bytes: __m256i) {
        let at = part.starts.map(|start| {
            let pixel = start.wrapping_add(x).wrapping_mul(self.job.channels);
            self.out.wrapping_add(pixel.wrapping_add(part.first))
        });
        let low = _mm256_castsi256_si128(bytes);
        let high = _mm256_extracti128_si256::<1>(bytes);
        // SAFETY: pixels below `columns`, the part's channels of each.
        unsafe {
            match *at.as_slice() {
                [a] => _mm256_storeu_si256(a.cast(), bytes),
                [a, b] => {
                    _mm_storeu_si128(a.cast(), low);
                    _mm_storeu_si128(b.cast(), high);
                }
                [a, b, c, d] => {
                    _mm_storel_epi64(a.cast(), low);
                    _mm_storel_epi64(b.cast(), _mm_unpackhi_epi64(low, low));
                    _mm_storel_epi64(c.cast(), high);
                    _mm_storel_epi64(d.cast(), _mm_unpackhi_epi64(high, high));
                }
                _ => {}
            }
        }
    }
}

/// A register of `32 / P` bytes from each of `P` addresses, side by side.
///
/// # Safety
/// They can be read.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load<const P: usize>(at: [*const i8; P]) -> __m256i {
    // SAFETY: the caller's.
    unsafe {
        match *at.as_slice() {
            [a] => _mm256_loadu_si256(a.cast()),
            [a, b] => _mm256_loadu2_m128i(b.cast(), a.cast()),
            [a, b, c, d] => {
                let eight = |at: *const i8| _mm_loadl_epi64(at.cast());
                let low = _mm_unpacklo_epi64(eight(a), eight(b));
                let high = _mm_unpacklo_epi64(eight(c), eight(d));
                _mm256_set_m128i(high, low)
            }
            _ => _mm256_setzero_si256(),
        }
    }
}

/// Bytes of four registers in turn; register `i` has those of bytes `4 * i` to `4 * i + 3` of each half.
#[inline]
#[target_feature(enable = "avx2")]
fn interleave([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    let (ab, cd) = (_mm256_unpacklo_epi8(a, b), _mm256_unpacklo_epi8(c, d));
    let (ab_high, cd_high) = (_mm256_unpackhi_epi8(a, b), _mm256_unpackhi_epi8(c, d));
    [
        _mm256_unpacklo_epi16(ab, cd),
        _mm256_unpackhi_epi16(ab, cd),
        _mm256_unpacklo_epi16(ab_high, cd_high),
        _mm256_unpackhi_epi16(ab_high, cd_high),
    ]
}
