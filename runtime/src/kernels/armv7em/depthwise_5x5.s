@ A strip of a row of a 5x5 depthwise convolution, four channels at a time.
@
@ tidbit_depthwise_5x5(job: *const Strip), for strides of 1 and 2.
@
@ As with 3x3 kernels the pixels are first turned into lines, here three for each of four channels,
@ of words (row 0, row 1), (row 2, row 3) and (row 4, anything). The outputs of a channel are made in
@ three passes, one for each line, with the sums between them in memory: a kernel has more weights
@ than a core has registers. A pass takes 17 instructions for two outputs, about 24 cycles on a
@ Cortex-M4; all three, with requantization, are 1.3 instructions and 1.9 cycles a product.

        .equ    ZERO_POINT, 0
        .equ    MULTIPLIER, 4
        .equ    ODD_END, 8
        .equ    LINE, 12
        .equ    OUT, 16
        .equ    BIAS, 20
        .equ    MULTIPLIERS, 24
        .equ    WEIGHTS, 28
        .equ    STRIDE, 32              @ of the output
        .equ    SHIFT, 36
        .equ    ODD, 44                 @ 1 if the number of outputs is odd
        .equ    ABSENT, 48              @ bit i if row i lies outside the image
        .equ    LINES, 52
        .equ    LINES_END, 56
        .equ    LINE_BYTES, 60          @ of the pairs of outputs
        .equ    GROUPS, 64              @ of four channels
        .equ    ROWS, 68                @ six of them
        .equ    PIXEL, 92               @ bytes
        .equ    LEFT, 96                @ columns of padding
        .equ    INSIDE, 100             @ bytes of a line's part that is inside, two columns at a time
        .equ    RIGHT, 104              @ 1 if a last column inside has padding on its right
        .equ    WHOLE, 108              @ bytes of a line that are made
        .equ    PADDING, 112            @ of the next channels
        .equ    PADDING_STEP, 116
        .equ    PAD, 120                @ of these channels
        .equ    PASS, 124
        .equ    STEP, 128               @ stride of the input
        .equ    FRAME, 144
        .equ    PASS_BYTES, 96          @ of a line
        .equ    CHANNEL, 288            @ of three lines
        .equ    SUMS, 1152              @ where sums begin, behind the lines

@ Two columns of two rows, then to the next two.
.macro turn
        two_rows
        add     r4, r4, #8
.endm

