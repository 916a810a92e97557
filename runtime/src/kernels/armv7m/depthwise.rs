//! The inner loops of depthwise convolutions, 3 by 3, channel by channel: with the distance of two channels'
//! taps in a register and its multiples by shifts, the nine weights and the rows need few addresses.

use core::arch::global_asm;

use crate::kernels::small::{Pair, Taps, whole};

/// What the assembly works on.
#[repr(C)]
struct Job<const PLACES: usize> {
    places: [*const i8; PLACES],
    weights: *const i8,
    /// Bytes from one pixel to the next, and from the weights of one tap to those of the next.
    channels: usize,
    sums: *mut i32,
    sums_end: *mut i32,
}

// Two pixels. Registers: r0, r1, r10 the rows; r2 channels, r3 three times as many; r4, r5 sums; r6 to r8 the
// weights of a row; r9 what stands under a column; r11, r12 weights of the first tap and the sixth; lr where
// sums go. The stack has where they end. The last use of an address moves it on to the next channel.
global_asm!(
    ".macro tidbit_row_1 row, first",
    "ldrsb r9, [\\row, r2]",
    ".if \\first",
    "mul r4, r9, r7",
    "mul r5, r9, r6",
    ".else",
    "mla r4, r9, r7, r4",
    "mla r5, r9, r6, r5",
    ".endif",
    "ldrsb r9, [\\row, r2, lsl #1]",
    "mla r4, r9, r8, r4",
    "mla r5, r9, r7, r5",
    "ldrsb r9, [\\row, r3]",
    "mla r5, r9, r8, r5",
    "ldrsb r9, [\\row], #1",
    "mla r4, r9, r6, r4",
    ".endm",
    ".macro tidbit_row_2 row, first",
    "ldrsb r9, [\\row, r2, lsl #1]",
    ".if \\first",
    "mul r4, r9, r8",
    "mul r5, r9, r6",
    ".else",
    "mla r4, r9, r8, r4",
    "mla r5, r9, r6, r5",
    ".endif",
    "ldrsb r9, [\\row, r2]",
    "mla r4, r9, r7, r4",
    "ldrsb r9, [\\row, r3]",
    "mla r5, r9, r7, r5",
    "ldrsb r9, [\\row, r2, lsl #2]",
    "mla r5, r9, r8, r5",
    "ldrsb r9, [\\row], #1",
    "mla r4, r9, r6, r4",
    ".endm",
    ".macro tidbit_pair stride",
    ".section .text.tidbit_armv7m_pair_\\stride, \"ax\", %progbits",
    ".global tidbit_armv7m_pair_\\stride",
    ".type tidbit_armv7m_pair_\\stride, %function",
    ".thumb_func",
    ".balign 4",
    "tidbit_armv7m_pair_\\stride:",
    "push {{r4-r11, lr}}",
    "ldr lr, [r0, #20]",
    "ldr r1, [r0, #24]",
    "push {{r1}}",
    "ldr r11, [r0, #12]",
    "ldr r2, [r0, #16]",
    "add r3, r2, r2, lsl #1",
    "add r12, r11, r2, lsl #2",
    "add r12, r12, r2",
    "ldr r1, [r0, #4]",
    "ldr r10, [r0, #8]",
    "ldr r0, [r0]",
    "2:",
    "ldrsb r6, [r11, r3, lsl #1]",
    "ldrsb r7, [r12, r2, lsl #1]",
    "ldrsb r8, [r11, r2, lsl #3]",
    "tidbit_row_\\stride r10, 1",
    "ldrsb r6, [r11, r3]",
    "ldrsb r7, [r11, r2, lsl #2]",
    "ldrsb r8, [r12], #1",
    "tidbit_row_\\stride r1, 0",
    "ldrsb r7, [r11, r2]",
    "ldrsb r8, [r11, r2, lsl #1]",
    "ldrsb r6, [r11], #1",
    "tidbit_row_\\stride r0, 0",
    "strd r4, r5, [lr], #8",
    "ldr r9, [sp]",
    "cmp lr, r9",
    "bne 2b",
    "add sp, sp, #4",
    "pop {{r4-r11, pc}}",
    ".size tidbit_armv7m_pair_\\stride, . - tidbit_armv7m_pair_\\stride",
    ".endm",
    "tidbit_pair 1",
    "tidbit_pair 2",
    ".purgem tidbit_pair",
    ".purgem tidbit_row_1",
    ".purgem tidbit_row_2",
);

