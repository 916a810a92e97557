@ Lanes of patches against pairs of output channels.
@
@ tidbit_multiply_N(job: *const Multiply), for N = 4, 3, 2 and 1 lanes.
@
@ Two channels and all lanes at a time, an accumulator for each: r4 and up, lane after lane. For each
@ pair of elements a word of weights (both channels, both elements) is loaded and widened, and a word
@ of each lane. With four lanes these are 13 instructions for 16 products. On a Cortex-M4 they take
@ 18 cycles, 1.1 a product: LDR 2, LDM of two registers 3, all others 1.
@
@ r0 lanes, r1 weights, r2 and r3 elements, r12 and lr weights: that is every register, so all else
@ lies on the stack, where the job is copied to.

        .equ    LANES, 0
        .equ    BIAS, 4
        .equ    MULTIPLIERS, 8
        .equ    OUT, 12
        .equ    ZERO_POINT, 16
        .equ    STRIDE, 20
        .equ    WEIGHTS, 24
        .equ    WEIGHTS_END, 28
        .equ    LANES_END, 32
        .equ    SHIFT, 36
        .equ    PAIRS, 40               @ becomes the address at which the loop is entered
        .equ    KIND, 44                @ becomes the address behind the loop
        .equ    FINISH, 48              @ the address where accumulators become elements
        .equ    FRAME, 52

@ A word of a lane against both channels' weights, from accumulators `c` and `d` on.
.macro both x, a, b, c, d
        smlad   \a, \x, r12, \c
        smlad   \b, \x, lr, \d
.endm

@ Products of one pair of elements, whose weights are in r12. In the first pair `c` and `d` hold the
@ biases; they are the accumulators of the last lane.
.macro products lanes, c, d
        sxtb16  lr, r12, ror #8
        sxtb16  r12, r12
.if \lanes == 1
        ldm     r0!, {r2}
        both    r2, r4, r5, r4, r5
.elseif \lanes == 3
        ldm     r0!, {r2, r3, r10}
.else
        ldm     r0!, {r2, r3}
.endif
.if \lanes > 1
  .ifb \c
        both    r2, r4, r5, r4, r5
        both    r3, r6, r7, r6, r7
  .else
        both    r2, r4, r5, \c, \d
        both    r3, r6, r7, \c, \d
  .endif
.endif
.if \lanes == 3
        both    r10, r8, r9, r8, r9
.elseif \lanes == 4
        ldm     r0!, {r2, r3}
  .ifb \c
        both    r2, r8, r9, r8, r9
  .else
        both    r2, r8, r9, \c, \d
  .endif
        both    r3, r10, r11, r10, r11
.endif
.endm

