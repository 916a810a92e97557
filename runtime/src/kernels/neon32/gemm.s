@ GEMM: pixels against a block of eight output channels.
@
@ tidbit_gemm_2(block: *const Block), for whole pairs of pixels; tidbit_gemm_1, for any number.
@
@ Half a block at a time, four channels: each of the accumulators q8 to q15 belongs to one output, pixel
@ after pixel, and its four parts are added up at the end. Products of int8 fit 16 bits, and so do two of
@ them, since no weight is -128: one element of a step and one of the next are added up in 16 bits, and
@ pairs of such sums go to 32 bits at once. 16 elements of two pixels take 30 instructions for 128
@ products.
@
@ r0 block, r1 and r2 elements of a patch, r3 weights, r4 bytes of a step of them, r5 pairs of steps left,
@ r6 patch, r7 output, r8 pixels left, r9 pitch, r10 biases, r11 multipliers.
@ Elements are in q4 and q5, weights in q0 to q3, products in q6 and q7.

        .equ    PATCHES, 0
        .equ    OUT, 4
        .equ    PIXELS, 8
        .equ    PITCH, 12
        .equ    STRIDE, 16
        .equ    WEIGHTS, 20
        .equ    PAIRS, 24
        .equ    SINGLE, 28
        .equ    REST, 32
        .equ    BACK, 36
        .equ    BIAS, 40
        .equ    MULTIPLIERS, 44
        .equ    CONSTANTS, 48
        .equ    KIND, 52
        .equ    SHIFT, 32               @ among the constants
        .equ    SHIFTED, 1              @ of the kind
        .equ    WIDE, 2

@ 16 elements of a channel: two steps of its weights, and the accumulators of both pixels.
.macro sixteen pixels, add, w, v, a, b
        vmull.s8 q6, d8, \w
.if \pixels == 2
        vmull.s8 q7, d10, \w
.endif
        vmlal.s8 q6, d9, \v
.if \pixels == 2
        vmlal.s8 q7, d11, \v
.endif
        \add    \a, q6
.if \pixels == 2
        \add    \b, q7
.endif
.endm

@ Two steps of four channels.
.macro two_steps pixels, add
        vld1.8  {d0-d3}, [r3], r4
        vld1.8  {d8, d9}, [r1]!
        vld1.8  {d4-d7}, [r3], r4
.if \pixels == 2
        vld1.8  {d10, d11}, [r2]!
.endif
        sixteen \pixels, \add, d0, d4, q8, q12
        sixteen \pixels, \add, d1, d5, q9, q13
        sixteen \pixels, \add, d2, d6, q10, q14
        sixteen \pixels, \add, d3, d7, q11, q15
.endm

.macro eight pixels, w, a, b
        vmull.s8 q6, d8, \w
.if \pixels == 2
        vmull.s8 q7, d10, \w
.endif
        vpadal.s16 \a, q6
.if \pixels == 2
        vpadal.s16 \b, q7
.endif
.endm

@ A step of four channels, whose weights are at r3.
.macro one_step pixels
        vld1.8  {d0-d3}, [r3], r4
        vld1.8  {d8}, [r1]!
.if \pixels == 2
        vld1.8  {d10}, [r2]!
.endif
        eight   \pixels, d0, q8, q12
        eight   \pixels, d1, q9, q13
        eight   \pixels, d2, q10, q14
        eight   \pixels, d3, q11, q15
.endm

