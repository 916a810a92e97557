//! GEMM over patches of more than 16 elements: sums of two pixels and four output channels, or of one
//! pixel and four, stay in general registers while patches and weights go by, 16 elements a step.
//!
//! A step of two pixels is 14 instructions for 128 products. Eight steps stand one behind the other
//! and the first round begins amid them, so short patches pay for no loop; all around them takes 22
//! instructions for the eight outputs. On a Cortex-M55, which works on half a vector a cycle and
//! overlaps a load with a product, a step takes about 18 cycles, by estimate.

use core::arch::naked_asm;

use super::finish;
use super::gemm::Tiles;

/// Rust macro for what the two functions have in common; assembly for what they have not.
///
/// Frame: 0 zero point, 4 way to the next pass's output, 8 way to the next pass's patches, 12 weights of
/// the block, 16 rounds of eight steps, 20 what follows the first step, 24 what follows a round, 28 what
/// follows the tail, 32 elements of the tail, 36 the tiles, 40 where the first of several rounds begins, 44
/// what follows the last of them, 48 where four channels of two pixels go, in turn.
macro_rules! tiles {
    (
        step_bytes: $step_bytes:literal,
        pixels: $pixels:literal,
        first: [$($first:literal,)*],
        step: [$($step:literal,)*],
        tail: [$($tail:literal,)*],
        gather: [$($gather:literal,)*],
        shift: [$($shift:literal,)*],
        store: [$($store:expr,)*],
        next: [$($next:literal,)*],
    ) => {
        naked_asm!(
            ".cpu cortex-m55",
            "push {{r3-r11, lr}}",
            "vpush {{d8-d15}}",
            "sub sp, sp, #64",
            "str r0, [sp, #36]",
            "ldrd r1, r2, [r0, #4]", // pitch, k
            "ldr r3, [r0, #16]", // stride
            "ldrd r4, r9, [r0, #40]", // zero point, shift
            concat!("mov r7, #", $pixels),
            "mul r5, r3, r7",
            "strd r4, r5, [sp]",
            "mov r5, #0x10001",
            "lsl r3, r3, #16",
            "add r4, r3, r5",
            "strd r3, r4, [sp, #48]",
            "add r3, r4, r5",
            "add r4, r3, r5",
            "strd r3, r4, [sp, #56]",
            "lsr r6, r2, #4",
            "mul r1, r1, r7",
            "sub r1, r1, r6, lsl #4",
            "str r1, [sp, #8]",
            "and r2, r2, #15",
            "str r2, [sp, #32]",
            "vctp.8 r2",
            "adr r5, 6f",
            "cmp r9, #0",
            "beq 8f",
            "adr r5, 7f",
            "8:",
            "add r5, r5, #1",
            "adr r8, 5f",
            "add r8, r8, #1",
            "cmp r2, #0",
            "it eq",
            "moveq r8, r5",
            "strd r8, r5, [sp, #24]",
            "str r8, [sp, #44]",
            // The first step comes by itself; of the others up to eight stand in a row.
            "sub r6, r6, #1",
            "adr r8, 4f",
            "add r8, r8, #1",
            concat!("mov r7, #", $step_bytes),
            "cmp r6, #8",
            "bhi 8f",
            "mls r8, r6, r7, r8",
            "str r8, [sp, #20]",
            "b 2f",
            "8:",
            "sub r6, r6, #1",
            "lsr r5, r6, #3",
            "and r6, r6, #7",
            "add r6, r6, #1",
            "mls r8, r6, r7, r8",
            "str r8, [sp, #40]",
            "str r5, [sp, #16]",
            "adr r5, 9f",
            "add r5, r5, #1",
            "adr r6, 8f",
            "add r6, r6, #1",
            "strd r5, r6, [sp, #20]",
            // A block: biases to q4, multipliers to q5.
            "2:",
            "ldr r8, [sp, #36]",
            "ldrd r9, r2, [r8, #24]", // weights, biases
            "str r9, [sp, #12]",
            "ldrd r4, r5, [r8, #32]", // multipliers, output
            "vldrb.u8 q4, [r2], #16",
            "vldrb.u8 q5, [r4], #16",
            "ldrd r6, r11, [r8, #8]", // k, passes
            "add r6, r9, r6, lsl #2",
            "strd r6, r2, [r8, #24]",
            "add r6, r5, #4",
            "strd r4, r6, [r8, #32]",
            "ldrd r1, r3, [r8]", // patches, pitch
            "add r3, r3, r1",
            // A pass.
            "3:",
            $($first,)*
            "ldr pc, [sp, #20]",
            // More than nine steps are rounds of eight, the first one of fewer.
            ".p2align 2",
            "9:",
            "ldr r7, [sp, #16]",
            "ldr pc, [sp, #40]",
            ".p2align 2",
            "8:",
            "subs r7, r7, #1",
            "bpl 9f",
            "ldr pc, [sp, #44]",
            ".p2align 2",
            "9:",
            ".rept 8",
            $($step,)*
            ".endr",
            "4:",
            "ldr pc, [sp, #24]",
            ".p2align 2",
            "5:",
            "ldr r7, [sp, #32]",
            $($tail,)*
            "ldr pc, [sp, #28]",
            ".p2align 2",
            "7:",
            $($gather,)*
            "ldr r0, [sp, #36]",
            "ldr r0, [r0, #44]",
            $($shift,)*
            "b 8f",
            ".p2align 2",
            "6:",
            $($gather,)*
            "8:",
            // Zero point, ways to the next pass's output and patches, weights.
            "ldm sp, {{r0, r2, r4, r9}}",
            $($store,)*
            $($next,)*
            "subs r11, r11, #1",
            "bne 3b",
            "ldr r8, [sp, #36]",
            "ldr r0, [r8, #20]", // blocks
            "subs r0, r0, #1",
            "str r0, [r8, #20]",
            "bne 2b",
            "add sp, sp, #64",
            "vpop {{d8-d15}}",
            "pop {{r3-r11, pc}}",
        )
    };
}

