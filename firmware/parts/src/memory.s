@ The copies and fills that compilers call, for cores of ARMv7-M and ARMv8-M, which read and write words at any
@ address of RAM and flash (not of devices, nor where CCR.UNALIGN_TRP is set). Those that come with Rust take
@ 1.3 KB; these take 140 bytes, and fewer instructions with pieces as short as those of the runtime.
        .syntax unified

.macro entry name
        .global \name
        .type   \name, %function
        .thumb_func
\name:
.endm

        .section .text.__aeabi_memcpy, "ax", %progbits
        .p2align 1
@ (to, from, bytes); memcpy gives `to` back.
        entry   memcpy
        entry   __aeabi_memcpy
        entry   __aeabi_memcpy4
        entry   __aeabi_memcpy8
        mov     r12, r0
        subs    r2, r2, #16
        blo     2f
1:
.rept 4
        ldr     r3, [r1], #4
        str     r3, [r12], #4
.endr
        subs    r2, r2, #16
        bhs     1b
2:      adds    r2, r2, #12
        blo     4f
3:      ldr     r3, [r1], #4
        str     r3, [r12], #4
        subs    r2, r2, #4
        bhs     3b
4:      adds    r2, r2, #4
        beq     6f
5:      ldrb    r3, [r1], #1
        strb    r3, [r12], #1
        subs    r2, r2, #1
        bne     5b
6:      bx      lr

        .section .text.__aeabi_memset, "ax", %progbits
        .p2align 1
@ (at, bytes)
        entry   __aeabi_memclr
        entry   __aeabi_memclr4
        entry   __aeabi_memclr8
        movs    r2, #0
@ (at, bytes, value)
        entry   __aeabi_memset
        entry   __aeabi_memset4
        entry   __aeabi_memset8
        uxtb    r2, r2
        orr     r2, r2, r2, lsl #8
        orr     r2, r2, r2, lsl #16
        subs    r1, r1, #16
        blo     2f
1:
.rept 4
        str     r2, [r0], #4
.endr
        subs    r1, r1, #16
        bhs     1b
2:      adds    r1, r1, #12
        blo     4f
3:      str     r2, [r0], #4
        subs    r1, r1, #4
        bhs     3b
4:      adds    r1, r1, #4
        beq     6f
5:      strb    r2, [r0], #1
        subs    r1, r1, #1
        bne     5b
6:      bx      lr

        .purgem entry
        .text