@ Four channels, as int16 without the zero point: of one pixel in d0, of the other in d1.
.macro half pixels, index
        ldr     r3, [r0, #WEIGHTS]
        ldr     r5, [r0, #PAIRS]
        mov     r1, r6
.if \pixels == 2
        add     r2, r6, r9
.endif
.if \index == 1
        add     r3, r3, #32
.endif
        subs    r5, r5, #1
        blo     4f
        two_steps \pixels, vpaddl.s16
        beq     5f
        .p2align 3
3:      two_steps \pixels, vpadal.s16
        subs    r5, r5, #1
        bne     3b
        b       5f
4:      vmov.i32 q8, #0
        vmov.i32 q9, #0
        vmov.i32 q10, #0
        vmov.i32 q11, #0
.if \pixels == 2
        vmov.i32 q12, #0
        vmov.i32 q13, #0
        vmov.i32 q14, #0
        vmov.i32 q15, #0
.endif
5:      ldr     r12, [r0, #SINGLE]
        cmp     r12, #0
        beq     6f
        one_step \pixels
6:      ldr     r3, [r0, #REST]
        cmp     r3, #0
        beq     7f
        ldr     r12, [r0, #BACK]
.if \index == 1
        add     r3, r3, #32
.endif
        add     r1, r1, r12
.if \pixels == 2
        add     r2, r2, r12
.endif
        one_step \pixels
7:      vpadd.i32 d16, d16, d17
        vpadd.i32 d17, d18, d19
        vpadd.i32 d18, d20, d21
        vpadd.i32 d19, d22, d23
.if \pixels == 2
        vpadd.i32 d24, d24, d25
        vpadd.i32 d25, d26, d27
        vpadd.i32 d26, d28, d29
        vpadd.i32 d27, d30, d31
.endif
        vpadd.i32 d0, d16, d17
        vpadd.i32 d1, d18, d19
.if \pixels == 2
        vpadd.i32 d2, d24, d25
        vpadd.i32 d3, d26, d27
.endif
.if \index == 0
        vld1.8  {d4, d5}, [r10]
        vld1.8  {d6, d7}, [r11]
.else
        add     r1, r10, #16
        add     r2, r11, #16
        vld1.8  {d4, d5}, [r1]
        vld1.8  {d6, d7}, [r2]
.endif
        ldr     r12, [r0, #KIND]
        vadd.i32 q0, q0, q2
.if \pixels == 2
        vadd.i32 q1, q1, q2
.endif
        tst     r12, #SHIFTED
        beq     8f
        ldr     r1, [r0, #CONSTANTS]
        add     r1, r1, #SHIFT
        vld1.32 {d4, d5}, [r1]
        vshl.s32 q0, q0, q2
.if \pixels == 2
        vshl.s32 q1, q1, q2
.endif
8:      vqdmulh.s32 q0, q0, q3
.if \pixels == 2
        vqdmulh.s32 q1, q1, q3
.endif
        vqrshrn.s32 d0, q0, #1
.if \pixels == 2
        vqrshrn.s32 d1, q1, #1
.endif
.endm

.macro gemm pixels
        push    {r4-r11, lr}
        sub     sp, sp, #20             @ a place for half a tile
        vpush   {d8-d15}
        add     lr, sp, #64
        ldr     r6, [r0, #PATCHES]
        ldr     r7, [r0, #OUT]
        ldr     r8, [r0, #PIXELS]
        ldr     r9, [r0, #PITCH]
        ldr     r10, [r0, #BIAS]
        ldr     r11, [r0, #MULTIPLIERS]
        mov     r4, #64
2:      half    \pixels, 0
        vst1.8  {d0, d1}, [lr]
        half    \pixels, 1
        vld1.8  {d2, d3}, [lr]
        ldr     r3, [r0, #CONSTANTS]
        ldr     r5, [r0, #STRIDE]
        vld1.32 {d4-d7}, [r3]           @ zero points; least; greatest
.if \pixels == 2
        vswp    d3, d0                  @ of one pixel in q1, of the other in q0
        vqadd.s16 q0, q0, q2
        add     r6, r6, r9
.else
        vmov    d3, d0
.endif
        vqadd.s16 q1, q1, q2
        add     r6, r6, r9
        tst     r12, #WIDE
        bne     9f
        vqmovn.s16 d2, q1
.if \pixels == 2
        vqmovn.s16 d0, q0
.endif
        vmax.s8 d2, d2, d6
.if \pixels == 2
        vmax.s8 d0, d0, d6
.endif
        vmin.s8 d2, d2, d7
.if \pixels == 2
        vmin.s8 d0, d0, d7
.endif
        vst1.8  {d2}, [r7], r5
.if \pixels == 2
        vst1.8  {d0}, [r7], r5
.endif
        subs    r8, r8, #\pixels
        bne     2b
        b       10f
9:      vmax.s16 d2, d2, d6
        vmax.s16 d3, d3, d6
        vmin.s16 d2, d2, d7
        vmin.s16 d3, d3, d7
        vst1.8  {d2, d3}, [r7], r5
.if \pixels == 2
        vmax.s16 d0, d0, d6
        vmax.s16 d1, d1, d6
        vmin.s16 d0, d0, d7
        vmin.s16 d1, d1, d7
        vst1.8  {d0, d1}, [r7], r5
.endif
        subs    r8, r8, #\pixels
        bne     2b
10:     vpop    {d8-d15}
        add     sp, sp, #20
        pop     {r4-r11, pc}
.endm

        function tidbit_gemm_2
        gemm    2
        .size   tidbit_gemm_2, . - tidbit_gemm_2

        function tidbit_gemm_1
        gemm    1
        .size   tidbit_gemm_1, . - tidbit_gemm_1
