@ A strip of a row of a 3x3 depthwise convolution, four channels at a time.
@
@ tidbit_depthwise_3x3(job: *const Strip), for strides of 1 and 2.
@
@ Pixels hold a byte of every channel, but SMLAD wants two elements of one channel in a word. So the
@ pixels under a strip are first turned into lines, one for each of four channels: for every two
@ columns three words, (row 0, row 1) of the one, (row 0, row 1) of the other, and row 2 of both.
@ That takes 37 instructions for 24 elements. Then a channel's two outputs take ten products, two
@ loads of three words and ten instructions more: 22 for 18 MACs, about 32 cycles on a Cortex-M4
@ (LDM of three words 4, a taken branch 3, all others 1).

        .equ    ZERO_POINT, 0           @ these three are loaded together
        .equ    MULTIPLIER, 4
        .equ    LINE_END, 8
        .equ    LINE, 12                @ these two as well, and so on
        .equ    OUT, 16
        .equ    BIAS, 20
        .equ    MULTIPLIERS, 24
        .equ    WEIGHTS, 28
        .equ    STRIDE, 32              @ of the output
        .equ    SHIFT, 36
        .equ    PAIRS, 40               @ 1 if there are two outputs or more; becomes an address
        .equ    ODD, 44                 @ 1 if there is one behind the pairs; becomes an address
        .equ    ABSENT, 48              @ bit i if row i lies outside the image
        .equ    LINES, 52
        .equ    LINES_END, 56
        .equ    LINE_BYTES, 60          @ of the pairs of outputs
        .equ    GROUPS, 64              @ of four channels
        .equ    ROWS, 68                @ three of six
        .equ    PIXEL, 92               @ bytes
        .equ    LEFT, 96                @ 1 if the first column is padding
        .equ    INSIDE, 100             @ where the lines' part that is inside ends
        .equ    RIGHT, 104              @ 1 if the column behind is padding, 2 if both are
        .equ    PADDING, 112            @ of the next channels
        .equ    PADDING_STEP, 116
        .equ    PAD, 120                @ of these channels
        .equ    STEP, 128               @ stride of the input
        .equ    FRAME, 144
        .equ    CHANNEL, 192            @ bytes of a line