/// Two pixels a pass, for `k` of more than 16.
///
/// # Safety
/// All that `tiles` names has to be there; see [`Tiles`].
#[unsafe(naked)]
pub(super) unsafe extern "C" fn pairs(tiles: &mut Tiles) {
    tiles! {
        step_bytes: 56,
        pixels: 2,
        first: [
            "vldrb.u8 q0, [r1], #16",
            "vldrb.u8 q2, [r9], #16",
            "vmladav.s8 r0, q0, q2",
            "vldrb.u8 q1, [r3], #16",
            "vmladav.s8 r8, q1, q2",
            "vldrb.u8 q3, [r9], #16",
            "vmladav.s8 r2, q0, q3",
            "vldrb.u8 q6, [r9], #16",
            "vmladav.s8 r10, q1, q3",
            "vmladav.s8 r4, q0, q6",
            "vldrb.u8 q7, [r9], #16",
            "vmladav.s8 r12, q1, q6",
            "vmladav.s8 r6, q0, q7",
            "vmladav.s8 lr, q1, q7",
        ],
        step: [
            "vldrb.u8 q0, [r1], #16",
            "vldrb.u8 q2, [r9], #16",
            "vmladava.s8 r0, q0, q2",
            "vldrb.u8 q1, [r3], #16",
            "vmladava.s8 r8, q1, q2",
            "vldrb.u8 q3, [r9], #16",
            "vmladava.s8 r2, q0, q3",
            "vldrb.u8 q6, [r9], #16",
            "vmladava.s8 r10, q1, q3",
            "vmladava.s8 r4, q0, q6",
            "vldrb.u8 q7, [r9], #16",
            "vmladava.s8 r12, q1, q6",
            "vmladava.s8 r6, q0, q7",
            "vmladava.s8 lr, q1, q7",
        ],
        tail: [
            "vpstt",
            "vldrbt.u8 q0, [r1]",
            "vldrbt.u8 q1, [r3]",
            "vpst",
            "vldrbt.u8 q2, [r9]",
            "add r9, r9, r7",
            "vmladava.s8 r0, q0, q2",
            "vmladava.s8 r8, q1, q2",
            "vpst",
            "vldrbt.u8 q3, [r9]",
            "add r9, r9, r7",
            "vmladava.s8 r2, q0, q3",
            "vmladava.s8 r10, q1, q3",
            "vpst",
            "vldrbt.u8 q6, [r9]",
            "add r9, r9, r7",
            "vmladava.s8 r4, q0, q6",
            "vmladava.s8 r12, q1, q6",
            "vpst",
            "vldrbt.u8 q7, [r9]",
            "vmladava.s8 r6, q0, q7",
            "vmladava.s8 lr, q1, q7",
        ],
        gather: [
            "vmov q0[2], q0[0], r0, r4",
            "vmov q0[3], q0[1], r2, r6",
            "vmov q1[2], q1[0], r8, r12",
            "vmov q1[3], q1[1], r10, lr",
            "vadd.i32 q0, q0, q4",
            "vadd.i32 q1, q1, q4",
        ],
        shift: [
            "vshl.s32 q0, r0",
            "vshl.s32 q1, r0",
        ],
        store: [
            finish::eight!(("q0", "q1"), "q5", "r0", "[sp, #48]" => "r5"),
            "add r5, r5, r2",
        ],
        next: [
            "add r1, r1, r4",
            "add r3, r3, r4",
        ],
    }
}

