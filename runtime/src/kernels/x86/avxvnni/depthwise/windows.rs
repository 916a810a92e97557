//! Windows over columns: several pixels at a time for the kernels of most nets, one by one for others.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::super::super::unrolled::unrolled;
use super::super::dot::Dot;
use super::channels::Channels;
use super::{MOST, Part, Site};

/// Most output pixels of a tile.
const TILE: usize = 8;
/// Columns under the windows of a tile, for strides of 1 and 2 and up to seven columns.
const COLUMNS: usize = (TILE - 1) * 2 + 7;

/// A column's rows, interleaved: the first four of them, then up to four more.
type Column = [[__m256i; 4]; 2];

impl Site<'_> {
    /// A kernel of `TOP + REST` rows (`TOP` at most 4) and `T` columns, with a stride of 1 or 2: tiles of
    /// eight pixels, or of four, two or one where fewer are left.
    ///
    /// # Safety
    /// As for `part`; the kernel is so large.
    #[target_feature(enable = "avx2")]
    pub unsafe fn windows<
        D: Dot,
        const P: usize,
        const T: usize,
        const TOP: usize,
        const REST: usize,
    >(
        &self,
        part: &Part<P>,
    ) {
        let mut weights = [[[_mm256_setzero_si256(); 4]; 2]; T];
        // SAFETY: the caller's; no tile takes more pixels than are left.
        unsafe {
            let mut finish = Channels::new(self.job, part);
            for (j, weights) in weights.iter_mut().enumerate() {
                for (q, weights) in weights.iter_mut().enumerate() {
                    *weights = self.weights(part, q, j);
                    finish.unflip::<D>(weights);
                }
            }
            let mut x = 0;
            while x < part.length {
                let left = part.length.wrapping_sub(x);
                let site = (&weights, &finish);
                x = x.wrapping_add(match left {
                    8.. => self.tile::<D, P, T, TOP, REST, 8>(part, site, x),
                    4.. => self.tile::<D, P, T, TOP, REST, 4>(part, site, x),
                    2.. => self.tile::<D, P, T, TOP, REST, 2>(part, site, x),
                    _ => self.tile::<D, P, T, TOP, REST, 1>(part, site, x),
                });
            }
        }
    }

    /// `N` pixels from `x` on, which is returned: columns under all their windows are interleaved once,
    /// then each register's worth of channels is summed by itself, with its weights in registers.
    ///
    /// # Safety
    /// As for `windows`; the pixels exist.
    #[target_feature(enable = "avx2")]
    unsafe fn tile<
        D: Dot,
        const P: usize,
        const T: usize,
        const TOP: usize,
        const REST: usize,
        const N: usize,
    >(
        &self,
        part: &Part<P>,
        (weights, finish): (&[Column; T], &Channels),
        x: usize,
    ) -> usize {
        let stride = self.job.stride;
        let under = stride.wrapping_mul(N - 1).wrapping_add(T);
        let mut columns = [const { MaybeUninit::<Column>::uninit() }; COLUMNS];
        let mut sums = [[_mm256_setzero_si256(); 4]; N];
        let quads = if REST > 0 { 2 } else { 1 };
        // SAFETY: the caller's; the windows of a tile end with the last column that is written.
        unsafe {
            for (c, column) in columns.iter_mut().enumerate().take(under) {
                let top = self.column::<P, TOP>(part, 0, (x, c));
                let rest = if REST > 0 {
                    self.column::<P, REST>(part, 4, (x, c))
                } else {
                    [_mm256_setzero_si256(); 4]
                };
                column.write([top, rest]);
            }
            for i in 0..4 {
                let mut acc = [finish.bias[i]; N];
                for q in 0..quads {
                    unrolled!(n below N => {
                        let window = columns.get(n.wrapping_mul(stride)..).unwrap_or_default();
                        if let Some(window) = window.first_chunk::<T>() {
                            for (column, weights) in window.iter().zip(weights) {
                                let column = column.assume_init_ref();
                                acc[n] = D::dot(acc[n], column[q][i], weights[q][i]);
                            }
                        }
                    });
                }
                unrolled!(n below N => {
                    sums[n][i] = acc[n];
                });
            }
            for (n, sums) in sums.iter().enumerate() {
                self.store(part, x.wrapping_add(n), finish.finish(*sums));
            }
        }
        N
    }

    /// Any kernel of up to `4 * Q` rows.
    ///
    /// # Safety
    /// As for `part`.
    #[target_feature(enable = "avx2")]
    pub unsafe fn any<D: Dot, const P: usize, const Q: usize>(&self, part: &Part<P>) {
        let mut weights = [[[_mm256_setzero_si256(); 4]; Q]; MOST];
        let [rows, taps] = self.job.kernel;
        // SAFETY: the caller's; windows of pixels below `length` begin below `starts` and `length`.
        unsafe {
            let mut finish = Channels::new(self.job, part);
            for (j, weights) in weights.iter_mut().enumerate().take(taps) {
                for (q, weights) in weights.iter_mut().enumerate() {
                    *weights = self.weights(part, q, j);
                    finish.unflip::<D>(weights);
                }
            }
            for x in 0..part.length {
                let mut acc = finish.bias;
                for (j, weights) in weights.iter().enumerate().take(taps) {
                    for (q, weights) in weights.iter().enumerate() {
                        let top = q.wrapping_mul(4);
                        let column = match rows.wrapping_sub(top) {
                            1 => self.column::<P, 1>(part, top, (x, j)),
                            2 => self.column::<P, 2>(part, top, (x, j)),
                            3 => self.column::<P, 3>(part, top, (x, j)),
                            _ => self.column::<P, 4>(part, top, (x, j)),
                        };
                        for i in 0..4 {
                            acc[i] = D::dot(acc[i], column[i], weights[i]);
                        }
                    }
                }
                self.store(part, x, finish.finish(acc));
            }
        }
    }
}
