//! GEMM over patches of at most 16 elements: the weights of four output channels stay in vectors while
//! all pixels go by.
//!
//! 29 instructions for two pixels and four channels, 26 or 27 where patches of 16 or 8 elements lie one
//! behind the other: then a load moves on to the next patch itself. On a Cortex-M55, which works on half
//! a vector a cycle, those on vectors take two cycles each, less what loads and products overlap.

use core::arch::naked_asm;

use super::finish;
use super::gemm::Tiles;

/// Rust macro for a pass: what loads two patches and moves on, and what shifts.
macro_rules! pass {
    ([$($load:literal,)*], [$($onward:literal,)*], [$($shift:literal,)*]) => {
        concat!(
            $($load, "\n",)*
            "vmladav.s8 r0, q4, q0
            vmladav.s8 r2, q4, q1
            vmladav.s8 r4, q4, q2
            vmladav.s8 r6, q4, q3\n",
            $($onward, "\n",)*
            "vmov q4[2], q4[0], r0, r4
            vmov q4[3], q4[1], r2, r6
            vmladav.s8 r0, q5, q0
            vmladav.s8 r2, q5, q1
            vmladav.s8 r4, q5, q2
            vmladav.s8 r6, q5, q3
            vmov q5[2], q5[0], r0, r4
            vmov q5[3], q5[1], r2, r6
            vadd.i32 q4, q4, q6
            vadd.i32 q5, q5, q6\n",
            $($shift, "\n",)*
            finish::eight!(("q4", "q5"), "q7", "r8", "[sp]" => "r3"),
            "\nadd r3, r3, r7\n",
        )
    };
}

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
        "sub sp, sp, #20",
        "mov r10, r0",
        "ldrd r5, r4, [r10, #4]", // pitch, k
        "vctp.8 r4",
        "ldrd r8, r9, [r10, #40]", // zero point, shift
        // Where four channels of two pixels go, in turn.
        "ldr r7, [r10, #16]", // stride
        "mov r2, #0x10001",
        "lsl r0, r7, #16",
        "add r1, r0, r2",
        "strd r0, r1, [sp]",
        "add r0, r1, r2",
        "add r1, r0, r2",
        "strd r0, r1, [sp, #8]",
        "lsl r7, r7, #1",
        "lsl r12, r5, #1",
        // Which loop: r5 holds the length of patches that lie one behind the other, else 0.
        "cmp r5, r4",
        "it ne",
        "movne r5, #0",
        // A block: weights to q0-q3, biases to q6, multipliers to q7.
        "2:",
        "ldr r0, [r10, #24]",      // weights
        "ldrd r2, r4, [r10, #28]", // biases, multipliers
        "ldr r6, [r10, #8]",       // k
        "vpst",
        "vldrbt.u8 q0, [r0]",
        "add r0, r0, r6",
        "vpst",
        "vldrbt.u8 q1, [r0]",
        "add r0, r0, r6",
        "vpst",
        "vldrbt.u8 q2, [r0]",
        "add r0, r0, r6",
        "vpst",
        "vldrbt.u8 q3, [r0]",
        "add r0, r0, r6",
        "vldrb.u8 q6, [r2], #16",
        "vldrb.u8 q7, [r4], #16",
        "ldr r3, [r10, #36]", // output
        "add r6, r3, #4",
        "strd r0, r2, [r10, #24]",
        "strd r4, r6, [r10, #32]",
        "ldrd r1, r11, [r10]", // patches, pitch
        "add r11, r11, r1",
        "ldr r0, [r10, #12]", // passes
        "dls lr, r0",
        "cmp r9, #0",
        "bne 7f",
        "cmp r5, #8",
        "beq 6f",
        "cmp r5, #16",
        "beq 5f",
        "3:",
        pass!(
            ["vpstt", "vldrbt.u8 q4, [r1]", "vldrbt.u8 q5, [r11]",],
            ["add r1, r1, r12", "add r11, r11, r12",],
            []
        ),
        "le lr, 3b",
        "4:",
        "ldr r0, [r10, #20]", // blocks
        "subs r0, r0, #1",
        "str r0, [r10, #20]",
        "bne 2b",
        "add sp, sp, #20",
        "vpop {{d8-d15}}",
        "pop {{r4-r11, pc}}",
        "5:",
        pass!(
            ["vldrb.u8 q4, [r1], #16", "vldrb.u8 q5, [r1], #16",],
            [],
            []
        ),
        "le lr, 5b",
        "b 4b",
        "6:",
        pass!(
            ["vpstt", "vldrbt.u8 q4, [r1], #8", "vldrbt.u8 q5, [r1], #8",],
            [],
            []
        ),
        "le lr, 6b",
        "b 4b",
        "7:",
        pass!(
            ["vpstt", "vldrbt.u8 q4, [r1]", "vldrbt.u8 q5, [r11]",],
            ["add r1, r1, r12", "add r11, r11, r12",],
            ["vshl.s32 q4, r9", "vshl.s32 q5, r9",]
        ),
        "le lr, 7b",
        "b 4b",
    )
}
