//! The inner loops of depthwise convolutions, 3 by 3, channel by channel. What is read lies at a place in a
//! register behind an address in another, which is how this core loads signed bytes.

use core::arch::global_asm;

use crate::kernels::small::{Pair, Taps, whole};

/// Taps of the kernel.
const TAPS: usize = 9;

/// What the assembly works on for one pixel.
#[repr(C)]
struct TapsJob {
    /// What stands under each tap: ends of the channels.
    ends: [*const i8; TAPS],
    /// End of the channels in the weights of the first tap.
    weights_end: *const i8,
    /// Bytes from the weights of one tap to those of the next.
    channels: usize,
    /// Less than zero: how many channels there are.
    count: isize,
    sums: *mut i32,
}

/// What the assembly works on for two pixels: each row under both, and its weights.
#[repr(C)]
struct PairJob {
    first: [*const i8; 3],
    second: [*const i8; 3],
    weights: [*const i8; 3],
    sums: *mut i32,
    sums_end: *mut i32,
    channels: usize,
}

// Two pixels. Registers: r0 to r2 places of a row's three taps, r3 and r4 the row under each pixel, r5 its
// weights, r8 and r9 sums. The stack has the job.
global_asm!(
    ".section .text.tidbit_armv6m_pair, \"ax\", %progbits",
    ".global tidbit_armv6m_pair",
    ".type tidbit_armv6m_pair, %function",
    ".thumb_func",
    "tidbit_armv6m_pair:",
    "push {{r4-r7, lr}}",
    "mov r4, r8",
    "mov r5, r9",
    "push {{r4, r5}}",
    "sub sp, sp, #44",
    "mov r7, sp",
    "ldm r0!, {{r1-r6}}",
    "stm r7!, {{r1-r6}}",
    "ldm r0!, {{r1-r5}}",
    "stm r7!, {{r1-r5}}",
    "ldr r1, [r0]",
    "movs r0, #0",
    "adds r2, r1, r1",
    "2:",
    "movs r3, #0",
    "mov r8, r3",
    "mov r9, r3",
    ".irp row, 0, 4, 8",
    "ldr r3, [sp, #\\row]",
    "ldr r4, [sp, #\\row + 12]",
    "ldr r5, [sp, #\\row + 24]",
    ".irp place, r0, r1, r2",
    "ldrsb r7, [r5, \\place]",
    "ldrsb r6, [r3, \\place]",
    "muls r6, r7, r6",
    "add r8, r6",
    "ldrsb r6, [r4, \\place]",
    "muls r6, r7, r6",
    "add r9, r6",
    ".endr",
    ".endr",
    "mov r6, r8",
    "mov r7, r9",
    "ldr r3, [sp, #36]",
    "stm r3!, {{r6, r7}}",
    "str r3, [sp, #36]",
    "adds r0, r0, #1",
    "adds r1, r1, #1",
    "adds r2, r2, #1",
    "ldr r4, [sp, #40]",
    "cmp r3, r4",
    "bne 2b",
    "add sp, sp, #44",
    "pop {{r4, r5}}",
    "mov r8, r4",
    "mov r9, r5",
    "pop {{r4-r7, pc}}",
    ".size tidbit_armv6m_pair, . - tidbit_armv6m_pair",
);

// One pixel. Registers: r0 the job, r1 place before the ends, r2 weights of a tap, r3 channels, r7 the sum, r8 where sums
// go, r9 weights of the first tap.
global_asm!(
    ".section .text.tidbit_armv6m_taps, \"ax\", %progbits",
    ".global tidbit_armv6m_taps",
    ".type tidbit_armv6m_taps, %function",
    ".thumb_func",
    "tidbit_armv6m_taps:",
    "push {{r4-r7, lr}}",
    "mov r4, r8",
    "mov r5, r9",
    "push {{r4, r5}}",
    "ldr r4, [r0, #48]",
    "mov r8, r4",
    "ldr r2, [r0, #36]",
    "mov r9, r2",
    "ldr r3, [r0, #40]",
    "ldr r1, [r0, #44]",
    "2:",
    "ldr r4, [r0]",
    "ldrsb r5, [r4, r1]",
    "ldrsb r7, [r2, r1]",
    "muls r7, r5, r7",
    ".irp place, 4, 8, 12, 16, 20, 24, 28, 32",
    "adds r2, r2, r3",
    "ldr r4, [r0, #\\place]",
    "ldrsb r5, [r4, r1]",
    "ldrsb r6, [r2, r1]",
    "muls r5, r6, r5",
    "adds r7, r7, r5",
    ".endr",
    "mov r2, r9",
    "mov r4, r8",
    "stm r4!, {{r7}}",
    "mov r8, r4",
    "adds r1, r1, #1",
    "bne 2b",
    "pop {{r4, r5}}",
    "mov r8, r4",
    "mov r9, r5",
    "pop {{r4-r7, pc}}",
    ".size tidbit_armv6m_taps, . - tidbit_armv6m_taps",
);

unsafe extern "C" {
    fn tidbit_armv6m_pair(job: *const PairJob);
    fn tidbit_armv6m_taps(job: *const TapsJob);
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
    let [top, middle, bottom] = pair.rows.map(<[i8]>::as_ptr);
    let weights = pair.weights.as_ptr();
    let second = start.wrapping_add(pair.stride.wrapping_mul(channels));
    // SAFETY: for each channel from `start` on, as many as there are pairs of sums, of which there is one
    // (`whole`, and not empty), the assembly reads the byte of this channel in three pixels of each row, from
    // the first on and from the pixel `stride` on, which are all there (`there`; with so few columns and the
    // channels of `whole` the product is exact), and in the nine weights (`whole`); it writes a pair of sums.
    // It keeps all registers that a function has to.
    unsafe {
        let job = PairJob {
            first: [top.add(start), middle.add(start), bottom.add(start)],
            second: [top.add(second), middle.add(second), bottom.add(second)],
            weights: [0, 3, 6]
                .map(|tap: usize| weights.add(start.wrapping_add(tap.wrapping_mul(channels)))),
            sums: ends.start,
            sums_end: ends.end,
            channels,
        };
        tidbit_armv6m_pair(&raw const job);
    }
}

/// Sums of a pixel, of the channels from `start` on.
pub fn taps(taps: &Taps<'_>, start: usize, sums: &mut [[i32; 1]]) {
    let (channels, count) = (taps.channels, sums.len());
    let there = taps.pixels.iter().all(|pixel| pixel.len() == channels);
    if sums.is_empty() || !there || !whole(channels, start, count, taps.weights) {
        return;
    }
    let end = start.wrapping_add(count);
    // SAFETY: for each channel from `start` on, as many as there are sums, of which there is one (`whole`,
    // and not empty), the assembly reads the byte of this channel in each of the nine pixels (`there`) and
    // in each of the nine weights (`whole`), and writes a sum. It keeps all registers that a function has to.
    unsafe {
        let job = TapsJob {
            ends: taps.pixels.map(|pixel| pixel.as_ptr().add(end)),
            weights_end: taps.weights.as_ptr().add(end),
            channels,
            count: (count as isize).wrapping_neg(),
            sums: sums.as_flattened_mut().as_mut_ptr(),
        };
        tidbit_armv6m_taps(&raw const job);
    }
}