@ Words `a` and `b` of row 2, behind those of `two_rows`; then to the next two columns.
.macro lower a, b
        pkhbt   r9, \a, \b, lsl #16
        pkhtb   r10, \b, \a, asr #16
        sxtb16  r11, r9
        sxtb16  r9, r9, ror #8
        sxtb16  r12, r10
        sxtb16  r10, r10, ror #8
        str     r9, [r4, #(CHANNEL + 8)]
        str     r12, [r4, #(2 * CHANNEL + 8)]
        str     r10, [r4, #(3 * CHANNEL + 8)]
        str     r11, [r4, #8]
        add     r4, r4, #12
.endm

@ Accumulators to elements; there may be no `b`.
.macro store shifted, a, b
.if \shifted
        ldr     r9, [sp, #SHIFT]
        lsl     \a, \a, r9
  .ifnb \b
        lsl     \b, \b, r9
  .endif
.endif
        ldm     sp, {r9-r11}
        smmlar  \a, \a, r10, r9
        ssat    \a, #8, \a
        strb    \a, [r1]
.ifnb \b
        smmlar  \b, \b, r10, r9
        ssat    \b, #8, \b
        strb    \b, [r1, r2]
        add     r1, r1, r2, lsl #1
        cmp     r0, r11
.endif
.endm

@ Pairs of outputs of a channel: r0 its line, r1 output, r2 its stride, r3 bias, r4-r6 weights of rows 0
@ and 1, r7 those of columns 0 and 1 of row 2, r8 those of columns 1 and 2.
.macro pairs stride, shifted, label
        .p2align 2
\label: ldm     r0!, {r9-r11}
        smlad   r12, r9, r4, r3
        smlad   r12, r10, r5, r12
        smlad   r12, r11, r7, r12
.if \stride == 1
        smlad   lr, r10, r4, r3
        smlatb  lr, r11, r7, lr
        ldm     r0, {r9-r11}
        smlad   r12, r9, r6, r12
        smlabt  r12, r11, r8, r12
        smlad   lr, r9, r5, lr
        smlad   lr, r10, r6, lr
        smlad   lr, r11, r8, lr
.else
        ldm     r0!, {r9-r11}
        smlad   r12, r9, r6, r12
        smlabt  r12, r11, r8, r12
        smlad   lr, r9, r4, r3
        smlad   lr, r10, r5, lr
        smlad   lr, r11, r7, lr
        ldr     r9, [r0]
        ldr     r11, [r0, #8]
        smlad   lr, r9, r6, lr
        smlabt  lr, r11, r8, lr
.endif
        store   \shifted, r12, lr
        bne     \label\()b
        ldr     pc, [sp, #ODD]
.endm

@ The last of an odd number of outputs.
.macro last shifted, label
        .p2align 2
\label: ldm     r0!, {r9-r11}
        smlad   r12, r9, r4, r3
        smlad   r12, r10, r5, r12
        smlad   r12, r11, r7, r12
        ldr     r9, [r0]
        ldr     r11, [r0, #8]
        smlad   r12, r9, r6, r12
        smlabt  r12, r11, r8, r12
        store   \shifted, r12
        b       40f
.endm

        function tidbit_depthwise_3x3
        begin
        ldrd    r4, r5, [sp, #PAIRS]
        ldr     r6, [sp, #SHIFT]
        ldr     r7, [sp, #STEP]
        cmp     r6, #0
        bne     2f
        adr.w   r0, 30f
        adr.w   r2, 31f
        adr.w   r1, 32f
        b       3f
2:      adr.w   r0, 33f
        adr.w   r2, 34f
        adr.w   r1, 35f
3:      ways
        ldr     r0, [sp, #LINES]
        ldr     r1, [sp, #INSIDE]
        add     r1, r1, r0
        str     r1, [sp, #INSIDE]

        @ The pixels of four channels to their lines.
10:     ldrd    r0, r1, [sp, #PADDING]
        ldr     r7, [r0]
        add     r0, r0, r1
        str     r0, [sp, #PADDING]
        str     r7, [sp, #PAD]
        ldr     r4, [sp, #LINES]
        ldrd    r0, r1, [sp, #ROWS]
        ldr     r2, [sp, #(ROWS + 8)]
        ldr     r3, [sp, #PIXEL]
        ldr     r5, [sp, #LEFT]
        cmp     r5, #0
        beq     11f
        mov     r5, r7
        ldr     r6, [r0]
        ldr     r8, [r1]
        ldr     r1, [r2]
        mov     r0, r7
        adr.w   r2, 15f
        orr     r2, r2, #1
        b       14f
        .p2align 2
15:     ldrd    r0, r1, [sp, #ROWS]
        ldr     r2, [sp, #(ROWS + 8)]
        ldr     r3, [sp, #PIXEL]
        add     r0, r0, r3
        add     r1, r1, r3
        add     r2, r2, r3
11:     ldr     lr, [sp, #INSIDE]
        cmp     r4, lr
        beq     13f
        .p2align 2
12:     ldr     r5, [r0]
        ldr     r6, [r0, r3]
        ldr     r7, [r1]
        ldr     r8, [r1, r3]
        add     r0, r0, r3, lsl #1
        add     r1, r1, r3, lsl #1
        two_rows
        ldr     r5, [r2]
        ldr     r6, [r2, r3]
        add     r2, r2, r3, lsl #1
        lower   r5, r6
        cmp     r4, lr
        bne     12b
13:     ldr     r12, [sp, #RIGHT]
        ldr     r6, [sp, #PAD]
        cmp     r12, #1
        blo     20f
        mov     r5, r6
        mov     r7, r6
        mov     r8, r6
        mov     r3, r6
        bne     16f
        ldr     r5, [r0]
        ldr     r7, [r1]
        ldr     r3, [r2]
16:     mov     r0, r3
        mov     r1, r6
        adr.w   r2, 20f
        orr     r2, r2, #1

        @ Two columns of which padding is one or both; row 2 is in r0 and r1, then goes on at r2.
14:     two_rows
        lower   r0, r1
        bx      r2

        @ The outputs of four channels, each by itself.
        .p2align 2
20:     ldr     r0, [sp, #LINES]
        str     r0, [sp, #LINE]
21:     ldrd    r0, r1, [sp, #BIAS]
        ldr     r3, [r0], #4
        ldr     r2, [r1], #4
        strd    r0, r1, [sp, #BIAS]
        ldr     r0, [sp, #WEIGHTS]
        ldr     r12, [r0, #5]           @ taps 5 to 8
        ldr     r5, [r0, #3]
        ldr     r4, [r0], #9
        str     r0, [sp, #WEIGHTS]
        pkhtb   r6, r5, r4, asr #16
        pkhbt   r5, r4, r5, lsl #16
        sxtb16  r4, r5                  @ 0 and 3
        sxtb16  r5, r5, ror #8          @ 1 and 4
        sxtb16  r6, r6                  @ 2 and 5
        sxtb16  r11, r12                @ 5 and 7
        sxtb16  r12, r12, ror #8        @ 6 and 8
        pkhbt   r7, r12, r11            @ 6 and 7
        pkhtb   r8, r12, r11, asr #16   @ 7 and 8
        ldrd    r0, r1, [sp, #LINE]
        ldr     r11, [sp, #LINE_BYTES]
        add     r9, r0, #CHANNEL
        add     r10, r1, #1
        strd    r9, r10, [sp, #LINE]
        add     r11, r11, r0
        ldr     r12, [sp, #ABSENT]
        strd    r2, r11, [sp, #MULTIPLIER]
        ldr     r2, [sp, #STRIDE]
        cmp     r12, #0
        bne     24f
        ldr     pc, [sp, #PAIRS]

        pairs   1, 0, 30
        pairs   2, 0, 31
        last    0, 32
        pairs   1, 1, 33
        pairs   2, 1, 34
        last    1, 35

        .p2align 2
40:     ldr     r0, [sp, #LINE]
        ldr     r1, [sp, #LINES_END]
        cmp     r0, r1
        bne.w   21b
        ldr     r0, [sp, #GROUPS]
        subs    r0, r0, #1
        beq     41f
        str     r0, [sp, #GROUPS]
        ldrd    r0, r1, [sp, #ROWS]
        ldr     r2, [sp, #(ROWS + 8)]
        add     r0, r0, #4
        add     r1, r1, #4
        add     r2, r2, #4
        strd    r0, r1, [sp, #ROWS]
        str     r2, [sp, #(ROWS + 8)]
        b.w     10b
41:     add     sp, sp, #(FRAME + 4)
        pop     {r4-r11, pc}

        @ A row outside the image is the same padding under every output: it goes to the bias, and
        @ its weights are zeros.
24:     ldr     r9, [sp, #PAD]
        sxtb    r10, r9
        ror     r9, r9, #8
        str     r9, [sp, #PAD]
        tst     r12, #1
        beq     25f
        smlabb  r3, r4, r10, r3
        smlabb  r3, r5, r10, r3
        smlabb  r3, r6, r10, r3
        bfc     r4, #0, #16
        bfc     r5, #0, #16
        bfc     r6, #0, #16
25:     tst     r12, #4
        beq     26f
        smlabb  r3, r7, r10, r3
        smlabb  r3, r8, r10, r3
        smlatb  r3, r8, r10, r3
        mov     r7, #0
        mov     r8, #0
26:     ldr     pc, [sp, #PAIRS]
        .size   tidbit_depthwise_3x3, . - tidbit_depthwise_3x3
        .text

@ Names are the whole crate's.
        .purgem begin
        .purgem two_rows
        .purgem ways
        .purgem lower
        .purgem store
        .purgem pairs
        .purgem last
