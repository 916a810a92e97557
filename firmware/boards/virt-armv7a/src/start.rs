//! The first instructions: floating point and NEON on, memory mapped, variables cleared, then `main`.
//!
//! The emulator starts the core in a privileged mode, with caches and MMU off, at the ELF file's entry.

use core::arch::global_asm;

global_asm!(
    ".section .init.entry, \"ax\", %progbits",
    ".arm",
    ".fpu neon",
    ".global entry",
    ".type entry, %function",
    "entry:",
    "ldr sp, =_stack_start",
    // Coprocessors 10 and 11 are the registers of floating point and NEON.
    "mrc p15, 0, r0, c1, c0, 2",
    "orr r0, r0, #0x00f00000",
    "mcr p15, 0, r0, c1, c0, 2",
    "isb",
    "mov r0, #0x40000000",
    "vmsr fpexc, r0",
    // The table is that of all addresses, and all of its entries are of domain 0, whose rights are checked.
    "mov r0, #0",
    "mcr p15, 0, r0, c2, c0, 2",
    "ldr r0, ={table}",
    "mcr p15, 0, r0, c2, c0, 0",
    "mov r0, #1",
    "mcr p15, 0, r0, c3, c0, 0",
    "mcr p15, 0, r0, c8, c7, 0",
    "dsb",
    "isb",
    // On with MMU and caches; off with faults for addresses that are not aligned.
    "mrc p15, 0, r0, c1, c0, 0",
    "orr r0, r0, #0x1000",
    "orr r0, r0, #0x5",
    "bic r0, r0, #0x2",
    "mcr p15, 0, r0, c1, c0, 0",
    "isb",
    "ldr r0, =bss_begin",
    "ldr r1, =bss_end",
    "mov r2, #0",
    "2:",
    "cmp r0, r1",
    "strlo r2, [r0], #4",
    "blo 2b",
    "b main",
    ".ltorg",
    table = sym crate::memory_map::TABLE,
);
