//! What the core does at an exception: it tells, and ends. None is expected.
//!
//! A stack that grew too far is the likely cause, so the handler takes the stack from its top anew:
//! nobody returns to what was there.

use core::arch::{asm, global_asm};

use tidbit_virt::halt;

global_asm!(
    ".section .text.vectors, \"ax\"",
    ".balign 2048",
    "exception_vectors:",
    ".rept 16",
    ".balign 128",
    "b 2f",
    ".endr",
    "2:",
    "adrp x0, boot_stack_end",
    "add x0, x0, :lo12:boot_stack_end",
    "mov sp, x0",
    "mrs x0, elr_el1",
    "mrs x1, far_el1",
    "mrs x2, esr_el1",
    "b {unexpected}",
    unexpected = sym unexpected,
);

/// Has exceptions come here.
pub fn install() {
    // SAFETY: the table above has the alignment and the sixteen entries of a vector table, and
    // nothing in it returns.
    unsafe {
        asm!(
            "adrp {table}, exception_vectors",
            "add {table}, {table}, :lo12:exception_vectors",
            "msr vbar_el1, {table}",
            "isb",
            table = out(reg) _,
            options(nostack, preserves_flags),
        );
    }
}

extern "C" fn unexpected(instruction: u64, address: u64, syndrome: u64) -> ! {
    defmt::error!(
        "exception at {=u64:#010x}: address {=u64:#010x}, syndrome {=u64:#x}",
        instruction,
        address,
        syndrome
    );
    halt()
}
