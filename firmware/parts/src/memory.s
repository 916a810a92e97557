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

@ One piece of so many bytes.
.macro copied bytes, width=
        ldr\width r3, [r1], #\bytes
        str\width r3, [r12], #\bytes
.endm
.macro filled bytes, width=
        str\width r2, [r0], #\bytes
.endm

@ All `left` bytes: 16 at a time, then words, then bytes.
.macro all one, left
        subs    \left, \left, #16
        blo     2f
1:
.rept 4
        \one   4
.endr
        subs    \left, \left, #16
        bhs     1b
2:      adds    \left, \left, #12
        blo     4f
3:      \one   4
        subs    \left, \left, #4
        bhs     3b
4:      adds    \left, \left, #4
        beq     6f
5:      \one   1, b
        subs    \left, \left, #1
        bne     5b
6:      bx      lr
.endm

        .section .text.__aeabi_memcpy, "ax", %progbits
        .p2align 1
@ (to, from, bytes); memcpy gives `to` back.
        entry   memcpy
        entry   __aeabi_memcpy
        entry   __aeabi_memcpy4
        entry   __aeabi_memcpy8
        mov     r12, r0
        all     copied, r2

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
        all     filled, r1

        .purgem entry
        .purgem copied
        .purgem filled
        .purgem all
        .text
