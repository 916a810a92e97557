//! Copies of runs on cores of ARMv7-M: rows that move out of their landing, most of all.
//!
//! Four words at a time where both places begin at a whole word (4 instructions, on a Cortex-M4 about 12
//! cycles, for 16 bytes), else word by word, which these cores read and write at any address.

use core::arch::naked_asm;

use super::Runs;

/// Copies [`Runs`].
pub fn copy_runs(runs: &Runs, from: &[i8], to: &mut [i8]) {
    if runs.fits(from.len(), to.len()) {
        // SAFETY: `fits` proved that all runs lie within `from` and `to`, of which there is at least
        // one.
        unsafe { copy(runs, from.as_ptr(), to.as_mut_ptr()) }
    }
}

/// At least one run.
///
/// # Safety
/// All runs have to lie within what the pointers point to.
#[unsafe(naked)]
unsafe extern "C" fn copy(runs: &Runs, from: *const i8, to: *mut i8) {
    naked_asm!(
        "push {{r4-r10, lr}}",
        "ldm r0, {{r3-r6}}", // count, bytes, step, pitch
        "2:",
        "mov r0, r1",
        "mov r12, r2",
        "subs lr, r4, #16",
        "blt 5f",
        "orr r7, r0, r12",
        "lsls r7, r7, #30",
        "bne 4f",
        "3:",
        "ldm r0!, {{r7-r10}}",
        "stm r12!, {{r7-r10}}",
        "subs lr, lr, #16",
        "bge 3b",
        "b 5f",
        "4:",
        "ldr r7, [r0], #4",
        "ldr r8, [r0], #4",
        "ldr r9, [r0], #4",
        "ldr r10, [r0], #4",
        "str r7, [r12], #4",
        "str r8, [r12], #4",
        "str r9, [r12], #4",
        "str r10, [r12], #4",
        "subs lr, lr, #16",
        "bge 4b",
        "5:",
        "adds lr, lr, #12",
        "blt 7f",
        "6:",
        "ldr r7, [r0], #4",
        "str r7, [r12], #4",
        "subs lr, lr, #4",
        "bge 6b",
        "7:",
        "adds lr, lr, #4",
        "beq 9f",
        "8:",
        "ldrb r7, [r0], #1",
        "strb r7, [r12], #1",
        "subs lr, lr, #1",
        "bne 8b",
        "9:",
        "add r1, r1, r5",
        "add r2, r2, r6",
        "subs r3, r3, #1",
        "bne 2b",
        "pop {{r4-r10, pc}}",
    )
}
