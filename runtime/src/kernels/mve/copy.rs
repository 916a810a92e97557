//! Copies of runs: what gathers the patches of a convolution.

use core::arch::naked_asm;

use crate::kernels::Runs;

/// Copies [`Runs`].
pub fn copy_runs(runs: &Runs, from: &[i8], to: &mut [i8]) {
    if runs.fits(from.len(), to.len()) {
        // SAFETY: `fits` proved that all runs lie within `from` and `to`, of which there is at least
        // one.
        unsafe { copy(runs, from.as_ptr(), to.as_mut_ptr()) }
    }
}

/// At least one run; 16 bytes take three instructions, what is around them eight.
///
/// # Safety
/// All runs have to lie within what the pointers point to.
#[unsafe(naked)]
unsafe extern "C" fn copy(runs: &Runs, from: *const i8, to: *mut i8) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r7, lr}}",
        "ldm r0, {{r3-r6}}", // count, bytes, step, pitch
        "2:",
        "mov r0, r1",
        "mov r7, r2",
        "wlstp.8 lr, r4, 4f",
        "3:",
        "vldrb.u8 q0, [r0], #16",
        "vstrb.8 q0, [r7], #16",
        "letp lr, 3b",
        "4:",
        "add r1, r1, r5",
        "add r2, r2, r6",
        "subs r3, r3, #1",
        "bne 2b",
        "pop {{r4-r7, pc}}",
    )
}
