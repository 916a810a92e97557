//! 3×3 over few channels: a register is some pixels side by side, just as they lie in the row.
//!
//! The window's columns are the same row again, a pixel further on each time. Interleaved, a pixel further
//! on is the next registers, or the next quarter of the same ones: so every byte of a row is loaded,
//! flipped and interleaved once, and lies under all columns by moves of whole quarters. With a stride of 2,
//! pixels in even places and pixels in odd places are rows of their own.

use core::arch::x86_64::*;

use super::Site;
use super::channels::Channels;
use super::columns::interleave;
use crate::kernels::x86::avx512::requant::first64;

/// Bytes of a register.
const BYTES: usize = 64;

/// Three rows, interleaved: in even places and in odd places with a stride of 2.
type Block = [[__m512i; 4]; 2];

impl Site<'_> {
    /// 3×3 over `C` channels (8, 16 or 32) with stride `S`.
    ///
    /// # Safety
    /// As for `run`; the job is of that kind.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub unsafe fn narrow<const C: usize, const S: usize>(&self) {
        let length = self.columns.wrapping_mul(C);
        // SAFETY: the caller's; a weight of each channel for each of nine taps, and a pixel in `beyond`.
        unsafe {
            let tap = |row: usize, column: usize| {
                let tap = row.wrapping_mul(3).wrapping_add(column);
                repeated::<C>(self.job.weights.values.as_ptr().add(tap.wrapping_mul(C)))
            };
            let zero = _mm512_setzero_si512();
            let weights = |j| interleave([tap(0, j), tap(1, j), tap(2, j), zero]);
            let [w0, w1, w2] = [weights(0), weights(1), weights(2)];
            let mut finish = Channels::repeated::<C>(self.job);
            for w in [&w0, &w1, &w2] {
                finish.unflip(w);
            }
            let beyond = repeated::<C>(self.beyond);
            for (y, top) in self.windows() {
                let mut block = self.block::<C, S>(beyond, top, 0);
                let mut done = 0;
                while done < length {
                    let behind = done.wrapping_add(BYTES);
                    let next = self.block::<C, S>(beyond, top, behind);
                    let [a, odd] = block;
                    let (b, c) = match (S, C) {
                        (1, 8) => (later::<2>(a, next[0]), later::<4>(a, next[0])),
                        (1, 16) => (later::<4>(a, next[0]), later::<8>(a, next[0])),
                        (1, _) => (later::<8>(a, next[0]), next[0]),
                        (_, 8) => (odd, later::<2>(a, next[0])),
                        (_, 16) => (odd, later::<4>(a, next[0])),
                        _ => (odd, later::<8>(a, next[0])),
                    };
                    let mut acc = finish.bias;
                    for i in 0..4 {
                        acc[i] = _mm512_dpbusd_epi32(acc[i], a[i], w0[i]);
                        acc[i] = _mm512_dpbusd_epi32(acc[i], b[i], w1[i]);
                        acc[i] = _mm512_dpbusd_epi32(acc[i], c[i], w2[i]);
                    }
                    let bytes = finish.finish(acc);
                    let to = self.out.add(y.wrapping_mul(length).wrapping_add(done));
                    let mask = first64(length.wrapping_sub(done));
                    // The mask ends with the row.
                    _mm512_mask_storeu_epi8(to, mask, bytes);
                    block = next;
                    done = behind;
                }
            }
        }
    }

    /// What lies under the first column of the windows from byte `at` of an output row on, for a register of
    /// outputs, in three rows from row `top` on; with a stride of 2, also under the second column.
    ///
    /// # Safety
    /// As for `narrow`; the rows are there.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn block<const C: usize, const S: usize>(
        &self,
        beyond: __m512i,
        top: usize,
        at: usize,
    ) -> Block {
        let pad = self.job.pad_left.wrapping_mul(C);
        // Left of the image it wraps, and comes back to 0.
        let from = at.wrapping_mul(S).wrapping_sub(pad);
        let (mut even, mut odd) = ([_mm512_setzero_si512(); 4], [_mm512_setzero_si512(); 4]);
        let masks = [self.inside(from), self.inside(from.wrapping_add(BYTES))];
        for (i, row) in self.under.iter().skip(top).take(3).enumerate() {
            let load = |n: usize| {
                let mask = if row.step == 0 { 0 } else { masks[n] };
                let place = from.wrapping_add(n.wrapping_mul(BYTES));
                let place = row.at.wrapping_add(place);
                // SAFETY: the mask lets through what is within the row.
                let bytes = unsafe { _mm512_mask_loadu_epi8(beyond, mask, place) };
                _mm512_xor_si512(bytes, _mm512_set1_epi8(i8::MIN))
            };
            if S == 1 {
                even[i] = load(0);
            } else {
                (even[i], odd[i]) = apart::<C>(load(0), load(1));
            }
        }
        [interleave(even), interleave(odd)]
    }

    /// Of the bytes of a row from byte `from` on, as many as a register has, those within the row.
    #[inline(always)]
    fn inside(&self, from: usize) -> __mmask64 {
        let row = self.job.width.wrapping_mul(self.job.channels);
        let before = 0usize.wrapping_sub(from);
        if from < row {
            first64(row.wrapping_sub(from))
        } else if before < BYTES {
            // It begins left of the image.
            first64(row.wrapping_add(before)) & !first64(before)
        } else {
            0
        }
    }
}

/// What lies `N` times four bytes (up to 8) further on in a row of which `block` and `next` are interleaved.
#[inline]
#[target_feature(enable = "avx512f")]
fn later<const N: usize>(block: [__m512i; 4], next: [__m512i; 4]) -> [__m512i; 4] {
    let mut moved = block;
    for (i, moved) in moved.iter_mut().enumerate() {
        let place = i.wrapping_add(N);
        let (this, next) = (block[place % 4], next[place % 4]);
        *moved = match place / 4 {
            0 => this,
            1 => _mm512_alignr_epi64::<2>(next, this),
            _ => _mm512_alignr_epi64::<4>(next, this),
        };
    }
    moved
}

/// Pixels of `C` channels in even places of two registers, and those in odd places.
#[inline]
#[target_feature(enable = "avx512f")]
fn apart<const C: usize>(a: __m512i, b: __m512i) -> (__m512i, __m512i) {
    match C {
        8 => {
            let even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
            let odd = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
            (
                _mm512_permutex2var_epi64(a, even, b),
                _mm512_permutex2var_epi64(a, odd, b),
            )
        }
        16 => (
            _mm512_shuffle_i64x2::<0x88>(a, b),
            _mm512_shuffle_i64x2::<0xdd>(a, b),
        ),
        _ => (
            _mm512_shuffle_i64x2::<0x44>(a, b),
            _mm512_shuffle_i64x2::<0xee>(a, b),
        ),
    }
}

/// `C` bytes, again and again.
///
/// # Safety
/// They can be read.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn repeated<const C: usize>(at: *const i8) -> __m512i {
    // SAFETY: the caller's.
    unsafe {
        match C {
            8 => _mm512_set1_epi64(at.cast::<i64>().read_unaligned()),
            16 => _mm512_broadcast_i32x4(_mm_loadu_si128(at.cast())),
            _ => _mm512_broadcast_i64x4(_mm256_loadu_si256(at.cast())),
        }
    }
}
