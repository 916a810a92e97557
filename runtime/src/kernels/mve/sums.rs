//! Sums of depthwise windows that lie in columns, four channels at a time, requantized.
//!
//! With at most four words a window (3×3 has three) the weights of four channels stay in vectors
//! while the pixels go by: 19 instructions for four outputs. A Cortex-M55 works on half a vector a cycle, so
//! by estimate, not by measurement, these are 40 cycles: two for each on vectors, four where words
//! are gathered.

use core::arch::naked_asm;

use super::finish;
/// Windows in columns, of up to 16 channels. The places move on to the next channels.
#[repr(C)]
pub(super) struct Sums {
    /// Words of weights, those of a word of the window after those of the one before.
    pub(super) weights: *const i8,
    /// The first window's first column.
    pub(super) columns: *const i8,
    /// Of the next channels.
    pub(super) bias: *const [u8; 4],
    /// Of the next channels.
    pub(super) multipliers: *const [u8; 4],
    /// Where the first pixel's next channels go.
    pub(super) out: *mut i8,
    /// Left shift of the sums.
    pub(super) shift: u32,
    /// Windows.
    pub(super) count: usize,
    /// Bytes from one output pixel to the next.
    pub(super) stride: usize,
    /// Bytes from one window to the next.
    pub(super) advance: usize,
    /// Of the output.
    pub(super) zero_point: i32,
    /// Channels that are left, at least one.
    pub(super) channels: usize,
    /// Fours of words of a window.
    pub(super) vectors: usize,
    /// Where words lie, four in each: first [`WORDS`], then those of a window, as seen from its first;
    /// the words that are more than a window has, have weights of 0.
    pub(super) offsets: *const [u32; 4],
}

/// Where four words of weights lie.
pub(super) const WORDS: [u32; 4] = [0, 64, 128, 192];

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
        "mov r12, r0",
        "2:",
        "ldr r1, [r12, #48]", // offsets
        "vldrw.u32 q4, [r1]",
        "vldrw.u32 q5, [r1, #16]",
        // Weights, columns, biases, multipliers, output, shift, count, stride, advance, zero
        // point, channels.
        "ldm r12, {{r0-r10}}",
        "vadd.i32 q4, q4, r0",
        "vadd.i32 q5, q5, r1",
        "vldrw.u32 q0, [q4]",
        "vldrw.u32 q1, [q4, #4]",
        "vldrw.u32 q2, [q4, #8]",
        "vldrw.u32 q3, [q4, #12]",
        "vctp.32 r10",
        "vpstt",
        "vldrbt.u8 q6, [r2], #16",
        "vldrbt.u8 q7, [r3], #16",
        "add r0, r0, #16",
        "add r1, r1, #16",
        "add r4, r4, #4",
        "stm r12, {{r0-r4}}",
        "sub r3, r4, #4",
        "dls lr, r6",
        "cmp r10, #4",
        "blo 5f",
        "cbnz r5, 5f",
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
        finish::four!("q4", "q7", "r9"),
        "vstrb.32 q4, [r3]",
        "add r3, r3, r7",
        "le lr, 3b",
        "4:",
        "subs r10, r10, #4",
        "str r10, [r12, #40]",
        "bhi 2b",
        "vpop {{d8-d15}}",
        "pop {{r3-r11, pc}}",
        // The same with a shift, and for the last one to three channels.
        "5:",
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
        finish::four!("q4", "q7", "r9"),
        "vpst",
        "vstrbt.32 q4, [r3]",
        "add r3, r3, r7",
        "le lr, 5b",
        "b 4b",
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
        "mov r12, r0",
        "mov r11, #256",
        "2:",
        "ldr r1, [r12, #48]", // offsets
        "vldrw.u32 q3, [r1]",
        // Weights, columns, biases, multipliers, output, shift, count, stride, advance, zero
        // point, channels.
        "ldm r12, {{r0-r10}}",
        "vadd.i32 q3, q3, r0",
        "vctp.32 r10",
        "vpstt",
        "vldrbt.u8 q6, [r2], #16",
        "vldrbt.u8 q7, [r3], #16",
        "add r0, r0, #16",
        "add r1, r1, #16",
        "add r4, r4, #4",
        "stm r12, {{r0-r4}}",
        "sub r3, r4, #4",
        "sub r1, r1, #16",
        "mov r10, r6",
        // A window of four channels.
        "3:",
        "ldrd r0, r5, [r12, #44]", // vectors, offsets
        "dls lr, r0",
        "vmov q2, q3",
        "movs r0, #0",
        "movs r2, #0",
        "movs r4, #0",
        "movs r6, #0",
        "4:",
        "vldrw.u32 q5, [r5, #16]!",
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
        "vadd.i32 q2, q2, r11",
        "le lr, 4b",
        "vmov q4[2], q4[0], r0, r4",
        "vmov q4[3], q4[1], r2, r6",
        "vadd.i32 q4, q4, q6",
        "ldr r0, [r12, #20]", // shift
        "vshl.s32 q4, r0",
        finish::four!("q4", "q7", "r9"),
        "vpst",
        "vstrbt.32 q4, [r3]",
        "add r3, r3, r7",
        "add r1, r1, r8",
        "subs r10, r10, #1",
        "bne 3b",
        "ldr r10, [r12, #40]", // channels
        "subs r10, r10, #4",
        "str r10, [r12, #40]",
        "bhi 2b",
        "vpop {{d8-d15}}",
        "pop {{r3-r11, pc}}",
    )
}
