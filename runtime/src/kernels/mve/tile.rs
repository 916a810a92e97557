//! A tile of a depthwise convolution with 3×3 windows, in assembly: block by block of 16 channels, row by row
//! of windows.
//!
//! The weights of a block come to [`columns`](super::columns) once, on the stack; for each row so does what
//! lies under its windows, in scratch. Then the weights of four channels stay in vectors while the windows
//! go by, as in [`sums`](super::sums).

use core::arch::naked_asm;

use super::finish;
use super::three::Tile;

/// Assembly: what stores four vectors to columns.
macro_rules! store {
    () => {
        "vst40.8 {{q0, q1, q2, q3}}, [r4]
        vst41.8 {{q0, q1, q2, q3}}, [r4]
        vst42.8 {{q0, q1, q2, q3}}, [r4]
        vst43.8 {{q0, q1, q2, q3}}, [r4]!"
    };
}

/// Assembly: what loads from three rows, and what moves on in them.
macro_rules! load {
    () => {
        "vpsttt
        vldrbt.u8 q0, [r1]
        vldrbt.u8 q1, [r2]
        vldrbt.u8 q2, [r3]"
    };
    (whole) => {
        "vldrb.u8 q0, [r1]
        vldrb.u8 q1, [r2]
        vldrb.u8 q2, [r3]"
    };
    (onward $first:literal, $second:literal, $third:literal) => {
        concat!(
            "add r1, r1, ",
            $first,
            "\n",
            "add r2, r2, ",
            $second,
            "\n",
            "add r3, r3, ",
            $third,
        )
    };
}

/// Assembly: a row of which a window sees nothing but padding is what is beyond, again and again.
macro_rules! start {
    ($row:literal, $step:literal) => {
        concat!(
            "cmp ",
            $row,
            ", #0\n",
            "itee ne\n",
            "addne ",
            $row,
            ", ",
            $row,
            ", r8\n",
            "moveq ",
            $row,
            ", r10\n",
            "moveq ",
            $step,
            ", #0",
        )
    };
}

