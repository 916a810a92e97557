//! GEMM over patches of at most 16 elements: the weights of four output channels stay in vectors while
//! all pixels go by.
//!
//! 31 instructions for two pixels and four channels. On a Cortex-M55, which works on half a vector
//! a cycle, the 21 on vectors take two cycles each, less what loads and products overlap.

use core::arch::naked_asm;

use super::gemm::Tiles;

/// Two pixels a pass, for `k` up to 16. A pitch and a stride of 0 make the one pixel twice.
///
/// # Safety
/// All that `tiles` names has to be there; see [`Tiles`].
#[unsafe(naked)]
pub(super) unsafe extern "C" fn pairs(tiles: &mut Tiles) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r11, lr}}",
        "vpush {{d8-d15}}",
        "mov r10, r0",
        "ldr r0, [r10, #8]", // k
        "vctp.8 r0",
        "ldr r8, [r10, #40]", // zero point
        "ldr r9, [r10, #44]", // shift
        // A block: weights to q0-q3, biases to q6, multipliers to q7.
        "2:",
        "ldrd r0, r2, [r10, #24]", // weights, biases
        "ldrd r4, r6, [r10, #32]", // multipliers, output
        "ldr r7, [r10, #8]",       // k
        "vpst",
        "vldrbt.u8 q0, [r0]",
        "add r0, r0, r7",
        "vpst",
        "vldrbt.u8 q1, [r0]",
        "add r0, r0, r7",
        "vpst",
        "vldrbt.u8 q2, [r0]",
        "add r0, r0, r7",
        "vpst",
        "vldrbt.u8 q3, [r0]",
        "add r0, r0, r7",
        "vldrb.u8 q6, [r2], #16",
        "vldrb.u8 q7, [r4], #16",
        "mov r3, r6",
        "add r6, r6, #4",
        "strd r0, r2, [r10, #24]",
        "strd r4, r6, [r10, #32]",
        "ldrd r1, r5, [r10]", // patches, pitch
        "add r11, r1, r5",
        "lsl r12, r5, #1",
        "ldrd r0, r7, [r10, #12]", // passes, stride
        "add r5, r3, r7",
        "lsl r7, r7, #1",
        "dls lr, r0",
        "cmp r9, #0",
        "bne 5f",
        // Two pixels, from r1 to r3 and from r11 to r5.
        "3:",
        "vpstt",
        "vldrbt.u8 q4, [r1]",
        "vldrbt.u8 q5, [r11]",
        "vmladav.s8 r0, q4, q0",
        "vmladav.s8 r2, q4, q1",
        "vmladav.s8 r4, q4, q2",
        "vmladav.s8 r6, q4, q3",
        "add r1, r1, r12",
        "vmov q4[2], q4[0], r0, r4",
        "vmov q4[3], q4[1], r2, r6",
        "vmladav.s8 r0, q5, q0",
        "vmladav.s8 r2, q5, q1",
        "vmladav.s8 r4, q5, q2",
        "vmladav.s8 r6, q5, q3",
        "add r11, r11, r12",
        "vmov q5[2], q5[0], r0, r4",
        "vmov q5[3], q5[1], r2, r6",
        "vadd.i32 q4, q4, q6",
        "vadd.i32 q5, q5, q6",
        "vrmulh.s32 q4, q4, q7",
        "vrmulh.s32 q5, q5, q7",
        // Both pixels' elements lie side by side in halves of words.
        "vqmovnb.s32 q4, q4",
        "vqmovnt.s32 q4, q5",
        "vqadd.s16 q4, q4, r8",
        "vqmovnb.s16 q4, q4",
        "vstrb.32 q4, [r3]",
        "add r3, r3, r7",
        "vshr.u32 q4, q4, #16",
        "vstrb.32 q4, [r5]",
        "add r5, r5, r7",
        "le lr, 3b",
        "4:",
        "ldr r0, [r10, #20]", // blocks
        "subs r0, r0, #1",
        "str r0, [r10, #20]",
        "bne 2b",
        "vpop {{d8-d15}}",
        "pop {{r4-r11, pc}}",
        // The same with a shift, a pixel at a time.
        "5:",
        "vpstt",
        "vldrbt.u8 q4, [r1]",
        "vldrbt.u8 q5, [r11]",
        "vmladav.s8 r0, q4, q0",
        "vmladav.s8 r2, q4, q1",
        "vmladav.s8 r4, q4, q2",
        "vmladav.s8 r6, q4, q3",
        "add r1, r1, r12",
        "vmov q4[2], q4[0], r0, r4",
        "vmov q4[3], q4[1], r2, r6",
        "vmladav.s8 r0, q5, q0",
        "vmladav.s8 r2, q5, q1",
        "vmladav.s8 r4, q5, q2",
        "vmladav.s8 r6, q5, q3",
        "add r11, r11, r12",
        "vmov q5[2], q5[0], r0, r4",
        "vmov q5[3], q5[1], r2, r6",
        "vadd.i32 q4, q4, q6",
        "vadd.i32 q5, q5, q6",
        "vshl.s32 q4, r9",
        "vshl.s32 q5, r9",
        "vrmulh.s32 q4, q4, q7",
        "vrmulh.s32 q5, q5, q7",
        "vqmovnb.s32 q4, q4",
        "vqmovnt.s32 q4, q5",
        "vqadd.s16 q4, q4, r8",
        "vqmovnb.s16 q4, q4",
        "vstrb.32 q4, [r3]",
        "add r3, r3, r7",
        "vshr.u32 q4, q4, #16",
        "vstrb.32 q4, [r5]",
        "add r5, r5, r7",
        "le lr, 5b",
        "b 4b",
    )
}
