//! Patches of a convolution in scratch: gathered one behind the other, or side by side where the
//! backend knows lanes.

use core::ops::Range;

use super::Site;
use crate::kernels::lanes::{bytes_of, lanes_for};
use crate::kernels::scratch::{ALIGNMENT, aligned, patches_at_once, wide_pitch};
use crate::kernels::{Gemm, Kernels, Lanes, Spread};

/// How patches of a convolution lie in scratch.
#[derive(Clone, Copy)]
pub(super) struct Patches {
    kernels: &'static Kernels,
    /// Kernels for lanes, if patches lie in lanes.
    lanes: Option<Lanes>,
    /// Patches at a time.
    most: usize,
    /// Elements of a patch, and bytes of one.
    elements: (usize, u8),
    /// Bytes from one patch to the next, where they lie one behind the other.
    pub(super) pitch: usize,
}

impl Patches {
    /// For a convolution whose rows have `width` pixels, in `scratch` bytes: those of the convolution
    /// itself are enough, but where another operator left room for more patches, they are taken
    /// together.
    pub(super) fn of(site: &Site<'_>, job: &Gemm<'_>, width: usize, scratch: usize) -> Self {
        let fast = job.k > 1 && job.weights.packing == site.kernels.packing;
        let lanes = site.kernels.lanes.filter(|_| fast);
        let most = patches_at_once(job.k);
        let pitch = if job.input_bytes == 1 {
            job.k
        } else {
            wide_pitch(job.k)
        };
        let room = scratch.saturating_sub(ALIGNMENT).checked_div(pitch);
        let most = if lanes.is_some() {
            most
        } else {
            room.unwrap_or(most).max(1)
        };
        Self {
            kernels: site.kernels,
            lanes,
            most: most.min(width),
            elements: (job.k, job.input_bytes),
            pitch,
        }
    }

    /// The first tile of some pixels of a row; `None` if there are none.
    pub(super) fn tile(&self, pixels: &Range<usize>) -> Option<Range<usize>> {
        let left = pixels
            .end
            .checked_sub(pixels.start)
            .filter(|left| *left > 0)?;
        let most = self.most.max(1);
        let tile = if self.lanes.is_some() {
            lanes_for(left, most)
        } else {
            most.min(left)
        };
        Some(pixels.start..pixels.start.wrapping_add(tile))
    }

    /// The kernels for lanes, if patches lie in lanes; and of `width` pixels of a row, those of whole
    /// tiles whose patches all lie `inside`.
    pub(super) fn whole_tiles(
        &self,
        width: usize,
        inside: &Range<usize>,
    ) -> Option<(Lanes, Range<usize>)> {
        let whole = |pixels: usize| {
            let rest = pixels.checked_rem(self.most).filter(|rest| *rest > 0)?;
            Some(pixels.wrapping_sub(rest).wrapping_add(self.most))
        };
        let start = whole(inside.start).unwrap_or(inside.start);
        let behind = width.saturating_sub(inside.end);
        let end = width.checked_sub(whole(behind).unwrap_or(behind))?;
        (start < end).then_some((self.lanes?, start..end))
    }

    /// Gathers `count` patches. Where they lie in lanes `spread` does, and is told where to; else
    /// `gather` does, told how far apart.
    pub(super) fn fill<'a>(
        &self,
        count: usize,
        gather: impl Fn(usize, &mut [i8]) -> Option<()>,
        spread: impl Fn(&Lanes, &Spread, &mut [i8]) -> Option<()>,
        scratch: &'a mut [i8],
    ) -> Option<&'a [i8]> {
        let scratch = aligned(scratch);
        let (len, bytes) = self.elements;
        if let Some(lanes) = &self.lanes {
            let all = scratch.get_mut(..bytes_of(count, len))?;
            let whole = Spread {
                lanes: count,
                first: 0,
                count,
                element: 0,
                len,
                step: 0,
                bytes,
            };
            spread(lanes, &whole, all)?;
            return Some(all);
        }
        let all = scratch.get_mut(..count.checked_mul(self.pitch)?)?;
        gather(self.pitch, all)?;
        Some(all)
    }

    /// The GEMM over `count` patches that [`fill`](Self::fill) made.
    pub(super) fn multiply(&self, job: &Gemm<'_>, count: usize, patches: &[i8], out: &mut [i8]) {
        match &self.lanes {
            Some(lanes) => (lanes.multiply)(job, count, patches, out),
            None => (self.kernels.gemm)(job, count, patches, out, &mut []),
        }
    }
}
