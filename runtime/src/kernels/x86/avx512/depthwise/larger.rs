//! Kernels other than 3×3.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::super::super::unrolled::unrolled;
use super::channels::Channels;
use super::{MOST, Part, Site};

/// Output pixels of a tile.
pub const TILE: usize = 8;
/// Columns under the windows of a tile, for strides of 1 and 2 and up to seven columns.
const COLUMNS: usize = (TILE - 1) * 2 + 7;

impl Site<'_> {
    /// `4 + REST` rows and `T` columns, at most 7, with a stride of 1 or 2: columns under all windows
    /// of eight output pixels are interleaved once, then each register's worth of channels is summed
    /// by itself, with its weights in registers.
    ///
    /// # Safety
    /// As for `part`; a piece has at least eight pixels.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub unsafe fn tiled<const P: usize, const T: usize, const REST: usize>(&self, part: &Part) {
        let starts = self.starts::<P>(part);
        let zero = _mm512_setzero_si512();
        let stride = self.job.stride;
        let mut weights = [[[zero; 4]; 2]; T];
        let mut columns = [const { MaybeUninit::<[[__m512i; 4]; 2]>::uninit() }; COLUMNS];
        let mut scaled = [[zero; 4]; TILE];
        // SAFETY: the caller's; windows of pixels below `length` begin below `starts` and `length`.
        unsafe {
            let mut finish = Channels::new::<P>(self.job, part);
            for (j, weights) in weights.iter_mut().enumerate() {
                for (q, weights) in weights.iter_mut().enumerate() {
                    *weights = self.weights::<P>(part, q, j);
                    finish.unflip(weights);
                }
            }
            for (y, top) in self.windows() {
                let mut x = 0;
                while x < part.length {
                    // The last tile may overlap the one before.
                    let first = x.min(part.length.wrapping_sub(TILE));
                    let under = stride.wrapping_mul(TILE - 1).wrapping_add(T);
                    for (c, column) in columns.iter_mut().enumerate().take(under) {
                        column.write([
                            self.column::<P, 4>(part, &starts, top, (first, c)),
                            self.column::<P, REST>(part, &starts, top.wrapping_add(4), (first, c)),
                        ]);
                    }
                    for i in 0..4 {
                        let mut acc = [finish.bias[i]; TILE];
                        for q in 0..2 {
                            unrolled!(t below TILE => {
                                let window = columns.get(t.wrapping_mul(stride)..).unwrap_or_default();
                                if let Some(window) = window.first_chunk::<T>() {
                                    for (column, weights) in window.iter().zip(&weights) {
                                        // SAFETY: the windows of a tile end with the last column of it.
                                        let column = column.assume_init_ref();
                                        let (x, w) = (column[q][i], weights[q][i]);
                                        acc[t] = _mm512_dpbusd_epi32(acc[t], x, w);
                                    }
                                }
                            });
                        }
                        unrolled!(t below TILE => {
                            scaled[t][i] = acc[t];
                        });
                    }
                    for (t, sums) in scaled.iter().enumerate() {
                        let bytes = finish.finish(*sums);
                        self.store::<P>(part, &starts, (y, first.wrapping_add(t)), bytes);
                    }
                    x = x.wrapping_add(TILE);
                }
            }
        }
    }

    /// Any kernel of up to `4 * Q` rows.
    ///
    /// # Safety
    /// As for `part`.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub unsafe fn any<const P: usize, const Q: usize>(&self, part: &Part) {
        let starts = self.starts::<P>(part);
        let zero = _mm512_setzero_si512();
        let mut weights = [[[zero; 4]; Q]; MOST];
        let taps = self.job.kernel[1];
        // SAFETY: the caller's; windows of pixels below `length` begin below `starts` and `length`.
        unsafe {
            let mut finish = Channels::new::<P>(self.job, part);
            for (j, weights) in weights.iter_mut().enumerate().take(taps) {
                for (q, weights) in weights.iter_mut().enumerate() {
                    *weights = self.weights::<P>(part, q, j);
                    finish.unflip(weights);
                }
            }
            for (y, top) in self.windows() {
                for x in 0..part.length {
                    let mut acc = finish.bias;
                    for (j, weights) in weights.iter().enumerate().take(taps) {
                        for (q, weights) in weights.iter().enumerate() {
                            let before = q.wrapping_mul(4);
                            let top = top.wrapping_add(before);
                            let column = match self.job.kernel[0].wrapping_sub(before) {
                                1 => self.column::<P, 1>(part, &starts, top, (x, j)),
                                2 => self.column::<P, 2>(part, &starts, top, (x, j)),
                                3 => self.column::<P, 3>(part, &starts, top, (x, j)),
                                _ => self.column::<P, 4>(part, &starts, top, (x, j)),
                            };
                            for i in 0..4 {
                                acc[i] = _mm512_dpbusd_epi32(acc[i], column[i], weights[i]);
                            }
                        }
                    }
                    self.store::<P>(part, &starts, (y, x), finish.finish(acc));
                }
            }
        }
    }
}
