//! Sums of depthwise windows that lie in columns, four channels at a time, requantized.
//!
//! With at most four words a window (3×3 has three) the weights of four channels stay in vectors
//! while the pixels go by: 19 instructions for four outputs. A Cortex-M55 takes about two cycles for
//! each on vectors, and four for one that gathers words.

use core::arch::naked_asm;

/// Windows in columns, of up to 16 channels.
#[repr(C)]
pub(super) struct Sums {
    /// The first window's first column.
    pub(super) columns: *const i8,
    /// Words of weights, those of a word of the window after those of the one before.
    pub(super) weights: *const i8,
    /// Where the words of a window lie, as seen from its first, four in each; the words that are
    /// more than a window has, have weights of 0.
    pub(super) offsets: *const [u32; 4],
    /// Fours of words of a window.
    pub(super) vectors: usize,
    /// Bytes from one window to the next.
    pub(super) advance: usize,
    /// Windows.
    pub(super) count: usize,
    /// Channels that are left, at least one.
    pub(super) channels: usize,
    /// Bytes from one output pixel to the next.
    pub(super) stride: usize,
    /// Of the next channels.
    pub(super) bias: *const [u8; 4],
    /// Of the next channels.
    pub(super) multipliers: *const [u8; 4],
    /// Where the first pixel's next channels go.
    pub(super) out: *mut i8,
    /// Of the output.
    pub(super) zero_point: i32,
    /// Left shift of the sums.
    pub(super) shift: u32,
}

/// Where the words of weights lie.
pub(super) static WORDS: [u32; 4] = [0, 64, 128, 192];

/// Of windows of at most four words.
///
/// # Safety
/// All that `sums` names has to be there.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn of_four_words(sums: &mut Sums) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r3-r11, lr}}",
        "vpush {{d8-d15}}",
        "mov r10, r0",
        "ldr r12, ={words}",
        "2:",
        "ldrd r1, r4, [r10]", // columns, weights
        "ldrd r5, r6, [r10, #8]", // offsets
        "ldrd r8, r9, [r10, #16]", // advance, count
        "ldrd r11, r7, [r10, #24]", // channels, stride
        "vldrw.u32 q4, [r12]",
        "vadd.i32 q4, q4, r4",
        "vldrw.u32 q0, [q4]",
        "vldrw.u32 q1, [q4, #4]",
        "vldrw.u32 q2, [q4, #8]",
        "vldrw.u32 q3, [q4, #12]",
        "vldrw.u32 q5, [r5]",
        "vadd.i32 q5, q5, r1",
        "add r1, r1, #16",
        "add r4, r4, #16",
        "strd r1, r4, [r10]",
        "ldrd r4, r5, [r10, #32]", // biases, multipliers
        "ldrd r3, r1, [r10, #40]", // output, zero point
        "lsl r0, r11, #2",
        "vctp.8 r0",
        "vpstt",
        "vldrbt.u8 q6, [r4], #16",
        "vldrbt.u8 q7, [r5], #16",
        "strd r4, r5, [r10, #32]",
        "add r0, r3, #4",
        "str r0, [r10, #40]",
        "ldr r5, [r10, #48]", // shift
        "dls lr, r9",
        "cmp r11, #4",
        "blo 5f",
        "cmp r5, #0",
        "bne 5f",
        "3:",
        "vldrw.u32 q4, [q5]",
        "vmladav.s8 r0, q4, q0",
        "vldrw.u32 q4, [q5, #4]",
        "vmladav.s8 r2, q4, q1",
        "vldrw.u32 q4, [q5, #8]",
        "vmladav.s8 r4, q4, q2",
        "vldrw.u32 q4, [q5, #12]",
        "vmladav.s8 r6, q4, q3",
        "vadd.i32 q5, q5, r8",
        "vmov q4[2], q4[0], r0, r4",
        "vmov q4[3], q4[1], r2, r6",
        "vadd.i32 q4, q4, q6",
        "vrmulh.s32 q4, q4, q7",
        "vqmovnb.s32 q4, q4",
        "vqadd.s16 q4, q4, r1",
        "vqmovnb.s16 q4, q4",
        "vstrb.32 q4, [r3]",
        "add r3, r3, r7",
        "le lr, 3b",
        "4:",
        "subs r11, r11, #4",
        "str r11, [r10, #24]",
        "bhi 2b",
        "vpop {{d8-d15}}",
        "pop {{r3-r11, pc}}",
        // The same with a shift, and for the last one to three channels.
        "5:",
        "vctp.32 r11",
        "6:",
        "vldrw.u32 q4, [q5]",
        "vmladav.s8 r0, q4, q0",
        "vldrw.u32 q4, [q5, #4]",
        "vmladav.s8 r2, q4, q1",
        "vldrw.u32 q4, [q5, #8]",
        "vmladav.s8 r4, q4, q2",
        "vldrw.u32 q4, [q5, #12]",
        "vmladav.s8 r6, q4, q3",
        "vadd.i32 q5, q5, r8",
        "vmov q4[2], q4[0], r0, r4",
        "vmov q4[3], q4[1], r2, r6",
        "vadd.i32 q4, q4, q6",
        "vshl.s32 q4, r5",
        "vrmulh.s32 q4, q4, q7",
        "vqmovnb.s32 q4, q4",
        "vqadd.s16 q4, q4, r1",
        "vqmovnb.s16 q4, q4",
        "vpst",
        "vstrbt.32 q4, [r3]",
        "add r3, r3, r7",
        "le lr, 6b",
        "b 4b",
        ".ltorg",
        words = sym WORDS,
    )
}

