//! A GEMM by tiles of a few pixels: each weight is read once for all of them.

use core::{array, mem};

use super::finish::finish;
use crate::kernels::scalar::of_element;
use crate::kernels::{Element, Gemm, scalar};

/// Output channels whose sums are made at a time.
const CHANNELS: usize = 16;

/// What an inner loop works on: patches of int8 and rows of weights, both of `k` elements.
pub struct Tile<'a, const PIXELS: usize> {
    /// Elements of a patch.
    pub k: usize,
    /// Bytes from one patch to the next; of the last that there is, to itself.
    pub places: [usize; PIXELS],
    /// From the first patch on.
    pub patches: &'a [i8],
    /// Rows of weights, one behind the other.
    pub weights: &'a [i8],
}

impl<const PIXELS: usize> Tile<'_, PIXELS> {
    /// Whether all patches and so many rows of weights are there.
    pub fn fits(&self, rows: usize) -> bool {
        let whole = |place: &usize| {
            let end = place.checked_add(self.k);
            end.is_some_and(|end| end <= self.patches.len())
        };
        self.places.iter().all(whole)
            && rows
                .checked_mul(self.k)
                .is_some_and(|end| end <= self.weights.len())
    }
}

/// The sums of a tile, row of weights by row of weights.
pub type Dots<const PIXELS: usize> = fn(&Tile<'_, PIXELS>, &mut [[i32; PIXELS]]);

/// A [`Gemm`] over int8 patches and weights that lie row by row, `PIXELS` patches at a time; any other job
/// goes to the scalar kernel.
#[inline(always)]
pub fn gemm<const PIXELS: usize>(
    dots: Dots<PIXELS>,
    job: &Gemm<'_>,
    count: usize,
    patches: &[i8],
    out: &mut [i8],
) {
    let by_rows = job.weights.packing.block().0 == 1 || job.outputs() == 1;
    if !by_rows || job.input_bytes != 1 || !job.fits(count, patches.len(), out.len()) {
        return scalar::gemm(job, count, patches, out, &mut []);
    }
    let mut sums = [[0; PIXELS]; CHANNELS];
    let mut next = 0usize;
    while next < count {
        // The last tile begins earlier, so that it is full; what it makes again is the same again.
        let first = next.min(count.saturating_sub(PIXELS));
        let last = count.wrapping_sub(first).wrapping_sub(1);
        let tile = Tile {
            k: job.k,
            places: array::from_fn(|pixel| pixel.min(last).wrapping_mul(job.pitch)),
            patches: patches
                .get(first.wrapping_mul(job.pitch)..)
                .unwrap_or_default(),
            weights: job.weights.values,
        };
        let out = out.get_mut(first.wrapping_mul(job.stride)..);
        let out = out.unwrap_or_default();
        of_element!(job.output_bytes, Q => one_tile::<Q, PIXELS>(dots, job, tile, &mut sums, out));
        next = next.saturating_add(PIXELS);
    }
}

/// All output channels of some pixels.
#[inline(always)]
fn one_tile<Q: Element, const PIXELS: usize>(
    dots: Dots<PIXELS>,
    job: &Gemm<'_>,
    tile: Tile<'_, PIXELS>,
    sums: &mut [[i32; PIXELS]; CHANNELS],
    out: &mut [i8],
) {
    let mut rest = out;
    let mut pixels: [&mut [Q]; PIXELS] = array::from_fn(|_| {
        let all = mem::take(&mut rest);
        let (pixel, behind) = all.split_at_mut(job.stride.min(all.len()));
        rest = behind;
        Q::view_mut(pixel)
    });
    let outputs = job.outputs();
    let mut weights = tile.weights;
    for start in (0..outputs).step_by(CHANNELS) {
        let rows = outputs.wrapping_sub(start).min(CHANNELS);
        let (Some(sums), Some(part)) = (sums.get_mut(..rows), job.requant.from_channel(start)) else {
            return;
        };
        dots(&Tile { weights, ..tile }, sums);
        let block = pixels.each_mut().map(|pixel| {
            let all = mem::take(pixel);
            let (block, behind) = all.split_at_mut(rows.min(all.len()));
            *pixel = behind;
            block
        });
        finish(sums, &part, block);
        let used = rows.wrapping_mul(tile.k);
        weights = weights.get(used..).unwrap_or_default();
    }
}

/// The sums of a tile in plain Rust.
pub fn dots_plainly<const PIXELS: usize>(
    tile: &Tile<'_, PIXELS>,
    sums: &mut [[i32; PIXELS]],
) {
    let rows = tile.weights.chunks_exact(tile.k.max(1));
    for (sums, weights) in sums.iter_mut().zip(rows) {
        for (sum, place) in sums.iter_mut().zip(tile.places) {
            let patch = tile.patches.get(place..).unwrap_or_default();
            *sum = patch.iter().zip(weights).fold(0i32, |sum, (&x, &w)| {
                sum.wrapping_add(i32::from(x).wrapping_mul(i32::from(w)))
            });
        }
    }
}
