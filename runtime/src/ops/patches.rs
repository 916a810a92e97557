//! Patches of a convolution in scratch: gathered one behind the other, or side by side where the
//! backend knows lanes.

use core::ops::Range;

use super::Site;
use crate::kernels::lanes::{bytes_of, lanes_for};
use crate::kernels::scratch::{aligned, patches_at_once, wide_pitch};
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
    pitch: usize,
}

impl Patches {
    /// For a convolution whose rows have `width` pixels.
    pub(super) fn of(site: &Site<'_>, job: &Gemm<'_>, width: usize) -> Self {
        let fast = job.k > 1 && job.weights.packing == site.kernels.packing;
        let lanes = site.kernels.lanes.filter(|_| fast);
        let most = patches_at_once(job.k);
        let twice = job.input_bytes == 1 && lanes.is_none();
        let most = if twice { most.wrapping_mul(2) } else { most };
        Self {
            kernels: site.kernels,
            lanes,
            most: most.min(width),
            elements: (job.k, job.input_bytes),
            pitch: if job.input_bytes == 1 {
                job.k
            } else {
                wide_pitch(job.k)
            },
        }
    }

    /// The pixels of a row, tile by tile.
    pub(super) fn tiles(&self, width: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let (most, in_lanes) = (self.most.max(1), self.lanes.is_some());
        let mut start = 0usize;
        core::iter::from_fn(move || {
            let left = width.checked_sub(start).filter(|left| *left > 0)?;
            let tile = if in_lanes {
                lanes_for(left, most)
            } else {
                most.min(left)
            };
            let first = start;
            start = start.wrapping_add(tile);
            Some(first..start)
        })
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

    /// The same GEMM over patches that [`fill`](Self::fill) makes.
    pub(super) fn job<'a>(&self, job: &Gemm<'a>) -> Gemm<'a> {
        Gemm {
            pitch: self.pitch,
            ..*job
        }
    }

    /// The GEMM over `count` patches that [`fill`](Self::fill) made.
    pub(super) fn multiply(&self, job: &Gemm<'_>, count: usize, patches: &[i8], out: &mut [i8]) {
        match &self.lanes {
            Some(lanes) => (lanes.multiply)(job, count, patches, out),
            None => (self.kernels.gemm)(job, count, patches, out, &mut []),
        }
    }
}
