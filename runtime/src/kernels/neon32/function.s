        .syntax unified
        .arm
        .fpu    neon

.macro function name
        .section .text.\name, "ax", %progbits
        .p2align 3
        .global \name
        .type   \name, %function
\name:
.endm

