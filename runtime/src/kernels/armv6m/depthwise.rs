//! The inner loop of depthwise convolutions, 3 by 3, channel by channel.

use core::arch::global_asm;

use crate::kernels::small::{Taps, whole};

/// Taps of the kernel.
const TAPS: usize = 9;

/// What the assembly works on.
#[repr(C)]
struct Job {
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

// Registers: r0 the job, r1 place before the ends, r2 weights of a tap, r3 channels, r7 the sum, r8 where sums
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
    fn tidbit_armv6m_taps(job: *const Job);
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
        let job = Job {
            ends: taps.pixels.map(|pixel| pixel.as_ptr().add(end)),
            weights_end: taps.weights.as_ptr().add(end),
            channels,
            count: (count as isize).wrapping_neg(),
            sums: sums.as_flattened_mut().as_mut_ptr(),
        };
        tidbit_armv6m_taps(&raw const job);
    }
}
