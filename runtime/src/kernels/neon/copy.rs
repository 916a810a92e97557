//! Copies of many short runs of bytes.

use core::arch::aarch64::{int8x8_t, int8x16_t};

use super::vector::{load, load_half, store, store_half};
use crate::kernels::{Runs, rearrange};

/// Copies [`Runs`], by registers of which the last two of a run may overlap.
pub(super) fn copy_runs(runs: &Runs, from: &[i8], to: &mut [i8]) {
    if runs.len < size_of::<int8x8_t>() || !runs.fits(from.len(), to.len()) {
        return rearrange::copy_runs(runs, from, to);
    }
    let (mut from, mut to) = (from.as_ptr(), to.as_mut_ptr());
    for _ in 0..runs.count {
        // SAFETY: the runs fit, so `len` bytes can be read and written; each of these is a register
        // or more.
        unsafe {
            if runs.len < size_of::<int8x16_t>() {
                let last = runs.len.wrapping_sub(size_of::<int8x8_t>());
                let (a, b) = (load_half(from), load_half(from.wrapping_add(last)));
                store_half(to, a);
                store_half(to.wrapping_add(last), b);
            } else {
                let last = runs.len.wrapping_sub(size_of::<int8x16_t>());
                let mut at = 0usize;
                while at < last {
                    store(to.wrapping_add(at), load(from.wrapping_add(at)));
                    at = at.wrapping_add(size_of::<int8x16_t>());
                }
                store(to.wrapping_add(last), load(from.wrapping_add(last)));
            }
        }
        from = from.wrapping_add(runs.step);
        to = to.wrapping_add(runs.pitch);
    }
}
