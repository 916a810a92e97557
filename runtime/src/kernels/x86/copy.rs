//! Copies of many short runs of bytes: what gathers the patches of a convolution.
//!
//! A run of 4 to 64 bytes is two copies of a size that the compiler knows, one at either end, which
//! overlap in the middle: a call of `memcpy` for each takes several times as long.

use crate::kernels::{Runs, rearrange};

/// As `Kernels::copy_runs`.
pub fn copy_runs(runs: &Runs, from: &[i8], to: &mut [i8]) {
    if !runs.fits(from.len(), to.len()) {
        return;
    }
    let (from_at, to_at) = (from.as_ptr(), to.as_mut_ptr());
    // SAFETY: all runs lie within the slices, and each has as many bytes as either end takes.
    unsafe {
        match runs.len {
            4..8 => by_ends::<4>(runs, from_at, to_at),
            8..16 => by_ends::<8>(runs, from_at, to_at),
            16..32 => by_ends::<16>(runs, from_at, to_at),
            32..=64 => by_ends::<32>(runs, from_at, to_at),
            _ => rearrange::copy_runs(runs, from, to),
        }
    }
}

/// Runs of `N` to `2 * N` bytes.
///
/// # Safety
/// All of them can be read and written.
#[inline(always)]
unsafe fn by_ends<const N: usize>(runs: &Runs, mut from: *const i8, mut to: *mut i8) {
    let last = runs.len.wrapping_sub(N);
    for _ in 0..runs.count {
        // SAFETY: the first and the last `N` bytes of a run.
        unsafe {
            let first = from.cast::<[i8; N]>().read();
            let end = from.wrapping_add(last).cast::<[i8; N]>().read();
            to.cast::<[i8; N]>().write(first);
            to.wrapping_add(last).cast::<[i8; N]>().write(end);
        }
        from = from.wrapping_add(runs.step);
        to = to.wrapping_add(runs.pitch);
    }
}
