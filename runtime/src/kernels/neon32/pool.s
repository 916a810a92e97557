@ Pools.
@
@ tidbit_sum(sums, pixel, count): adds 16 elements at a time to sums.
@ tidbit_average(sums, out, average: *const Means): eight sums at a time to elements.

        function tidbit_sum
        .p2align 3
1:      vld1.8  {d0, d1}, [r1]!
        mov     r3, r0
        vld1.8  {d16-d19}, [r0]!
        vmovl.s8 q1, d0
        vld1.8  {d20-d23}, [r0]!
        vmovl.s8 q2, d1
        vaddw.s16 q8, q8, d2
        vaddw.s16 q9, q9, d3
        vaddw.s16 q10, q10, d4
        vaddw.s16 q11, q11, d5
        subs    r2, r2, #1
        vst1.8  {d16-d19}, [r3]!
        vst1.8  {d20-d23}, [r3]
        bne     1b
        bx      lr
        .size   tidbit_sum, . - tidbit_sum

        .equ    MEAN_COUNT, 0
        .equ    MEAN_CONSTANTS, 4
        .equ    MEAN_OFFSET, 8
        .equ    MEAN_MULTIPLIER, 12

        function tidbit_average
        ldr     r12, [r2, #MEAN_CONSTANTS]
        vld1.32 {d24-d27}, [r12]!       @ zero points; least; greatest
        vld1.32 {d22, d23}, [r12]       @ shifts
        ldr     r12, [r2, #MEAN_OFFSET]
        vdup.32 q14, r12
        ldr     r12, [r2, #MEAN_MULTIPLIER]
        vdup.32 q15, r12
        ldr     r3, [r2, #MEAN_COUNT]
        .p2align 3
1:      vld1.8  {d0-d3}, [r0]!
        vsub.i32 q0, q0, q14
        vsub.i32 q1, q1, q14
        vshl.s32 q0, q0, q11
        vshl.s32 q1, q1, q11
        vqdmulh.s32 q0, q0, q15
        vqdmulh.s32 q1, q1, q15
        vqrshrn.s32 d0, q0, #1
        vqrshrn.s32 d1, q1, #1
        vqadd.s16 q0, q0, q12
        vqmovn.s16 d0, q0
        vmax.s8 d0, d0, d26
        vmin.s8 d0, d0, d27
        subs    r3, r3, #1
        vst1.8  {d0}, [r1]!
        bne     1b
        bx      lr
        .size   tidbit_average, . - tidbit_average
