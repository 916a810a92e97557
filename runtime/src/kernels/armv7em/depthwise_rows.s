@ Some rows of outputs of a 3x3 depthwise convolution, as many as have lines in scratch, four channels at
@ a time.
@
@ tidbit_depthwise_3x3_rows(job: *const Block), for strides of 1 and 2 in either direction.
@
@ Every row of pixels is turned once, into words of two columns of one channel; those of all rows lie
@ below each other, so that LDM takes three of a window at once. A word takes no part in which window it
@ is: the same serves all three rows of outputs that see it, and a channel's weights are unpacked once
@ for the block. Two columns of a row take 15 instructions for 8 elements, and two outputs of a channel
@ 26 for 18 MACs, about 38 cycles on a Cortex-M4 (LDM of three words 4, LDRD 3, a taken branch 3).

        .equ    ZERO_POINT, 0           @ these three are loaded together
        .equ    MULTIPLIER, 4
        .equ    LINE_END, 8             @ of the pairs of a row of outputs; these two as well, and so on
        .equ    LINE_STEP, 12           @ bytes of lines from one row of outputs to the next
        .equ    BIASES, 16              @ of both outputs of a pair
        .equ    LINE_BACK, 24           @ from the end of a row of outputs to the next in the lines,
        .equ    OUT_BACK, 28            @ and in the output
        .equ    BIAS, 32
        .equ    MULTIPLIERS, 36
        .equ    LINE, 40
        .equ    OUT, 44
        .equ    PAIRS, 48               @ 1 if there are two outputs or more in a row; becomes an address
        .equ    ODD, 52                 @ 1 if there is one behind the pairs; becomes an address
        .equ    WEIGHTS, 56
        .equ    STRIDE, 60              @ of the output
        .equ    LINE_BYTES, 64          @ of the pairs of a row of outputs
        .equ    ALL_BYTES, 68           @ of lines from the first row of outputs to behind the last
        .equ    LAST_END, 72
        .equ    LINES, 76
        .equ    INPUTS_END, 80          @ where the lines' rows end
        .equ    PIXEL, 84               @ bytes
        .equ    LEFT, 88                @ 1 if the first column is padding
        .equ    INSIDE, 92              @ bytes of the lines' part that is inside
        .equ    RIGHT, 96               @ 1 if the column behind is padding, 2 if both are
        .equ    PADDING, 100            @ of the next channels
        .equ    PADDING_STEP, 104
        .equ    PAD, 108                @ of these channels
        .equ    FILLED, 112             @ not 0 if rows outside the image have their lines already
        .equ    GROUPS, 116             @ of four channels
        .equ    STEP, 120               @ stride of the input's columns
        .equ    ROWS, 128               @ eight of them
        .equ    FRAME, 160
        .equ    COLUMNS, 32             @ bytes of two columns of one channel: of eight rows
        .equ    CHANNEL, 192            @ bytes of all

