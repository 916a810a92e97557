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

/// At least one run: of up to 16 bytes in five instructions, else eight and three for each 16 bytes.
///
/// # Safety
/// All runs have to lie within what the pointers point to.
#[unsafe(naked)]
unsafe extern "C" fn copy(runs: &Runs, from: *const i8, to: *mut i8) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r7, lr}}",
        "ldm r0, {{r3-r6}}", // count, bytes, step, pitch
        "cmp r4, #16",
        "bls 5f",
        "2:",
        "mov r0, r1",
        "mov r7, r2",
        "dlstp.8 lr, r4",
        "3:",
        "vldrb.u8 q0, [r0], #16",
        "vstrb.8 q0, [r7], #16",
        "letp lr, 3b",
        "add r1, r1, r5",
        "add r2, r2, r6",
        "subs r3, r3, #1",
        "bne 2b",
        "pop {{r4-r7, pc}}",
        // Two runs at a time.
        "5:",
        "vctp.8 r4",
        "lsrs r0, r3, #1",
        "add r4, r1, r5",
        "add r7, r2, r6",
        "lsl r12, r5, #1",
        "wls lr, r0, 7f",
        "6:",
        "vpstttt",
        "vldrbt.u8 q0, [r1]",
        "vldrbt.u8 q1, [r4]",
        "vstrbt.8 q0, [r2]",
        "vstrbt.8 q1, [r7]",
        "add r1, r1, r12",
        "add r4, r4, r12",
        "add r2, r2, r6, lsl #1",
        "add r7, r7, r6, lsl #1",
        "le lr, 6b",
        "7:",
        "lsls r3, r3, #31",
        "beq 8f",
        "vpstt",
        "vldrbt.u8 q0, [r1]",
        "vstrbt.8 q0, [r2]",
        "8:",
        "pop {{r4-r7, pc}}",
    )
}