/// Assembly: the sums of four channels of a window, which begins behind the one before: what moves on, and the
/// first word.
macro_rules! sums {
    ($onward:literal, $first:literal) => {
        concat!(
            $onward,
            "\nvldrw.u32 q4, ",
            $first,
            "
            vmladav.s8 r0, q4, q0
            vldrw.u32 q4, [q5, #4]
            vmladav.s8 r2, q4, q1
            vldrw.u32 q4, [q5, #8]
            vmladav.s8 r4, q4, q2
            vldrw.u32 q4, [q5, #12]
            vmladav.s8 r6, q4, q3
            vmov q4[2], q4[0], r0, r4
            vmov q4[3], q4[1], r2, r6
            vadd.i32 q4, q4, q6"
        )
    };
}

/// Assembly: all windows, for which `sums` has what [`sums!`] takes.
macro_rules! windows {
    ($label:literal, $sums:expr) => {
        concat!(
            $label,
            ":\n",
            $sums,
            "\n",
            finish::four!("q4", "q7", "r9"),
            "
            vstrb.32 q4, [r3]
            add r3, r3, r7
            le lr, ",
            $label,
            "b",
        )
    };
}

/// Frame: 0 columns of the weights, 256 where a window's words are, 272 the rows under the next row, 276
/// where the next row's channels go, 280 rows left, 284 channels of the block, 288 where four words of
/// the weights are, 304 the loop that takes the windows.
///
/// # Safety
/// All that `tile` names has to be there; see [`Tile`].
#[unsafe(naked)]
pub(super) unsafe extern "C" fn of_tile(tile: &mut Tile) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r11, lr}}",
        "vpush {{d8-d15}}",
        "sub sp, sp, #308",
        "mov r12, r0",
        // A window's fourth word is its first one again, with weights of 0.
        "vmov.i32 q0, #0",
        "vstrw.32 q0, [sp, #192]",
        "vstrw.32 q0, [sp, #208]",
        "vstrw.32 q0, [sp, #224]",
        "vstrw.32 q0, [sp, #240]",
        "movs r0, #0",
        // Before each window's first sum there is a step onward.
        "ldr r2, [r12, #100]", // column
        "ldr r4, [r12, #80]",  // advance
        "sub r1, r0, r4",
        "sub r3, r2, r4",
        "strd r1, r3, [sp, #256]",
        "add r3, r3, r2",
        "strd r3, r1, [sp, #264]",
        // Which loop takes windows so far apart.
        "adr r5, 30f",
        "cmp r4, #64",
        "bne 35f",
        "adr r5, 22f",
        "35:",
        "cmp r4, #128",
        "bne 35f",
        "adr r5, 28f",
        "35:",
        "cmp r4, #32",
        "bne 35f",
        "adr r5, 29f",
        "35:",
        "add r5, r5, #1",
        "str r5, [sp, #304]",
        "movs r1, #64",
        "movs r2, #128",
        "movs r3, #192",
        "strd r0, r1, [sp, #288]",
        "strd r2, r3, [sp, #296]",
        // A block of channels: its weights to columns.
        "2:",
        "ldrd r11, r5, [r12, #20]", // channels left, channels
        "cmp r11, #16",
        "it hi",
        "movhi r11, #16",
        "str r11, [sp, #284]",
        "vctp.8 r11",
        "ldr r1, [r12, #28]", // weights
        "add r0, r1, #16",
        "str r0, [r12, #28]",
        "add r0, r5, r5, lsl #1",
        "add r2, r1, r0",
        "add r3, r2, r0",
        "vmov.i32 q3, #0",
        "mov r4, sp",
        ".rept 2",
        load!(),
        load!(onward "r5", "r5", "r5"),
        store!(),
        ".endr",
        load!(),
        store!(),
        "ldr r0, [r12]",      // rows
        "ldr r1, [r12, #16]", // output
        "ldr r2, [r12, #4]",  // height
        "strd r0, r1, [sp, #272]",
        "str r2, [sp, #280]",
        "add r1, r1, #16",
        "str r1, [r12, #16]",
        // A row: what lies under its windows to columns.
        "3:",
        "ldrd r8, r10, [r12, #32]", // byte, beyond
        "ldr r9, [sp, #272]",
        "ldr r11, [sp, #284]",
        "ldr r7, [r12, #72]", // load
        "cmp r7, #16",
        "it eq",
        "moveq r11, #16",
        "vctp.8 r11",
        "mov r5, r7",
        "mov r6, r7",
        "ldrd r1, r2, [r9]",
        "ldr r3, [r9, #8]",
        start!("r1", "r5"),
        start!("r2", "r6"),
        start!("r3", "r7"),
        "vpst",
        "vldrbt.u8 q3, [r10]",
        "ldr r0, [r12, #44]", // left
        "wls lr, r0, 5f",
        "ldr r4, [r12, #60]",
        "vmov q0, q3",
        "vmov q1, q3",
        "vmov q2, q3",
        "4:",
        store!(),
        "le lr, 4b",
        "5:",
        "ldr r0, [r12, #48]", // body
        "ldr r4, [r12, #64]",
        "cmp r11, #16",
        "bne 25f",
        "wls lr, r0, 7f",
        "6:",
        load!(whole),
        load!(onward "r5", "r6", "r7"),
        store!(),
        "le lr, 6b",
        "7:",
        "ldr r0, [r12, #52]", // rest
        "cbz r0, 8f",
        "vctp.8 r0",
        load!(),
        store!(),
        "8:",
        "ldr r0, [r12, #56]", // right
        "wls lr, r0, 20f",
        "ldr r4, [r12, #68]",
        "vmov q0, q3",
        "vmov q1, q3",
        "vmov q2, q3",
        "9:",
        store!(),
        "le lr, 9b",
        "20:",
        "ldrd r9, r0, [r12, #92]", // zero point, shift
        "ldr r8, [sp, #304]",
        "ldr r7, [r12, #24]", // channels
        "ldr r10, [sp, #284]",
        "ldr r11, [r12, #60]", // columns
        "movs r1, #0",
        // As many channels have to be left, or else it takes more: with a shift, always.
        "movs r5, #4",
        "cmp r0, #0",
        "it ne",
        "movne r5, #64",
        // Four channels: weights to q0-q3, biases to q6, multipliers to q7.
        "21:",
        "add r0, sp, r1",
        "add r2, r11, r1",
        "vldrw.u32 q4, [sp, #288]",
        "vldrw.u32 q5, [sp, #256]",
        "vadd.i32 q4, q4, r0",
        "vadd.i32 q5, q5, r2",
        "vldrw.u32 q0, [q4]",
        "vldrw.u32 q1, [q4, #4]",
        "vldrw.u32 q2, [q4, #8]",
        "vldrw.u32 q3, [q4, #12]",
        "vctp.32 r10",
        "ldrd r2, r4, [r12, #84]", // biases, multipliers
        "add r2, r2, r1",
        "add r4, r4, r1",
        "vpstt",
        "vldrbt.u8 q6, [r2]",
        "vldrbt.u8 q7, [r4]",
        "ldr r3, [sp, #276]",
        "add r3, r3, r1, lsr #2",
        "adds r1, r1, #16",
        "ldr r0, [r12, #76]", // count
        "dls lr, r0",
        "cmp r10, r5",
        "blo 24f",
        "bx r8",
        ".p2align 2",
        "22:",
        windows!("31", sums!("", "[q5, #64]!")),
        "23:",
        "subs r10, r10, #4",
        "bhi 21b",
        "ldrd r0, r1, [sp, #272]",
        "ldrd r2, r3, [r12, #8]", // row step, pitch
        "add r0, r0, r2",
        "add r1, r1, r3",
        "strd r0, r1, [sp, #272]",
        "ldr r0, [sp, #280]",
        "subs r0, r0, #1",
        "str r0, [sp, #280]",
        "bne 3b",
        "ldrd r0, r1, [r12, #84]",
        "add r0, r0, #64",
        "add r1, r1, #64",
        "strd r0, r1, [r12, #84]",
        "ldrd r0, r1, [r12, #32]",
        "ldr r2, [r12, #40]", // onward
        "add r0, r0, #16",
        "add r1, r1, r2",
        "strd r0, r1, [r12, #32]",
        "ldr r0, [r12, #20]",
        "subs r0, r0, #16",
        "str r0, [r12, #20]",
        "bhi 2b",
        "add sp, sp, #308",
        "vpop {{d8-d15}}",
        "pop {{r4-r11, pc}}",
        // The same for windows that are as far apart.
        ".p2align 2",
        "28:",
        windows!("32", sums!("", "[q5, #128]!")),
        "b 23b",
        ".p2align 2",
        "29:",
        windows!("33", sums!("", "[q5, #32]!")),
        "b 23b",
        // As far as it may be.
        ".p2align 2",
        "30:",
        "ldr r8, [r12, #80]", // advance
        windows!("34", sums!("vadd.i32 q5, q5, r8", "[q5]")),
        "ldr r8, [sp, #304]",
        "b 23b",
        // The same with a shift, and for the last one to three channels.
        "24:",
        "ldr r8, [r12, #80]",  // advance
        "ldr r11, [r12, #96]", // shift
        "27:",
        sums!("vadd.i32 q5, q5, r8", "[q5]"),
        "vshl.s32 q4, r11",
        finish::four!("q4", "q7", "r9"),
        "vpst",
        "vstrbt.32 q4, [r3]",
        "add r3, r3, r7",
        "le lr, 27b",
        "ldr r11, [r12, #60]",
        "b 23b",
        // What lies under the windows, where it is fewer channels than a load has.
        "25:",
        "cmp r0, #0",
        "beq 7b",
        "dls lr, r0",
        "26:",
        load!(),
        load!(onward "r5", "r6", "r7"),
        store!(),
        "le lr, 26b",
        "b 7b",
    )
}