@ Words r5 and r6, of two pixels of a row, to the lines of four channels.
.macro turn
        pkhbt   r9, r5, r6, lsl #16     @ two channels of both
        pkhtb   r10, r6, r5, asr #16
        sxtb16  r5, r9
        sxtb16  r6, r9, ror #8
        sxtb16  r9, r10
        sxtb16  r11, r10, ror #8
        str     r6, [r4, #CHANNEL]
        str     r9, [r4, #(2 * CHANNEL)]
        str     r11, [r4, #(3 * CHANNEL)]
        str     r5, [r4], #COLUMNS
.endm

@ Products of a column of a window, whose words are in r9 to r11.
.macro column multiply, sum, a, b, c
        \multiply \sum, r9, \a, \sum
        \multiply \sum, r10, \b, \sum
        \multiply \sum, r11, \c, \sum
.endm

@ Pairs of outputs of a row: r0 the line, r1 output, r2 its stride, r3-r5 weights of columns 0 and 1 of
@ each row, r6-r8 those of columns 1 and 2.
.macro pairs stride, label
        .p2align 2
\label: ldrd    r12, lr, [sp, #BIASES]
        ldm     r0, {r9-r11}
        column  smlad, r12, r3, r4, r5
.if \stride == 1
        column  smlatb, lr, r3, r4, r5
.endif
        add     r0, r0, #COLUMNS
        ldm     r0, {r9-r11}
        column  smlabt, r12, r6, r7, r8
.if \stride == 1
        column  smlad, lr, r6, r7, r8
.else
        column  smlad, lr, r3, r4, r5
        add     r0, r0, #COLUMNS
        ldm     r0, {r9-r11}
        column  smlabt, lr, r6, r7, r8
.endif
        ldm     sp, {r9-r11}
        smmlar  r12, r12, r10, r9
        smmlar  lr, lr, r10, r9
        ssat    r12, #8, r12
        ssat    lr, #8, lr
        strb    r12, [r1]
        strb    lr, [r1, r2]
        add     r1, r1, r2, lsl #1
        cmp     r0, r11
        bne     \label\()b
        ldr     pc, [sp, #ODD]
.endm

        function tidbit_depthwise_3x3_rows
        begin
        ldrd    r4, r5, [sp, #PAIRS]
        ldr     r7, [sp, #STEP]
        adr.w   r0, 30f
        adr.w   r2, 31f
        adr.w   r1, 32f
        ways

        @ Every row of pixels of four channels to its lines.
10:     ldrd    r0, r1, [sp, #PADDING]
        ldr     r7, [r0]
        add     r0, r0, r1
        str     r0, [sp, #PADDING]
        str     r7, [sp, #PAD]
        add     r8, sp, #ROWS
        ldr     r1, [sp, #LINES]
        ldr     r2, [sp, #INSIDE]
        str     r1, [sp, #LINE]
        ldr     lr, [sp, #LEFT]
11:     ldr     r0, [r8]
        ldr     r3, [sp, #PIXEL]
        cmp     r0, #0
        beq     17f
        add     r9, r0, #4
        str     r9, [r8], #4
12:     mov     r4, r1
        add     r12, r1, r2
        cmp     lr, #0
        beq     13f
        mov     r5, r7
        ldr     r6, [r0]
        add     r0, r0, r3
        turn
13:     cmp     r4, r12
        beq     15f
        .p2align 2
14:     ldr     r5, [r0]
        ldr     r6, [r0, r3]
        add     r0, r0, r3, lsl #1
        turn
        cmp     r4, r12
        bne     14b
15:     ldr     r3, [sp, #RIGHT]
        cbz     r3, 16f
        mov     r5, r7
        mov     r6, r7
        cmp     r3, #1
        it      eq
        ldreq   r5, [r0]
        turn
16:     ldr     r9, [sp, #INPUTS_END]
        add     r1, r1, #4
        cmp     r1, r9
        bne     11b
        b       18f

        @ A row outside the image; its lines stay what they are, where all channels have one padding.
17:     ldr     r9, [sp, #FILLED]
        add     r8, r8, #4
        add     r0, sp, #PAD
        mov     r3, #0
        cmp     r9, #0
        beq     12b
        b       16b
18:     ldr     r9, [sp, #PADDING_STEP]
        clz     r9, r9
        lsr     r9, r9, #5
        str     r9, [sp, #FILLED]

        @ The outputs of four channels, each by itself.
20:     ldrd    r0, r1, [sp, #BIAS]
        ldr     r3, [r0], #4
        ldr     r2, [r1], #4
        strd    r0, r1, [sp, #BIAS]
        str     r2, [sp, #MULTIPLIER]
        strd    r3, r3, [sp, #BIASES]
        ldr     r0, [sp, #WEIGHTS]
        ldr     r11, [r0, #3]
        ldr     r2, [r0, #5]
        ldr     r12, [r0], #9
        str     r0, [sp, #WEIGHTS]
        sxtb16  r9, r12                 @ taps 0 and 2
        sxtb16  r10, r12, ror #8        @ 1 and 3
        pkhbt   r3, r9, r10, lsl #16
        pkhbt   r6, r10, r9
        sxtb16  r9, r11                 @ 3 and 5
        sxtb16  r10, r11, ror #8        @ 4 and 6
        pkhbt   r4, r9, r10, lsl #16
        pkhbt   r7, r10, r9
        sxtb16  r9, r2                  @ 5 and 7
        sxtb16  r10, r2, ror #8         @ 6 and 8
        pkhbt   r5, r10, r9
        pkhtb   r8, r10, r9, asr #16
        ldrd    r0, r1, [sp, #LINE]
        ldrd    r11, r12, [sp, #LINE_BYTES]
        add     r9, r0, #CHANNEL
        add     r10, r1, #1
        strd    r9, r10, [sp, #LINE]
        add     r11, r11, r0
        add     r12, r12, r11
        str     r11, [sp, #LINE_END]
        str     r12, [sp, #LAST_END]
        ldr     r2, [sp, #STRIDE]
        ldr     pc, [sp, #PAIRS]

        pairs   1, 30
        pairs   2, 31

        @ The last of an odd number of outputs of a row.
        .p2align 2
32:     ldr     r12, [sp, #BIASES]
        ldm     r0, {r9-r11}
        column  smlad, r12, r3, r4, r5
        add     r9, r0, #COLUMNS
        ldm     r9, {r9-r11}
        column  smlabt, r12, r6, r7, r8
        ldrd    r9, r10, [sp, #ZERO_POINT]
        smmlar  r12, r12, r10, r9
        ssat    r12, #8, r12
        strb    r12, [r1]

        @ The next row of outputs.
        .p2align 2
40:     ldrd    r9, r10, [sp, #LINE_BACK]
        add     r0, r0, r9
        add     r1, r1, r10
        ldrd    r9, r10, [sp, #LINE_END]
        add     r9, r9, r10
        ldr     r10, [sp, #LAST_END]
        str     r9, [sp, #LINE_END]
        cmp     r9, r10
        it      ne
        ldrne   pc, [sp, #PAIRS]

        ldr     r0, [sp, #LINE]
        ldr     r1, [sp, #LINES]
        sub     r0, r0, #(4 * CHANNEL)
        cmp     r0, r1
        bne     20b
        ldr     r0, [sp, #GROUPS]
        subs    r0, r0, #1
        str     r0, [sp, #GROUPS]
        bne.w   10b
        add     sp, sp, #(FRAME + 4)
        pop     {r4-r11, pc}
        .size   tidbit_depthwise_3x3_rows, . - tidbit_depthwise_3x3_rows
        .text

@ Names are the whole crate's.
        .purgem begin
        .purgem two_rows
        .purgem ways
        .purgem turn
        .purgem column
        .purgem pairs
