@ Int8 of patches to int16 in lanes: an element of each lane behind the other, two elements a word.
@
@ tidbit_spread_N(from, to, count, step), for N = 4, 3 and 2: all of so many lanes, whose elements lie
@ `step` bytes apart;
@ tidbit_spread_1(from, to, count, step): a lane of any number, whose words lie `step` bytes apart.
@
@ `to` is where the first element goes; it may be the upper half of a word. The inner loop for four
@ lanes takes 24 instructions for 16 elements, about 36 cycles on a Cortex-M4.

.macro lane a, upper
        sxtb16  lr, \a                  @ elements 0 and 2
        sxtb16  \a, \a, ror #8          @ elements 1 and 3
        pkhtb   \upper, \a, lr, asr #16
        pkhbt   \a, lr, \a, lsl #16
.endm

.macro spread name, lanes
        function \name
        push    {r4-r11, lr}
        add     r12, r3, r3, lsl #1
        tst     r1, #2
        bne     3f
1:      subs    r2, r2, #4
        blo     2f
5:      ldr     r5, [r0, r3]
.if \lanes > 2
        ldr     r6, [r0, r3, lsl #1]
.endif
.if \lanes > 3
        ldr     r7, [r0, r12]
.endif
        ldr     r4, [r0], #4
        lane    r4, r8
        lane    r5, r9
.if \lanes == 2
        stm     r1!, {r4, r5, r8, r9}
.elseif \lanes == 3
        lane    r6, r10
        stm     r1!, {r4-r6, r8-r10}
.else
        lane    r6, r10
        lane    r7, r11
        stm     r1!, {r4-r11}
.endif
        subs    r2, r2, #4
        bhs     5b
2:      adds    r2, r2, #4
        beq     4f
3:      ldrsb   r5, [r0, r3]            @ an element: it ends a word or begins one
        strh    r5, [r1, #4]
.if \lanes > 2
        ldrsb   r6, [r0, r3, lsl #1]
        strh    r6, [r1, #8]
.endif
.if \lanes > 3
        ldrsb   r7, [r0, r12]
        strh    r7, [r1, #12]
.endif
        ldrsb   r4, [r0], #1
        strh    r4, [r1], #2
        subs    r2, r2, #1
        beq     4f
        tst     r1, #2
        bne     3b
        add     r1, r1, #(4 * (\lanes - 1))
        b       1b
4:      pop     {r4-r11, pc}
        .size   \name, . - \name
.endm

        spread  tidbit_spread_4, 4
        spread  tidbit_spread_3, 3
        spread  tidbit_spread_2, 2

        function tidbit_spread_1
        push    {r4, r5, lr}
        tst     r1, #2
        bne     3f
1:      subs    r2, r2, #4
        blo     2f
5:      ldr     r4, [r0], #4
        lane    r4, r5
        str     r4, [r1]
        str     r5, [r1, r3]
        add     r1, r1, r3, lsl #1
        subs    r2, r2, #4
        bhs     5b
2:      adds    r2, r2, #4
        beq     4f
3:      ldrsb   r4, [r0], #1
        strh    r4, [r1]
        eor     r1, r1, #2              @ the other half, and the next word where it is the lower one
        subs    r2, r2, #1
        beq     4f
        tst     r1, #2
        bne     3b
        add     r1, r1, r3
        b       1b
4:      pop     {r4, r5, pc}
        .size   tidbit_spread_1, . - tidbit_spread_1
        .text

@ Names are the whole crate's.
        .purgem lane
        .purgem spread