/// Of windows of any number of words.
///
/// # Safety
/// All that `sums` names has to be there.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn of_words(sums: &mut Sums) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r3-r11, lr}}",
        "vpush {{d8-d15}}",
        "mov r10, r0",
        "2:",
        "ldr r11, [r10, #24]", // channels
        "ldrd r4, r5, [r10, #32]", // biases, multipliers
        "lsl r0, r11, #2",
        "vctp.8 r0",
        "vpstt",
        "vldrbt.u8 q6, [r4], #16",
        "vldrbt.u8 q7, [r5], #16",
        "strd r4, r5, [r10, #32]",
        "vctp.32 r11",
        "ldr r4, ={words}",
        "vldrw.u32 q3, [r4]",
        "ldrd r1, r4, [r10]", // columns, weights
        "vadd.i32 q3, q3, r4",
        "add r0, r1, #16",
        "add r4, r4, #16",
        "strd r0, r4, [r10]",
        "ldr r3, [r10, #40]", // output
        "add r0, r3, #4",
        "str r0, [r10, #40]",
        "ldrd r8, r9, [r10, #16]", // advance, count
        "ldr r7, [r10, #28]", // stride
        // A window of four channels.
        "3:",
        "ldrd r5, r0, [r10, #8]", // offsets, vectors
        "dls lr, r0",
        "vmov q2, q3",
        "movs r0, #0",
        "movs r2, #0",
        "movs r4, #0",
        "movs r6, #0",
        "4:",
        "vldrw.u32 q5, [r5], #16",
        "vadd.i32 q5, q5, r1",
        "vldrw.u32 q4, [q2]",
        "vldrw.u32 q0, [q5]",
        "vmladava.s8 r0, q0, q4",
        "vldrw.u32 q4, [q2, #4]",
        "vldrw.u32 q1, [q5, #4]",
        "vmladava.s8 r2, q1, q4",
        "vldrw.u32 q4, [q2, #8]",
        "vldrw.u32 q0, [q5, #8]",
        "vmladava.s8 r4, q0, q4",
        "vldrw.u32 q4, [q2, #12]",
        "vldrw.u32 q1, [q5, #12]",
        "vmladava.s8 r6, q1, q4",
        "mov r12, #256",
        "vadd.i32 q2, q2, r12",
        "le lr, 4b",
        "vmov q4[2], q4[0], r0, r4",
        "vmov q4[3], q4[1], r2, r6",
        "vadd.i32 q4, q4, q6",
        "ldrd r0, r2, [r10, #44]", // zero point, shift
        "vshl.s32 q4, r2",
        "vrmulh.s32 q4, q4, q7",
        "vqmovnb.s32 q4, q4",
        "vqadd.s16 q4, q4, r0",
        "vqmovnb.s16 q4, q4",
        "vpst",
        "vstrbt.32 q4, [r3]",
        "add r3, r3, r7",
        "add r1, r1, r8",
        "subs r9, r9, #1",
        "bne 3b",
        "subs r11, r11, #4",
        "str r11, [r10, #24]",
        "bhi 2b",
        "vpop {{d8-d15}}",
        "pop {{r3-r11, pc}}",
        ".ltorg",
        words = sym WORDS,
    )
}