@ Weights of rows 2 * pass and the next to r4-r8. Those of a row outside the image are zeros.
.macro weights pass
        ldr     r0, [sp, #WEIGHTS]
        ldr     r10, [sp, #ABSENT]
        ldr     r4, [r0, #(10 * \pass)]
        ldrsb   r8, [r0, #(10 * \pass + 4)]
.if \pass < 2
        ldr     r5, [r0, #(10 * \pass + 5)]
        ldrsb   r9, [r0, #(10 * \pass + 9)]
.else
        mov     r5, #0
        mov     r9, #0
.endif
        lsrs    r10, r10, #(2 * \pass + 1)
        bcc     1f
        mov     r4, #0
        mov     r8, #0
1:      tst     r10, #1
        beq     1f
        mov     r5, #0
        mov     r9, #0
1:      sxtb16  r6, r4                  @ taps 0 and 2
        sxtb16  r7, r4, ror #8          @ 1 and 3
        sxtb16  r10, r5
        sxtb16  r11, r5, ror #8
        pkhbt   r4, r6, r10, lsl #16
        pkhbt   r5, r7, r11, lsl #16
        pkhtb   r6, r10, r6, asr #16
        pkhtb   r7, r11, r7, asr #16
        pkhbt   r8, r8, r9, lsl #16
        ldr     r0, [sp, #LINE]
        ldr     r1, [sp, #LINES]
        ldr     r2, [sp, #LINE_BYTES]
.if \pass > 0
        add     r0, r0, #(\pass * PASS_BYTES)
.endif
        add     r1, r1, #SUMS
        add     r2, r2, r0
.endm

@ A pass over a line: r0 the line, r1 sums, r2 where it ends, r4-r8 weights. In the first pass r3 is
@ the bias; in the last r3 is the output and lr its stride.
.macro turns stride, pass
        .p2align 2
2:
.if \pass == 0
        ldrd    r11, r12, [r0]
        smlad   r9, r11, r4, r3
        smlad   r9, r12, r5, r9
  .if \stride == 1
        smlad   r10, r12, r4, r3
  .endif
.else
        ldrd    r9, r10, [r1]
        ldrd    r11, r12, [r0]
        smlad   r9, r11, r4, r9
        smlad   r9, r12, r5, r9
  .if \stride == 1
        smlad   r10, r12, r4, r10
  .endif
.endif
        ldrd    r11, r12, [r0, #8]
        smlad   r9, r11, r6, r9
        smlad   r9, r12, r7, r9
.if \stride == 1
        smlad   r10, r11, r5, r10
        smlad   r10, r12, r6, r10
        ldrd    r11, r12, [r0, #16]
        add     r0, r0, #8
        smlad   r9, r11, r8, r9
        smlad   r10, r11, r7, r10
        smlad   r10, r12, r8, r10
.else
  .if \pass == 0
        smlad   r10, r11, r4, r3
  .else
        smlad   r10, r11, r4, r10
  .endif
        smlad   r10, r12, r5, r10
        ldrd    r11, r12, [r0, #16]
        smlad   r9, r11, r8, r9
        smlad   r10, r11, r6, r10
        smlad   r10, r12, r7, r10
        ldr     r11, [r0, #24]
        add     r0, r0, #16
        smlad   r10, r11, r8, r10
.endif
.if \pass < 2
        strd    r9, r10, [r1], #8
.else
        ldr     r11, [sp, #SHIFT]
        add     r1, r1, #8
        lsl     r9, r9, r11
        lsl     r10, r10, r11
        ldrd    r11, r12, [sp, #ZERO_POINT]
        smmlar  r9, r9, r12, r11
        smmlar  r10, r10, r12, r11
        ldr     r11, [sp, #ODD_END]
        ssat    r9, #8, r9
        ssat    r10, #8, r10
        strb    r9, [r3]
        cmp     r0, r11
        beq     3f
        strb    r10, [r3, lr]
        add     r3, r3, lr, lsl #1
.endif
        cmp     r0, r2
        bne     2b
.endm

.macro products pass
        ldr     r11, [sp, #STEP]
        cmp     r11, #2
        beq     4f
        turns   1, \pass
        b       3f
4:      turns   2, \pass
3:
.endm

        function tidbit_depthwise_5x5
        begin

        @ The pixels of four channels to their lines, two rows at a time.
10:     ldrd    r0, r1, [sp, #PADDING]
        ldr     r7, [r0]
        add     r0, r0, r1
        str     r0, [sp, #PADDING]
        str     r7, [sp, #PAD]
        mov     r0, #0
        str     r0, [sp, #PASS]
11:     ldr     r5, [sp, #PASS]
        ldr     r4, [sp, #LINES]
        add     r0, sp, #ROWS
        mov     r1, #PASS_BYTES
        add     r0, r0, r5, lsl #3
        mla     r4, r5, r1, r4
        ldrd    r0, r1, [r0]
        ldr     r3, [sp, #PIXEL]
        ldr     r2, [sp, #INSIDE]
        add     r2, r2, r4
        ldr     r12, [sp, #LEFT]
        cmp     r12, #0
        beq     13f
        ldr     r5, [sp, #PAD]
        mov     r6, r5
        mov     r7, r5
        mov     r8, r5
        cmp     r12, #2
        beq     12f
        ldr     r6, [r0]
        ldr     r8, [r1]
        add     r0, r0, r3
        add     r1, r1, r3
12:     turn
13:     cmp     r4, r2
        beq     15f
        .p2align 2
14:     ldr     r5, [r0]
        ldr     r6, [r0, r3]
        ldr     r7, [r1]
        ldr     r8, [r1, r3]
        add     r0, r0, r3, lsl #1
        add     r1, r1, r3, lsl #1
        turn
        cmp     r4, r2
        bne     14b
15:     ldr     r2, [sp, #LINES]
        ldr     r12, [sp, #PASS]
        mov     r3, #PASS_BYTES
        mla     r2, r12, r3, r2
        ldr     r3, [sp, #WHOLE]
        add     r2, r2, r3
        ldr     r3, [sp, #RIGHT]
        cmp     r4, r2                  @ nothing is left
        beq     18f
        ldr     r6, [sp, #PAD]
        mov     r8, r6
        mov     r5, r6
        mov     r7, r6
        cmp     r3, #1
        bne     17f
        ldr     r5, [r0]
        ldr     r7, [r1]
17:     turn
        mov     r5, r6
        mov     r7, r6
        cmp     r4, r2
        bne     17b
18:     ldr     r0, [sp, #PASS]
        add     r0, r0, #1
        str     r0, [sp, #PASS]
        cmp     r0, #3
        bne.w   11b

        @ The outputs of four channels, each by itself.
        ldr     r0, [sp, #LINES]
        str     r0, [sp, #LINE]
20:     ldrd    r0, r1, [sp, #BIAS]
        ldr     r3, [r0], #4
        ldr     r2, [r1], #4
        strd    r0, r1, [sp, #BIAS]
        str     r2, [sp, #MULTIPLIER]
        ldr     r4, [sp, #ABSENT]
        cmp     r4, #0
        bne.w   30f
21:     weights 0
        products 0
        weights 1
        products 1
        weights 2
        ldr     r3, [sp, #OUT]
        ldr     lr, [sp, #STRIDE]
        ldr     r11, [sp, #ODD]
        cmp     r11, #0
        it      ne
        movne   r11, r2
        str     r11, [sp, #ODD_END]
        products 2
        ldr     r0, [sp, #WEIGHTS]
        add     r0, r0, #25
        str     r0, [sp, #WEIGHTS]
        ldrd    r0, r1, [sp, #LINE]
        add     r0, r0, #CHANNEL
        add     r1, r1, #1
        strd    r0, r1, [sp, #LINE]
        ldr     r1, [sp, #LINES_END]
        cmp     r0, r1
        bne.w   20b

        ldr     r0, [sp, #GROUPS]
        subs    r0, r0, #1
        beq     41f
        str     r0, [sp, #GROUPS]
        add     r0, sp, #ROWS
        mov     r1, #6
40:     ldr     r2, [r0]
        add     r2, r2, #4
        str     r2, [r0], #4
        subs    r1, r1, #1
        bne     40b
        b.w     10b
41:     add     sp, sp, #(FRAME + 4)
        pop     {r4-r11, pc}

        @ A row outside the image is the same padding under every output: it goes to the bias.
30:     ldr     r5, [sp, #PAD]
        sxtb    r6, r5
        ror     r5, r5, #8
        str     r5, [sp, #PAD]
        ldr     r0, [sp, #WEIGHTS]
        mov     r5, #0                  @ a tap
31:     ldrsb   r7, [r0, r5]
        tst     r4, #1
        it      ne
        mlane   r3, r7, r6, r3
        add     r5, r5, #1
        cmp     r5, #5
        bne     31b
        add     r0, r0, #5
        mov     r5, #0
        lsrs    r4, r4, #1
        bne     31b
        b       21b
        .size   tidbit_depthwise_5x5, . - tidbit_depthwise_5x5
        .text

@ Names are the whole crate's.
        .purgem begin
        .purgem two_rows
        .purgem ways
        .purgem turn
        .purgem weights
        .purgem products
        .purgem turns
