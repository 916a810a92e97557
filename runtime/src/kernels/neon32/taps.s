@ A pixel of a depthwise convolution with any window.
@
@ tidbit_taps(pixel: *const Pixel): all channels, 16 at a time, the last of them a second time where
@ they are no whole 16; eight at a time where less than 16 are left and eight suffice. Two taps are added
@ up in 16 bits, which they fit since no weight is -128, and then go to 32 bits: 15 instructions for
@ 32 products.
@
@ r0 pixel, r1 next address of a tap, r2 and r3 taps, r4 channel, r5 channels, r6 weights, r7 taps left,
@ r8 kind, r9 output. q8 to q11 accumulators, q13 zero point, q14 and q15 bounds.

        .equ    PLACES, 0
        .equ    TAPS, 4
        .equ    TAP_WEIGHTS, 8
        .equ    TAP_BIAS, 12
        .equ    TAP_MULTIPLIERS, 16
        .equ    TAP_OUT, 20
        .equ    CHANNELS, 24
        .equ    TAP_CONSTANTS, 28
        .equ    TAP_KIND, 32

@ Registers of so many lanes between memory and the core.
.macro lanes op, count, a, b, at, step
.if \count == 16
        \op     {\a, \b}, \at, \step
.else
        \op     {\a}, \at, \step
.endif
.endm

.macro channels count
        add     r12, r4, r4
        ldr     r6, [r0, #TAP_BIAS]
        add     r6, r6, r12, lsl #1
        vld1.8  {d16-d19}, [r6]!
.if \count == 16
        vld1.8  {d20-d23}, [r6]
.endif
        ldr     r6, [r0, #TAP_WEIGHTS]
        ldr     r1, [r0, #PLACES]
        ldr     r7, [r0, #TAPS]
        add     r6, r6, r4
        subs    r7, r7, #2
        blo     3f
        .p2align 3
2:      ldm     r1!, {r2, r3}
        add     r2, r2, r4
        add     r3, r3, r4
        lanes   vld1.8, \count, d4, d5, [r6], r5
        lanes   vld1.8, \count, d6, d7, [r6], r5
.if \count == 16
        vld1.8  {d0, d1}, [r2]
        vld1.8  {d2, d3}, [r3]
        vmull.s8 q12, d0, d4
        vmull.s8 q0, d1, d5
        vmlal.s8 q12, d2, d6
        vmlal.s8 q0, d3, d7
.else
        vld1.8  {d0}, [r2]
        vld1.8  {d2}, [r3]
        vmull.s8 q12, d0, d4
        vmlal.s8 q12, d2, d6
.endif
        subs    r7, r7, #2
        vaddw.s16 q8, q8, d24
        vaddw.s16 q9, q9, d25
.if \count == 16
        vaddw.s16 q10, q10, d0
        vaddw.s16 q11, q11, d1
.endif
        bhs     2b
3:      tst     r7, #1
        beq     4f
        ldr     r2, [r1]
        add     r2, r2, r4
        lanes   vld1.8, \count, d4, d5, [r6], r5
.if \count == 16
        vld1.8  {d0, d1}, [r2]
        vmull.s8 q12, d0, d4
        vmull.s8 q0, d1, d5
        vaddw.s16 q8, q8, d24
        vaddw.s16 q9, q9, d25
        vaddw.s16 q10, q10, d0
        vaddw.s16 q11, q11, d1
.else
        vld1.8  {d0}, [r2]
        vmull.s8 q12, d0, d4
        vaddw.s16 q8, q8, d24
        vaddw.s16 q9, q9, d25
.endif
4:      ldr     r6, [r0, #TAP_MULTIPLIERS]
        add     r6, r6, r12, lsl #1
        vld1.8  {d0-d3}, [r6]!
.if \count == 16
        vld1.8  {d4-d7}, [r6]
.endif
        tst     r8, #1
        beq     5f
        ldr     r6, [r0, #TAP_CONSTANTS]
        add     r6, r6, #32
        vld1.32 {d24, d25}, [r6]
        vshl.s32 q8, q8, q12
        vshl.s32 q9, q9, q12
.if \count == 16
        vshl.s32 q10, q10, q12
        vshl.s32 q11, q11, q12
.endif
5:      vqdmulh.s32 q8, q8, q0
        vqdmulh.s32 q9, q9, q1
.if \count == 16
        vqdmulh.s32 q10, q10, q2
        vqdmulh.s32 q11, q11, q3
.endif
        vqrshrn.s32 d16, q8, #1
        vqrshrn.s32 d17, q9, #1
.if \count == 16
        vqrshrn.s32 d18, q10, #1
        vqrshrn.s32 d19, q11, #1
.endif
        vqadd.s16 q8, q8, q13
.if \count == 16
        vqadd.s16 q9, q9, q13
.endif
        tst     r8, #2
        bne     6f
        vqmovn.s16 d16, q8
.if \count == 16
        vqmovn.s16 d17, q9
.endif
        vmax.s8 q8, q8, q14
        vmin.s8 q8, q8, q15
        add     r6, r9, r4
.if \count == 16
        vst1.8  {d16, d17}, [r6]
.else
        vst1.8  {d16}, [r6]
.endif
        b       7f
6:      vmax.s16 q8, q8, q14
        vmin.s16 q8, q8, q15
        add     r6, r9, r4, lsl #1
.if \count == 16
        vmax.s16 q9, q9, q14
        vmin.s16 q9, q9, q15
        vst1.8  {d16-d19}, [r6]
.else
        vst1.8  {d16, d17}, [r6]
.endif
7:
.endm

        function tidbit_taps
        push    {r4-r9}
        ldr     r1, [r0, #TAP_CONSTANTS]
        ldr     r5, [r0, #CHANNELS]
        ldr     r8, [r0, #TAP_KIND]
        ldr     r9, [r0, #TAP_OUT]
        vld1.32 {d26-d29}, [r1]
        vmov    d30, d29
        vmov    d31, d29
        vmov    d29, d28
        mov     r4, #0
1:      sub     r12, r5, r4
        cmp     r12, #8
        ble     9f
        cmp     r12, #16
        sublo   r4, r5, #16             @ below 0 where there are less than 16 at all
        cmp     r4, #0
        blt     8f
        channels 16
        add     r4, r4, #16
        cmp     r4, r5
        blo     1b
        pop     {r4-r9}
        bx      lr
8:      mov     r4, #0                  @ nine to 15 channels: eight, and the last eight
        channels 8
9:      sub     r4, r5, #8
        channels 8
        pop     {r4-r9}
        bx      lr
        .size   tidbit_taps, . - tidbit_taps
