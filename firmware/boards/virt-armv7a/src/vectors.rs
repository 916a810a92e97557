//! What the core does at an exception: it tells, and ends. None is expected.
//!
//! A stack that grew too far is the likely cause, so the handler takes the stack from its top anew:
//! nobody returns to what was there.

use core::arch::{asm, global_asm};

use tidbit_virt::halt;

global_asm!(
    ".section .text.vectors, \"ax\", %progbits",
    ".arm",
    ".balign 32",
    "exception_vectors:",
    ".rept 8",
    "b 2f",
    ".endr",
    "2:",
    "ldr sp, =_stack_start",
    "mov r0, lr",
    // Addresses and causes, of a load or store and of an instruction.
    "mrc p15, 0, r1, c6, c0, 0",
    "mrc p15, 0, r2, c5, c0, 0",
    "mrc p15, 0, r3, c5, c0, 1",
    "b {unexpected}",
    ".ltorg",
    unexpected = sym unexpected,
);

/// Has exceptions come here.
pub fn install() {
    // SAFETY: the table above has the alignment and the eight entries of a vector table, and nothing in
    // it returns.
    unsafe {
        asm!(
            "movw {table}, :lower16:exception_vectors",
            "movt {table}, :upper16:exception_vectors",
            "mcr p15, 0, {table}, c12, c0, 0",
            "isb",
            table = out(reg) _,
            options(nostack, preserves_flags),
        );
    }
}

/// `behind` is a word or two behind the instruction.
extern "C" fn unexpected(behind: u32, address: u32, data: u32, instruction: u32) -> ! {
    defmt::error!(
        "exception before {=u32:#010x}: address {=u32:#010x}, causes {=u32:#x} and {=u32:#x}",
        behind,
        address,
        data,
        instruction
    );
    halt()
}
