//! GEMM over patches of 17 to 32 elements that lie one behind the other: the weights of two output
//! channels stay in vectors while all pixels go by, four at a time.
//!
//! What a patch has beyond 16 elements is the end of a second load, which begins amid the first: the
//! weights of what it reads again are 0, so no load is predicated. 44 instructions for eight outputs, 40
//! where there are 32 elements, or the 27 of 3×3 pixels of three channels: there loads move on by
//! themselves. [`wide`](super::wide) takes 50 and more, for it loads the weights of every pair of pixels
//! again.

use core::arch::naked_asm;

use super::finish;
use super::gemm::Tiles;

/// Pixels of a pass.
pub(super) const PIXELS: usize = 4;

/// Rust macro for a pass: `head` loads 16 elements of a patch, `tail` the last 16 and moves on to the next.
macro_rules! pass {
    ([$($head:literal,)*], [$($tail:literal,)*],) => {
        concat!(
            pass!(pixel "r0", "r2", [$($head,)*], [$($tail,)*]),
            pass!(pixel "r4", "r6", [$($head,)*], [$($tail,)*]),
            "vmov q4[2], q4[0], r0, r4
            vmov q4[3], q4[1], r2, r6\n",
            pass!(pixel "r0", "r2", [$($head,)*], [$($tail,)*]),
            pass!(pixel "r4", "r6", [$($head,)*], [$($tail,)*]),
            "vmov q5[2], q5[0], r0, r4
            vmov q5[3], q5[1], r2, r6
            vadd.i32 q4, q4, q6
            vadd.i32 q5, q5, q6\n",
            finish::eight!(("q4", "q5"), "q7", "r7", "[sp]" => "r3"),
            "\nadd r3, r3, r5\n",
        )
    };
    (pixel $first:literal, $second:literal, [$($head:literal,)*], [$($tail:literal,)*]) => {
        concat!(
            $($head, "\n",)*
            "vmladav.s8 ", $first, ", q5, q0\n",
            "vmladav.s8 ", $second, ", q5, q2\n",
            $($tail, "\n",)*
            "vmladava.s8 ", $first, ", q5, q1\n",
            "vmladava.s8 ", $second, ", q5, q3\n",
        )
    };
}

/// Four pixels a pass, for `k` from 17 to 32, a pitch of `k` and no shift.
///
/// # Safety
/// All that `tiles` names has to be there; see [`Tiles`].
#[unsafe(naked)]
pub(super) unsafe extern "C" fn fours(tiles: &mut Tiles) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r11, lr}}",
        "vpush {{d8-d15}}",
        "sub sp, sp, #20",
        "mov r10, r0",
        "ldrd r8, r11, [r10, #8]", // k, passes
        "str r11, [sp, #16]",
        "sub r8, r8, #16",
        // The second load of weights is of the last bytes of a vector.
        "rsb r0, r8, #16",
        "vctp.8 r0",
        "vpnot",
        "ldrd r5, r11, [r10, #16]", // stride, blocks
        // Where two channels of four pixels go: of the first and the third in turn, then of the others.
        "mov r2, #0x10001",
        "lsl r4, r5, #17",
        "add r6, r4, r2",
        "strd r4, r6, [sp]",
        "mla r4, r5, r2, r4",
        "add r6, r4, r2",
        "strd r4, r6, [sp, #8]",
        "lsl r5, r5, #2",
        "lsl r11, r11, #1",
        "ldr r7, [r10, #40]", // zero point
        "ldr r9, [r10, #24]", // weights
        "add r12, r9, #64",
        "sub r12, r12, r0",
        // Two channels: weights to q0-q3, biases to q6, multipliers to q7.
        "2:",
        "vldrb.u8 q0, [r9], #16",
        "vldrb.u8 q2, [r9], #16",
        "vpst",
        "vldrbt.u8 q1, [r12]",
        "add r12, r12, r8",
        "vpst",
        "vldrbt.u8 q3, [r12]",
        "add r12, r12, r8",
        "ldrd r2, r3, [r10, #28]", // biases, multipliers
        "ldr r0, [r2], #4",
        "ldr r4, [r2], #4",
        "vmov q6[2], q6[0], r0, r0",
        "vmov q6[3], q6[1], r4, r4",
        "ldr r0, [r3], #4",
        "ldr r4, [r3], #4",
        "vmov q7[2], q7[0], r0, r0",
        "vmov q7[3], q7[1], r4, r4",
        "strd r2, r3, [r10, #28]",
        "ldr r3, [r10, #36]", // output
        "adds r0, r3, #2",
        "str r0, [r10, #36]",
        "ldr r1, [r10]", // patches
        "ldr r0, [sp, #16]",
        "dls lr, r0",
        "cmp r8, #16",
        "beq 5f",
        "cmp r8, #11",
        "beq 7f",
        "3:",
        pass!(
            ["vldrb.u8 q5, [r1]", "add r1, r1, r8",],
            ["vldrb.u8 q5, [r1], #16",],
        ),
        "le lr, 3b",
        "4:",
        "subs r11, r11, #1",
        "beq 6f",
        "tst r11, #1",
        "bne 2b",
        // Behind the weights of four channels.
        "add r9, r9, r8, lsl #2",
        "add r12, r12, #64",
        "b 2b",
        "5:",
        pass!(["vldrb.u8 q5, [r1], #16",], ["vldrb.u8 q5, [r1], #16",],),
        "le lr, 5b",
        "b 4b",
        "7:",
        pass!(["vldrb.u8 q5, [r1], #11",], ["vldrb.u8 q5, [r1], #16",],),
        "le lr, 7b",
        "b 4b",
        "6:",
        "add sp, sp, #20",
        "vpop {{d8-d15}}",
        "pop {{r4-r11, pc}}",
    )
}