// One pixel. Registers: r0, r1, r3 to r9 what stands under the taps; r2 channels; r10 weights; r11 the sum.
// The stack has where sums go and where they end.
global_asm!(
    ".macro tidbit_tap place, weight:vararg",
    "ldrsb r12, [\\place], #1",
    "ldrsb lr, \\weight",
    "mla r11, r12, lr, r11",
    ".endm",
    ".section .text.tidbit_armv7m_taps, \"ax\", %progbits",
    ".global tidbit_armv7m_taps",
    ".type tidbit_armv7m_taps, %function",
    ".thumb_func",
    ".balign 4",
    "tidbit_armv7m_taps:",
    "push {{r4-r11, lr}}",
    "ldr r1, [r0, #44]",
    "ldr r2, [r0, #48]",
    "push {{r1, r2}}",
    "ldr r10, [r0, #36]",
    "ldr r2, [r0, #40]",
    "add r12, r0, #8",
    "ldr r1, [r0, #4]",
    "ldr r0, [r0]",
    "ldmia r12, {{r3-r9}}",
    "2:",
    "ldrsb r12, [r0], #1",
    "ldrsb lr, [r10]",
    "mul r11, r12, lr",
    "tidbit_tap r1, [r10, r2]",
    "tidbit_tap r3, [r10, r2, lsl #1]",
    "tidbit_tap r5, [r10, r2, lsl #2]",
    "tidbit_tap r9, [r10, r2, lsl #3]",
    "add r10, r10, r2",
    "add r10, r10, r2, lsl #1",
    "tidbit_tap r4, [r10]",
    "add r10, r10, r2, lsl #1",
    "tidbit_tap r6, [r10]",
    "tidbit_tap r7, [r10, r2]",
    "tidbit_tap r8, [r10, r2, lsl #1]",
    "sub r10, r10, r2, lsl #2",
    "sub r10, r10, r2",
    "add r10, r10, #1",
    "ldrd r12, lr, [sp]",
    "str r11, [r12], #4",
    "str r12, [sp]",
    "cmp r12, lr",
    "bne 2b",
    "add sp, sp, #8",
    "pop {{r4-r11, pc}}",
    ".size tidbit_armv7m_taps, . - tidbit_armv7m_taps",
    ".purgem tidbit_tap",
);

unsafe extern "C" {
    fn tidbit_armv7m_pair_1(job: *const Job<3>);
    fn tidbit_armv7m_pair_2(job: *const Job<3>);
    fn tidbit_armv7m_taps(job: *const Job<9>);
}

/// Sums of two pixels, of the channels from `start` on.
pub fn pair(pair: &Pair<'_>, start: usize, sums: &mut [[i32; 2]]) {
    let channels = pair.channels;
    let known = pair.stride == 1 || pair.stride == 2;
    let bytes = pair.columns().wrapping_mul(channels);
    let there = pair.rows.iter().all(|row| row.len() == bytes);
    if sums.is_empty() || !there || !known || !whole(channels, start, sums.len(), pair.weights) {
        return;
    }
    let ends = sums.as_flattened_mut().as_mut_ptr_range();
    // SAFETY: for each channel from `start` on, as many as there are pairs of sums, of which there is one
    // (`whole`, and not empty), the assembly reads the byte of this channel in each of the `3 + stride`
    // pixels of each row, which are all there (`there`; with so few columns and the channels of `whole` the
    // product is exact), and in each of the nine weights (`whole`); it writes
    // a pair of sums, whose words are aligned. It keeps all registers that a function has to.
    unsafe {
        let job = Job {
            places: pair.rows.map(|row| row.as_ptr().add(start)),
            weights: pair.weights.as_ptr().add(start),
            channels,
            sums: ends.start,
            sums_end: ends.end,
        };
        match pair.stride {
            1 => tidbit_armv7m_pair_1(&raw const job),
            _ => tidbit_armv7m_pair_2(&raw const job),
        }
    }
}

/// Sums of a pixel, of the channels from `start` on.
pub fn taps(taps: &Taps<'_>, start: usize, sums: &mut [[i32; 1]]) {
    let channels = taps.channels;
    let there = taps.pixels.iter().all(|pixel| pixel.len() == channels);
    if sums.is_empty() || !there || !whole(channels, start, sums.len(), taps.weights) {
        return;
    }
    let ends = sums.as_flattened_mut().as_mut_ptr_range();
    // SAFETY: for each channel from `start` on, as many as there are sums, of which there is one (`whole`,
    // and not empty), the assembly reads the byte of this channel in each of the nine pixels (`there`) and
    // in each of the nine weights (`whole`), and writes a sum. It keeps all registers that a function has to.
    unsafe {
        let job = Job {
            places: taps.pixels.map(|pixel| pixel.as_ptr().add(start)),
            weights: taps.weights.as_ptr().add(start),
            channels,
            sums: ends.start,
            sums_end: ends.end,
        };
        tidbit_armv7m_taps(&raw const job);
    }
}
