//! Columns under the windows of some pixels are interleaved once; then windows go over them, three pixels at a
//! time, whose twelve sums stay in registers.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::super::dot::Dot;
use super::channels::Channels;
use super::{MOST, Part, Quad, SLOTS, Site};

impl Site<'_> {
    /// A part of the row.
    ///
    /// # Safety
    /// As for `part`.
    #[target_feature(enable = "avx2")]
    pub unsafe fn windows<D: Dot, const P: usize>(&self, part: &Part<P>) {
        let [rows, taps] = self.job.kernel;
        let (quads, stride) = (self.quads(), self.job.stride);
        // Of two quads of a column the second is in an odd place; a single one has every place.
        let halves = quads / 2;
        let mut weights = [[_mm256_setzero_si256(); 4]; MOST * 2];
        let mut slots = [const { MaybeUninit::<Quad>::uninit() }; SLOTS];
        // SAFETY: the caller's.
        let mut finish = unsafe { Channels::new(self.job, part) };
        for (n, weights) in weights
            .iter_mut()
            .enumerate()
            .take(taps.wrapping_mul(quads))
        {
            let (j, q) = (n >> halves, n & halves);
            // SAFETY: as above.
            unsafe {
                *weights = self.weights(part, q, j);
                finish.unflip::<D>(weights);
            }
        }
        // As many pixels as there are slots for the columns under their windows.
        let spare = (SLOTS / quads).wrapping_sub(self.span());
        let most = spare.checked_div(stride).unwrap_or(0).wrapping_add(1);
        let mut done = 0;
        while done < part.length {
            let pixels = part.length.wrapping_sub(done).min(most);
            let under = pixels
                .wrapping_sub(1)
                .wrapping_mul(stride)
                .wrapping_add(self.span());
            for (n, slot) in slots.iter_mut().enumerate().take(under.wrapping_mul(quads)) {
                let (c, top) = (n >> halves, (n & halves).wrapping_mul(4));
                // SAFETY: as above.
                slot.write(unsafe {
                    match rows.wrapping_sub(top) {
                        1 => self.column::<P, 1>(part, top, (done, c)),
                        2 => self.column::<P, 2>(part, top, (done, c)),
                        3 => self.column::<P, 3>(part, top, (done, c)),
                        _ => self.column::<P, 4>(part, top, (done, c)),
                    }
                });
            }
            let end = done.wrapping_add(pixels);
            let mut at = slots.as_ptr().cast::<Quad>();
            while done < end {
                // SAFETY: the windows of the pixels end with the last column that was written.
                let made = unsafe {
                    match end.wrapping_sub(done) {
                        3.. => self.pixels::<D, P, 3>(part, (&weights, &finish), (at, done)),
                        2 => self.pixels::<D, P, 2>(part, (&weights, &finish), (at, done)),
                        _ => self.pixels::<D, P, 1>(part, (&weights, &finish), (at, done)),
                    }
                };
                at = at.wrapping_add(made.wrapping_mul(stride).wrapping_mul(quads));
                done = done.wrapping_add(made);
            }
        }
    }

    /// `N` pixels from `x` on; `N`.
    ///
    /// # Safety
    /// As for `part`; the pixels exist, and the columns under their windows lie from `at` on.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn pixels<D: Dot, const P: usize, const N: usize>(
        &self,
        part: &Part<P>,
        (weights, finish): (&[Quad; MOST * 2], &Channels),
        (at, x): (*const Quad, usize),
    ) -> usize {
        let quads = self.quads();
        let [_, taps] = self.job.kernel;
        let step = self.job.stride.wrapping_mul(quads);
        let mut acc = [finish.bias; N];
        let mut at = at;
        for weights in weights.chunks_exact(quads).take(taps) {
            for (q, weights) in weights.iter().enumerate() {
                for i in 0..4 {
                    for (n, acc) in acc.iter_mut().enumerate() {
                        let column = at.wrapping_add(n.wrapping_mul(step)).wrapping_add(q);
                        // SAFETY: a column under the window of pixel `x + n`.
                        acc[i] = unsafe { D::dot(acc[i], (*column)[i], weights[i]) };
                    }
                }
            }
            at = at.wrapping_add(self.job.dilation.wrapping_mul(quads));
        }
        for (n, sums) in acc.into_iter().enumerate() {
            // SAFETY: the caller's.
            unsafe { self.store(part, x.wrapping_add(n), finish.finish(sums)) };
        }
        N
    }
}