@ Shifts all accumulators to the left.
.macro shift lanes
        ldr     r12, [sp, #SHIFT]
        lsl     r4, r4, r12
        lsl     r5, r5, r12
.if \lanes > 1
        lsl     r6, r6, r12
        lsl     r7, r7, r12
.endif
.if \lanes > 2
        lsl     r8, r8, r12
        lsl     r9, r9, r12
.endif
.if \lanes > 3
        lsl     r10, r10, r12
        lsl     r11, r11, r12
.endif
.endm

@ Both accumulators of a lane to elements. SMMLAR is the whole requantization: the upper half of
@ acc * multiplier + zero_point * 2^32 + 2^31.
.macro requantize a, b, bits
        smmlar  \a, \a, r12, r0
        smmlar  \b, \b, lr, r0
        ssat    \a, #\bits, \a
        ssat    \b, #\bits, \b
.endm

@ Two elements of a lane, one behind the other, `at` an address.
.macro store a, b, bits, at:vararg
.if \bits == 8
        bfi     \a, \b, #8, #8
        strh    \a, \at
.else
        pkhbt   \a, \a, \b, lsl #16
        str     \a, \at
.endif
.endm

@ Accumulators to elements, and the next pair of channels if there is one.
.macro finish lanes, bits
        ldrd    r2, r3, [sp, #MULTIPLIERS]
        ldr     r12, [r2], #4
        ldr     lr, [r2], #4
        add     r0, r3, #(\bits / 4)
        strd    r2, r0, [sp, #MULTIPLIERS]
        ldrd    r0, r2, [sp, #ZERO_POINT]
        requantize r4, r5, \bits
.if \lanes > 1
        requantize r6, r7, \bits
.endif
.if \lanes > 2
        requantize r8, r9, \bits
.endif
.if \lanes > 3
        requantize r10, r11, \bits
.endif
        store   r4, r5, \bits, [r3]
.if \lanes > 1
        store   r6, r7, \bits, [r3, r2]
.endif
.if \lanes > 2
        store   r8, r9, \bits, [r3, r2, lsl #1]
.endif
.if \lanes > 3
        add     r2, r2, r2, lsl #1
        store   r10, r11, \bits, [r3, r2]
.endif
        ldr     r12, [sp, #WEIGHTS_END]
        cmp     r1, r12
        bne     1b
        add     sp, sp, #FRAME
        pop     {r4-r11, pc}
.endm

@ `c` and `d` are the accumulators of the last lane; `bytes` those of a pair's instructions, of which
@ a turn of the loop has `pairs`, a power of two.
.macro multiply name, lanes, c, d, bytes, pairs
        function \name
        push    {r4-r11, lr}
        sub     sp, sp, #FRAME
        ldm     r0, {r1-r12}
        stm     sp, {r1-r12}
        @ r11 is PAIRS, r12 is KIND: 1 for an odd element at the end, 2 for a shift, 4 for int16.
        @ One pair comes before the loop; the loop is entered so far before its end that whole turns
        @ are left.
        adr.w   r2, 3f
        sub     r11, r11, #1
        and     r11, r11, #(\pairs - 1)
        mov     r3, #\bytes
        mls     r11, r11, r3, r2
        orr     r11, r11, #1
        adr.w   r2, 5f
        tst     r12, #2
        it      ne
        adrne.w r2, 4f
        tst     r12, #4
        it      ne
        adrne.w r2, 6f
        orr     r2, r2, #1
        tst     r12, #1
        ite     ne
        adrne.w r3, 7f
        moveq   r3, r2
        orr     r3, r3, #1
        strd    r11, r3, [sp, #PAIRS]
        str     r2, [sp, #FINISH]
        ldr     r1, [sp, #WEIGHTS]
1:      ldrd    r0, r2, [sp, #LANES]
        ldr     \c, [r2], #4
        ldr     \d, [r2], #4
        str     r2, [sp, #BIAS]
        ldr     r12, [r1], #4
        products \lanes, \c, \d
        ldr     pc, [sp, #PAIRS]
        .p2align 2
2:
.rept \pairs
        ldr     r12, [r1], #4
        products \lanes
.endr
3:      ldr     r2, [sp, #LANES_END]
        cmp     r0, r2
        bne.w   2b
        ldr     pc, [sp, #KIND]
        .p2align 2
7:      ldrh    r12, [r1], #2           @ the weights beyond are zeros
        products \lanes
        ldr     pc, [sp, #FINISH]
        .p2align 2
4:      shift   \lanes
        .p2align 2
5:      finish  \lanes, 8
        .p2align 2
6:      shift   \lanes
        finish  \lanes, 16
        .size   \name, . - \name
.endm

        multiply tidbit_multiply_4, 4, r10, r11, 48, 16
        multiply tidbit_multiply_3, 3, r8, r9, 40, 8
        multiply tidbit_multiply_2, 2, r6, r7, 30, 4
        multiply tidbit_multiply_1, 1, r4, r5, 22, 4
        .text

@ Names are the whole crate's.
        .purgem both
        .purgem products
        .purgem shift
        .purgem requantize
        .purgem store
        .purgem finish
        .purgem multiply
