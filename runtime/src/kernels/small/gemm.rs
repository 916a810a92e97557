//! A GEMM by tiles of a few pixels: each weight is read once for all of them.

use core::array;

use super::finish::{Finish, finish_plainly};
use crate::kernels::{Gemm, Requant, scalar};

/// Sums that are made at a time.
const SUMS: usize = 64;

/// What an inner loop works on: patches of int8 and rows of weights, both of `k` elements.
pub struct Tile<'a, const PIXELS: usize> {
    /// Elements of a patch.
    pub k: usize,
    /// How many patches there are, at least one.
    pub pixels: usize,
    /// Where each begins; those beyond the last one begin where it does.
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
        // Within these limits nothing wraps; `checked_mul` would be a call on the smallest cores.
        let small = rows <= SUMS && self.k < 1 << 24;
        small && self.places.iter().all(whole) && rows.wrapping_mul(self.k) <= self.weights.len()
    }
}

/// An inner loop.
pub trait Dots<const PIXELS: usize> {
    /// What it makes of patches before it multiplies them with any weights.
    type Ready;
    /// A place for it.
    const PLACE: Self::Ready;
    /// Whether it takes as long for fewer pixels: then the last tile begins earlier, so that it is full, and
    /// what it makes again is the same again.
    const FULL: bool;

    /// Makes it of the patches of a tile.
    fn prepare(tile: &Tile<'_, PIXELS>, ready: &mut Self::Ready);

    /// The sums of a tile that is prepared, row of weights by row of weights.
    fn dots(tile: &Tile<'_, PIXELS>, ready: &mut Self::Ready, sums: &mut [[i32; PIXELS]]);
}

/// A [`Gemm`] over int8 patches and weights that lie row by row, `PIXELS` patches at a time; any other job
/// goes to the scalar kernel.
#[inline(always)]
pub fn gemm<D: Dots<PIXELS>, const PIXELS: usize>(
    finish: Finish<PIXELS>,
    job: &Gemm<'_>,
    count: usize,
    patches: &[i8],
    out: &mut [i8],
) {
    let by_rows = job.weights.packing.block().0 == 1 || job.outputs() == 1;
    if !by_rows || job.input_bytes != 1 || !job.fits(count, patches.len(), out.len()) {
        return scalar::gemm(job, count, patches, out, &mut []);
    }
    let mut sums = [0; SUMS];
    let mut place = (D::PLACE, sums.as_chunks_mut().0);
    let mut next = 0usize;
    while next < count {
        let first = if D::FULL {
            next.min(count.saturating_sub(PIXELS))
        } else {
            next
        };
        let pixels = count.wrapping_sub(first).min(PIXELS);
        let last = pixels.wrapping_sub(1);
        let tile = Tile {
            k: job.k,
            pixels,
            places: array::from_fn(|pixel| pixel.min(last).wrapping_mul(job.pitch)),
            patches: patches
                .get(first.wrapping_mul(job.pitch)..)
                .unwrap_or_default(),
            weights: job.weights.values,
        };
        let out = out.get_mut(first.wrapping_mul(job.stride)..);
        let out = out.unwrap_or_default();
        let at = (job.stride, pixels);
        if job.output_bytes == 1 {
            channels::<D, PIXELS>(job, tile, &mut place, out, |sums, part, out| {
                finish(sums, part, out, at);
            });
        } else {
            channels::<D, PIXELS>(job, tile, &mut place, out, |sums, part, out| {
                finish_plainly::<[u8; 2], PIXELS>(sums, part, out, at);
            });
        }
        next = next.saturating_add(PIXELS);
    }
}

/// All output channels of a tile, as many at a time as there is place for sums; `out` is what comes from the
/// first pixel on.
#[inline(always)]
fn channels<D: Dots<PIXELS>, const PIXELS: usize>(
    job: &Gemm<'_>,
    mut tile: Tile<'_, PIXELS>,
    (ready, sums): &mut (D::Ready, &mut [[i32; PIXELS]]),
    out: &mut [i8],
    finish: impl Fn(&[[i32; PIXELS]], &Requant<'_>, &mut [i8]),
) {
    let outputs = job.outputs();
    D::prepare(&tile, ready);
    for start in (0..outputs).step_by(sums.len().max(1)) {
        let rows = outputs.wrapping_sub(start).min(sums.len());
        let byte = start.wrapping_mul(usize::from(job.output_bytes));
        let (Some(sums), Some(part), Some(out)) = (
            sums.get_mut(..rows),
            job.requant.from_channel(start),
            out.get_mut(byte..),
        ) else {
            return;
        };
        D::dots(&tile, ready, sums);
        finish(sums, &part, out);
        let used = rows.wrapping_mul(tile.k);
        tile.weights = tile.weights.get(used..).unwrap_or_default();
    }
}

/// The sums of a tile in plain Rust.
pub fn dots_plainly<const PIXELS: usize>(tile: &Tile<'_, PIXELS>, sums: &mut [[i32; PIXELS]]) {
    let rows = tile.weights.chunks_exact(tile.k.max(1));
    for (sums, weights) in sums.iter_mut().zip(rows) {
        for (sum, place) in sums.iter_mut().zip(tile.places).take(tile.pixels) {
            let patch = tile.patches.get(place..).unwrap_or_default();
            *sum = patch.iter().zip(weights).fold(0i32, |sum, (&x, &w)| {
                sum.wrapping_add(i32::from(x).wrapping_mul(i32::from(w)))
            });
        }
    }
}
