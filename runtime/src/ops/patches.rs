//! Patches of a convolution in scratch: gathered side by side, widened where the backend asks for it.

use core::ops::Range;

use crate::kernels::scratch::{ALIGNMENT, aligned, patches_at_once, wide_pitch};
use crate::kernels::{Gemm, Kernels};

/// How patches of a convolution lie in scratch.
#[derive(Clone, Copy)]
pub(super) struct Patches {
    /// Patches at a time.
    tile: usize,
    /// Bytes from one patch to the next while they are gathered.
    pitch: usize,
    /// Whether they become int16.
    wide: bool,
}

impl Patches {
    /// For a convolution whose rows have `width` pixels, in `scratch` bytes: those of the convolution
    /// itself are enough, but where another operator left room for more patches, they are taken
    /// together.
    pub(super) fn of(kernels: &Kernels, job: &Gemm<'_>, width: usize, scratch: usize) -> Self {
        let most = patches_at_once(job.k);
        let int8 = job.input_bytes == 1;
        let wide = int8 && kernels.widens;
        let tile = if int8 && !wide {
            most.wrapping_mul(2)
        } else {
            most
        };
        let pitch = match (int8, wide) {
            (true, false) => job.k,
            (true, true) => wide_pitch(job.k) / 2,
            (false, _) => wide_pitch(job.k),
        };
        let bytes = tile.wrapping_mul(if wide { pitch.wrapping_mul(2) } else { pitch });
        let room = scratch.saturating_sub(ALIGNMENT);
        let tiles = room.checked_div(bytes).unwrap_or(1).max(1);
        Self {
            tile: tile.saturating_mul(tiles).min(width),
            pitch,
            wide,
        }
    }

    /// The pixels of a row, tile by tile.
    pub(super) fn tiles(&self, width: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let tile = self.tile.max(1);
        (0..width)
            .step_by(tile)
            .map(move |start| start..start.wrapping_add(tile).min(width))
    }

    /// Gathers `count` patches, and widens them if that is wanted; `gather` is told how far patches are
    /// apart, and where.
    pub(super) fn fill<'a>(
        &self,
        kernels: &Kernels,
        (count, gather): (usize, impl FnOnce(usize, &mut [i8]) -> Option<()>),
        scratch: &'a mut [i8],
    ) -> Option<&'a [i8]> {
        let scratch = aligned(scratch);
        let bytes = count.checked_mul(self.pitch)?;
        let start = if self.wide { bytes } else { 0 };
        let all = scratch.get_mut(..bytes.checked_add(start)?)?;
        gather(self.pitch, all.get_mut(start..)?)?;
        if self.wide {
            (kernels.widen)(all);
        }
        Some(all)
    }

    /// The GEMM over `count` patches that [`fill`](Self::fill) made.
    pub(super) fn multiply(
        &self,
        kernels: &Kernels,
        job: &Gemm<'_>,
        count: usize,
        patches: &[i8],
        out: &mut [i8],
    ) {
        let job = Gemm {
            pitch: if self.wide {
                self.pitch.wrapping_mul(2)
            } else {
                self.pitch
            },
            input_bytes: if self.wide { 2 } else { job.input_bytes },
            ..*job
        };
        (kernels.gemm)(&job, count, patches, out, &mut []);
    }

    /// Both, one after the other.
    pub(super) fn run(
        &self,
        kernels: &Kernels,
        job: &Gemm<'_>,
        (count, gather): (usize, impl FnOnce(usize, &mut [i8]) -> Option<()>),
        out: &mut [i8],
        scratch: &mut [i8],
    ) -> Option<()> {
        let patches = self.fill(kernels, (count, gather), scratch)?;
        self.multiply(kernels, job, count, patches, out);
        Some(())
    }
}
