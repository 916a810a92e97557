@ What the depthwise convolutions have alike. Each file of theirs is assembled behind a copy of this one
@ and says what FRAME, CHANNEL and PAIRS are.

@ Begins with a copy of the one argument, a job, in the frame on the stack.
.macro begin
        push    {r4-r11, lr}
        sub     sp, sp, #(FRAME + 4)
        mov     r1, sp
        mov     r2, #(FRAME / 16)
1:      ldm     r0!, {r3-r6}
        stm     r1!, {r3-r6}
        subs    r2, r2, #1
        bne     1b
.endm

@ Words r5, r6 of one row and r7, r8 of the next to the lines of four channels at r4: halves of two words
@ are two channels of both rows, so that each of these is a single SXTB16 away.
.macro two_rows
        pkhbt   r9, r5, r7, lsl #16
        pkhbt   r10, r6, r8, lsl #16
        sxtb16  r11, r9
        sxtb16  r12, r10
        strd    r11, r12, [r4]
        sxtb16  r11, r9, ror #8
        sxtb16  r12, r10, ror #8
        strd    r11, r12, [r4, #CHANNEL]
        pkhtb   r9, r7, r5, asr #16
        pkhtb   r10, r8, r6, asr #16
        sxtb16  r11, r9
        sxtb16  r12, r10
        strd    r11, r12, [r4, #(2 * CHANNEL)]
        sxtb16  r11, r9, ror #8
        sxtb16  r12, r10, ror #8
        strd    r11, r12, [r4, #(3 * CHANNEL)]
.endm

@ Where the outputs of a channel begin, and where the pairs of them lead: for windows that move by r7
@ columns, with pairs if r4 is not 0 and a last one behind them if r5 is not 0. r0 and r2 make pairs, with a
@ step of one and of two, r1 makes a last one; 40 is what follows.
.macro ways
        cmp     r7, #2
        it      eq
        moveq   r0, r2
        adr.w   r2, 40f
        cmp     r4, #0
        it      eq
        moveq   r0, r1
        cmp     r5, #0
        it      ne
        movne   r2, r1
        orr     r0, r0, #1
        orr     r2, r2, #1
        strd    r0, r2, [sp, #PAIRS]
.endm

