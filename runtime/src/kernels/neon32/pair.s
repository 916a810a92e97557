@ Two tensors, element by element, in the place of the first; 16 elements at a time.
@
@ tidbit_add(a, b, step, pair: *const Pair), tidbit_mul: sums and products; tidbit_max(a, b, count),
@ tidbit_min: the greater and the lesser of each. `step` is by how many bytes `b` goes on, 16 or 0.

        .equ    PAIR_COUNT, 0
        .equ    PAIR_CONSTANTS, 4
        .equ    PAIR_KIND, 8
        .equ    PAIR_FACTORS, 12        @ of the sum; of the product the multiplier
        .equ    PAIR_ADDEND, 16         @ of the sum; of the product both zero points
        .equ    PAIR_SHIFT, 20          @ of the sum

@ Four sums: elements in halves of registers, `x` by factor 0 and `y` by factor 1, to `to`.
.macro four_sums q, x, y, to
        vmov    \q, q14
        vmlal.s16 \q, \x, d26
        vmlal.s16 \q, \y, d27
        vshl.s32 \q, \q, q15
        vqmovn.s32 \to, \q
.endm

@ Holds the 16 int8 of q2 within bounds, eight of each in d24 and d25.
.macro bounds
        vmax.s8 d4, d4, d24
        vmax.s8 d5, d5, d24
        vmin.s8 d4, d4, d25
        vmin.s8 d5, d5, d25
.endm

        function tidbit_add
        push    {r4, r5}
        ldr     r12, [r3, #PAIR_CONSTANTS]
        ldr     r4, [r3, #PAIR_COUNT]
        vld1.32 {d22-d25}, [r12]
        ldr     r12, [r3, #PAIR_FACTORS]
        vdup.16 d26, r12
        lsr     r12, r12, #16
        vdup.16 d27, r12
        ldr     r12, [r3, #PAIR_ADDEND]
        vdup.32 q14, r12
        ldr     r12, [r3, #PAIR_SHIFT]
        vdup.32 q15, r12
        .p2align 3
1:      vld1.8  {d0, d1}, [r0]
        vld1.8  {d2, d3}, [r1], r2
        vmovl.s8 q2, d0
        vmovl.s8 q3, d2
        vmovl.s8 q0, d1
        vmovl.s8 q1, d3
        four_sums q8, d4, d6, d16
        four_sums q9, d5, d7, d17
        four_sums q10, d0, d2, d18
        four_sums q11, d1, d3, d19
        vqmovn.s16 d4, q8
        vqmovn.s16 d5, q9
        bounds
        subs    r4, r4, #1
        vst1.8  {d4, d5}, [r0]!
        bne     1b
        pop     {r4, r5}
        bx      lr
        .size   tidbit_add, . - tidbit_add

@ Eight products, requantized, of the int16 of two registers; the multiplier is in q14.
.macro eight_products x0, x1, y0, y1, q0, to0, to1
        vmull.s16 q8, \x0, \y0
        vmull.s16 q9, \x1, \y1
        tst     r5, #1
        beq     2f
        vshl.s32 q8, q8, q15
        vshl.s32 q9, q9, q15
2:      vqdmulh.s32 q8, q8, q14
        vqdmulh.s32 q9, q9, q14
        vqrshrn.s32 \to0, q8, #1
        vqrshrn.s32 \to1, q9, #1
        vqadd.s16 \q0, \q0, q11
.endm

        function tidbit_mul
        push    {r4, r5}
        ldr     r12, [r3, #PAIR_CONSTANTS]
        ldr     r4, [r3, #PAIR_COUNT]
        vld1.32 {d22-d25}, [r12]!
        ldr     r5, [r3, #PAIR_KIND]
        vld1.32 {d30, d31}, [r12]
        ldr     r12, [r3, #PAIR_FACTORS]
        vdup.32 q14, r12
        ldr     r12, [r3, #PAIR_ADDEND]
        vdup.8  d26, r12
        lsr     r12, r12, #8
        vdup.8  d27, r12
        .p2align 3
1:      vld1.8  {d0, d1}, [r0]
        vld1.8  {d2, d3}, [r1], r2
        vsubl.s8 q2, d0, d26
        vsubl.s8 q3, d2, d27
        vsubl.s8 q0, d1, d26
        vsubl.s8 q1, d3, d27
        eight_products d4, d5, d6, d7, q10, d20, d21
        eight_products d0, d1, d2, d3, q0, d0, d1
        vqmovn.s16 d4, q10
        vqmovn.s16 d5, q0
        bounds
        subs    r4, r4, #1
        vst1.8  {d4, d5}, [r0]!
        bne     1b
        pop     {r4, r5}
        bx      lr
        .size   tidbit_mul, . - tidbit_mul

.macro extreme op
1:      vld1.8  {d0, d1}, [r0]
        vld1.8  {d2, d3}, [r1]!
        \op     q0, q0, q1
        subs    r2, r2, #1
        vst1.8  {d0, d1}, [r0]!
        bne     1b
        bx      lr
.endm

        function tidbit_max
        extreme vmax.s8
        .size   tidbit_max, . - tidbit_max

        function tidbit_min
        extreme vmin.s8
        .size   tidbit_min, . - tidbit_min
