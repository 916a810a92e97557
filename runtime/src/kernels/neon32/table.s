@ A table of 256 entries, 64 elements at a time.
@
@ tidbit_lookup(table, from, to, count): q0 to q3 elements, q8 to q11 entries, q12 and q13 a part of
@ the table of 32 entries. VTBX leaves what is there where an element lies outside the part; each lies in
@ one of the eight, so every entry is found once. 64 elements take 119 instructions.

@ The part of the table at r0, and the way to the next one.
.macro part
        vld1.8  {d24-d27}, [r0]!
        vtbx.8  d16, {d24-d27}, d0
        vtbx.8  d17, {d24-d27}, d1
        vtbx.8  d18, {d24-d27}, d2
        vtbx.8  d19, {d24-d27}, d3
        vtbx.8  d20, {d24-d27}, d4
        vtbx.8  d21, {d24-d27}, d5
        vtbx.8  d22, {d24-d27}, d6
        vtbx.8  d23, {d24-d27}, d7
.endm

.macro next_part
        vsub.i8 q0, q0, q14
        vsub.i8 q1, q1, q14
        vsub.i8 q2, q2, q14
        vsub.i8 q3, q3, q14
.endm

        function tidbit_lookup
        vmov.i8 q14, #32
        vmov.i8 q15, #0x80
        .p2align 3
1:      vld1.8  {d0-d3}, [r1]!
        vld1.8  {d4-d7}, [r1]!
        veor    q0, q0, q15
        veor    q1, q1, q15
        veor    q2, q2, q15
        veor    q3, q3, q15
.rept 7
        part
        next_part
.endr
        part
        sub     r0, r0, #256
        subs    r3, r3, #1
        vst1.8  {d16-d19}, [r2]!
        vst1.8  {d20-d23}, [r2]!
        bne     1b
        bx      lr
        .size   tidbit_lookup, . - tidbit_lookup