/// One pixel a pass, for `k` of more than 16.
///
/// # Safety
/// All that `tiles` names has to be there; see [`Tiles`].
#[unsafe(naked)]
pub(super) unsafe extern "C" fn single(tiles: &mut Tiles) {
    tiles! {
        step_bytes: 36,
        pixels: 1,
        first: [
            "vldrb.u8 q0, [r1], #16",
            "vldrb.u8 q2, [r9], #16",
            "vmladav.s8 r0, q0, q2",
            "vldrb.u8 q3, [r9], #16",
            "vmladav.s8 r2, q0, q3",
            "vldrb.u8 q6, [r9], #16",
            "vmladav.s8 r4, q0, q6",
            "vldrb.u8 q7, [r9], #16",
            "vmladav.s8 r6, q0, q7",
        ],
        step: [
            "vldrb.u8 q0, [r1], #16",
            "vldrb.u8 q2, [r9], #16",
            "vmladava.s8 r0, q0, q2",
            "vldrb.u8 q3, [r9], #16",
            "vmladava.s8 r2, q0, q3",
            "vldrb.u8 q6, [r9], #16",
            "vmladava.s8 r4, q0, q6",
            "vldrb.u8 q7, [r9], #16",
            "vmladava.s8 r6, q0, q7",
        ],
        tail: [
            "vpst",
            "vldrbt.u8 q0, [r1]",
            "vpst",
            "vldrbt.u8 q2, [r9]",
            "add r9, r9, r7",
            "vmladava.s8 r0, q0, q2",
            "vpst",
            "vldrbt.u8 q3, [r9]",
            "add r9, r9, r7",
            "vmladava.s8 r2, q0, q3",
            "vpst",
            "vldrbt.u8 q6, [r9]",
            "add r9, r9, r7",
            "vmladava.s8 r4, q0, q6",
            "vpst",
            "vldrbt.u8 q7, [r9]",
            "vmladava.s8 r6, q0, q7",
        ],
        gather: [
            "vmov q0[2], q0[0], r0, r4",
            "vmov q0[3], q0[1], r2, r6",
            "vadd.i32 q0, q0, q4",
        ],
        shift: [
            "vshl.s32 q0, r0",
        ],
        store: [
            finish::four!("q0", "q5", "r0"),
            "vstrb.32 q0, [r5]",
            "add r5, r5, r2",
        ],
        next: [
            "add r1, r1, r4",
        ],
    }
}
