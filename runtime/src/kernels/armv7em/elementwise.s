@ Kernels that take elements one after another, four at a time.
@
@ tidbit_add(a, b, words, factors): 28 instructions and about 32 cycles on a Cortex-M4 for four sums.
@ tidbit_lookup(table, from, to, words): 16 instructions, about 22 cycles for four elements.
@ tidbit_max(best, pixel, words), tidbit_min: 7 instructions, about 10 cycles for four elements.

        function tidbit_add
        push    {r4-r11, lr}
        ldm     r3, {r4-r6}             @ both multipliers, the constant, the shift
        .p2align 2
1:      ldr     r7, [r0]
        ldr     r8, [r1], #4
        sxtb16  r9, r7                  @ elements 0 and 2
        sxtb16  r10, r8
        sxtb16  r7, r7, ror #8          @ 1 and 3
        sxtb16  r8, r8, ror #8
        smlabb  r11, r9, r4, r5
        smlatb  r12, r9, r4, r5
        smlabt  r11, r10, r4, r11
        smlatt  r12, r10, r4, r12
        smlabb  r9, r7, r4, r5
        smlatb  r10, r7, r4, r5
        smlabt  r9, r8, r4, r9
        smlatt  r10, r8, r4, r10
        asr     r11, r11, r6
        asr     r12, r12, r6
        asr     r9, r9, r6
        asr     r10, r10, r6
        ssat    r11, #8, r11
        ssat    r12, #8, r12
        ssat    r9, #8, r9
        ssat    r10, #8, r10
        bfi     r11, r9, #8, #8
        bfi     r11, r12, #16, #8
        bfi     r11, r10, #24, #8
        str     r11, [r0], #4
        subs    r2, r2, #1
        bne     1b
        pop     {r4-r11, pc}
        .size   tidbit_add, . - tidbit_add

        function tidbit_lookup
        push    {r4-r7, lr}
        mov     r12, #0x80808080
        .p2align 2
1:      ldr     r4, [r1], #4
        eor     r4, r4, r12             @ x + 128
        uxtb    r5, r4
        ubfx    r6, r4, #8, #8
        ubfx    r7, r4, #16, #8
        lsr     r4, r4, #24
        ldrb    r5, [r0, r5]
        ldrb    r6, [r0, r6]
        ldrb    r7, [r0, r7]
        ldrb    r4, [r0, r4]
        orr     r5, r5, r6, lsl #8
        orr     r5, r5, r7, lsl #16
        orr     r5, r5, r4, lsl #24
        str     r5, [r2], #4
        subs    r3, r3, #1
        bne     1b
        pop     {r4-r7, pc}
        .size   tidbit_lookup, . - tidbit_lookup

@ SSUB8 notes of each byte whether r3 has no less than r4, and SEL chooses by that.
.macro extreme name, if_no_less, if_less
        function \name
        push    {r4, lr}
        .p2align 2
1:      ldr     r3, [r0]
        ldr     r4, [r1], #4
        ssub8   r12, r3, r4
        sel     r3, \if_no_less, \if_less
        str     r3, [r0], #4
        subs    r2, r2, #1
        bne     1b
        pop     {r4, pc}
        .size   \name, . - \name
.endm

        extreme tidbit_max, r3, r4
        extreme tidbit_min, r4, r3
        .text

@ Names are the whole crate's.
        .purgem extreme
