@ Depthwise convolution with a window of three by three: a row of pixels, eight channels.
@
@ tidbit_three_1(row: *const Row), for windows that move by one column; tidbit_three_2, by two.
@
@ Weights stay in registers, and so do the columns that windows share. The products of two taps are added
@ up in 16 bits, which they fit since no weight is -128, and then go to 32 bits. With a move of one
@ column a pixel takes 40 instructions for 72 products.
@
@ Columns come in runs. A run is five words: its next column in each row, bytes from one column to
@ the next, how many there are.
@
@ r0 to r2 the next column, r3 bytes to the one behind, r4 columns left of the run, r5 next run, r6 output,
@ r7 bytes to the next pixel, r8 pixels left, r9 multipliers, r10 constants, r11 kind.
@ d0 to d8 weights, d9 to d17 columns, q9 and q14 products, q10 and q11 accumulators, q12 and q13 biases.

        .equ    ROW_RUNS, 0
        .equ    ROW_OUT, 4
        .equ    ROW_STEP, 8
        .equ    ROW_PIXELS, 12
        .equ    ROW_WEIGHTS, 16
        .equ    ROW_CHANNELS, 20
        .equ    ROW_BIAS, 24
        .equ    ROW_MULTIPLIERS, 28
        .equ    ROW_CONSTANTS, 32
        .equ    ROW_KIND, 36
        .equ    ROW_BEYOND, 40
        .equ    ROW_PRESENT, 44         @ a bit for each row

@ The next column, of the next run that has one. To be closed by `turn` with the same number.
.macro column number, x, y, z
        subs    r4, r4, #1
        blo     \number\()f
2\number:
        vld1.8  {\x}, [r0], r3
        vld1.8  {\y}, [r1], r3
        vld1.8  {\z}, [r2], r3
.endm

.macro turn number
\number:
        ldm     r5!, {r0-r4}
        subs    r4, r4, #1
        blo     \number\()b
        b       2\number\()b
.endm

@ The pixel under three columns.
.macro pixel a0, a1, a2, b0, b1, b2, c0, c1, c2
        vmull.s8 q9, \a0, d0
        vmull.s8 q14, \b0, d1
        vmlal.s8 q9, \a1, d3
        vmlal.s8 q14, \b1, d4
        vaddw.s16 q10, q12, d18
        vaddw.s16 q11, q13, d19
        vmull.s8 q9, \c0, d2
        vaddw.s16 q10, q10, d28
        vaddw.s16 q11, q11, d29
        vmull.s8 q14, \a2, d6
        vmlal.s8 q9, \c1, d5
        vmlal.s8 q14, \b2, d7
        vaddw.s16 q10, q10, d18
        vaddw.s16 q11, q11, d19
        vmull.s8 q9, \c2, d8
        vaddw.s16 q10, q10, d28
        vaddw.s16 q11, q11, d29
        vld1.8  {d28-d31}, [r9]
        vaddw.s16 q10, q10, d18
        vaddw.s16 q11, q11, d19
        tst     r11, #1
        beq     8f
        add     r12, r10, #32
        vld1.32 {d18, d19}, [r12]
        vshl.s32 q10, q10, q9
        vshl.s32 q11, q11, q9
8:      vqdmulh.s32 q10, q10, q14
        vqdmulh.s32 q11, q11, q15
        vqrshrn.s32 d28, q10, #1
        vqrshrn.s32 d29, q11, #1
        vld1.32 {d18-d21}, [r10]        @ zero points; least; greatest
        vqadd.s16 q14, q14, q9
        vqmovn.s16 d28, q14
        vmax.s8 d28, d28, d20
        vmin.s8 d28, d28, d21
        vst1.8  {d28}, [r6], r7
.endm

@ The weights of a row; of one that is not there zeros, and what they would have added goes to the biases.
.macro weights bit, u, v, w
        vld1.8  {\u}, [r0], r1
        vld1.8  {\v}, [r0], r1
        vld1.8  {\w}, [r0], r1
        tst     r2, #\bit
        bne     1f
        vmull.s8 q9, d9, \u
        vmlal.s8 q9, d9, \v
        vmull.s8 q10, d9, \w
        vaddw.s16 q12, q12, d18
        vaddw.s16 q13, q13, d19
        vaddw.s16 q12, q12, d20
        vaddw.s16 q13, q13, d21
        vmov.i32 \u, #0
        vmov.i32 \v, #0
        vmov.i32 \w, #0
1:
.endm

.macro begin
        push    {r4-r11}
        vpush   {d8-d15}
        ldr     r3, [r0, #ROW_BEYOND]
        ldr     r4, [r0, #ROW_BIAS]
        ldr     r2, [r0, #ROW_PRESENT]
        ldr     r1, [r0, #ROW_CHANNELS]
        ldr     r5, [r0, #ROW_RUNS]
        ldr     r6, [r0, #ROW_OUT]
        ldr     r7, [r0, #ROW_STEP]
        ldr     r8, [r0, #ROW_PIXELS]
        ldr     r9, [r0, #ROW_MULTIPLIERS]
        ldr     r10, [r0, #ROW_CONSTANTS]
        ldr     r11, [r0, #ROW_KIND]
        ldr     r0, [r0, #ROW_WEIGHTS]
        vld1.8  {d9}, [r3]
        vld1.8  {d24-d27}, [r4]
        weights 1, d0, d1, d2
        weights 2, d3, d4, d5
        weights 4, d6, d7, d8
        mov     r4, #0
.endm

.macro end
        vpop    {d8-d15}
        pop     {r4-r11}
        bx      lr
.endm

@ A pixel, and where the last one was made the end.
.macro made
        subs    r8, r8, #1
        beq     9f
.endm

        function tidbit_three_1
        begin
        column  31, d9, d10, d11
        column  32, d12, d13, d14
        .p2align 3
2:      column  33, d15, d16, d17
        pixel   d9, d10, d11, d12, d13, d14, d15, d16, d17
        made
        column  34, d9, d10, d11
        pixel   d12, d13, d14, d15, d16, d17, d9, d10, d11
        made
        column  35, d12, d13, d14
        pixel   d15, d16, d17, d9, d10, d11, d12, d13, d14
        subs    r8, r8, #1
        bne     2b
9:      end
.irp number, 31, 32, 33, 34, 35
        turn    \number
.endr
        .size   tidbit_three_1, . - tidbit_three_1

        function tidbit_three_2
        begin
        column  31, d9, d10, d11
        .p2align 3
2:      column  32, d12, d13, d14
        column  33, d15, d16, d17
        pixel   d9, d10, d11, d12, d13, d14, d15, d16, d17
        made
        column  34, d9, d10, d11
        column  35, d12, d13, d14
        pixel   d15, d16, d17, d9, d10, d11, d12, d13, d14
        made
        column  36, d15, d16, d17
        column  37, d9, d10, d11
        pixel   d12, d13, d14, d15, d16, d17, d9, d10, d11
        subs    r8, r8, #1
        bne     2b
9:      end
.irp number, 31, 32, 33, 34, 35, 36, 37
        turn    \number
.endr
        .size   tidbit_three_2, . - tidbit_three_2
