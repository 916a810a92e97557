//! The inner loop: up to four pixels against one row of weights. With the sums in registers that only moves and
//! additions can reach, all that a product needs is in the other eight.

use core::arch::global_asm;

use crate::kernels::small::{Dots, Tile, dots_plainly};

/// Pixels at a time.
const PIXELS: usize = 4;

/// What the assembly works on; it moves `sums` on to `sums_end`.
#[repr(C)]
struct Job {
    /// Ends of the patches.
    ends: [*const i8; PIXELS],
    weights: *const i8,
    k: usize,
    sums: *mut [i32; PIXELS],
    sums_end: *mut [i32; PIXELS],
}

// Registers: r0 to r3 ends of the patches, r4 end of the row of weights, r5 place before these ends,
// r8 to r11 sums, r12 the job, lr the place in the loop where it begins so that a multiple of four steps is
// left.
global_asm!(
    ".macro tidbit_dots pixels",
    ".section .text.tidbit_armv6m_dots_\\pixels, \"ax\", %progbits",
    ".global tidbit_armv6m_dots_\\pixels",
    ".type tidbit_armv6m_dots_\\pixels, %function",
    ".thumb_func",
    ".balign 4",
    "tidbit_armv6m_dots_\\pixels:",
    "push {{r4-r7, lr}}",
    "mov r4, r8",
    "mov r5, r9",
    "mov r6, r10",
    "mov r7, r11",
    "push {{r4-r7}}",
    "mov r12, r0",
    "ldr r4, [r0, #16]",
    "ldr r5, [r0, #20]",
    "negs r5, r5",
    "movs r6, #3",
    "ands r5, r6",
    "movs r6, #(4 + 6 * \\pixels)",
    "muls r5, r6, r5",
    "adr r6, 3f",
    "adds r5, r5, r6",
    "mov lr, r5",
    "ldm r0, {{r0-r3}}",
    // A row of weights.
    "2:",
    "movs r6, #0",
    "mov r8, r6",
    "mov r9, r6",
    "mov r10, r6",
    "mov r11, r6",
    "mov r6, r12",
    "ldr r5, [r6, #20]",
    "adds r4, r4, r5",
    "negs r5, r5",
    "mov pc, lr",
    ".balign 4",
    // Steps of 4 bytes and 6 for each pixel.
    "3:",
    ".rept 4",
    "ldrsb r6, [r4, r5]",
    "ldrsb r7, [r0, r5]",
    "muls r7, r6, r7",
    "add r8, r7",
    ".if \\pixels > 1",
    "ldrsb r7, [r1, r5]",
    "muls r7, r6, r7",
    "add r9, r7",
    ".endif",
    ".if \\pixels > 2",
    "ldrsb r7, [r2, r5]",
    "muls r7, r6, r7",
    "add r10, r7",
    ".endif",
    ".if \\pixels > 3",
    "ldrsb r7, [r3, r5]",
    "muls r7, r6, r7",
    "add r11, r7",
    ".endif",
    "adds r5, r5, #1",
    ".endr",
    "bne 3b",
    "mov r6, r12",
    "ldr r7, [r6, #24]",
    "mov r5, r8",
    "str r5, [r7]",
    "mov r5, r9",
    "str r5, [r7, #4]",
    "mov r5, r10",
    "str r5, [r7, #8]",
    "mov r5, r11",
    "str r5, [r7, #12]",
    "adds r7, r7, #16",
    "str r7, [r6, #24]",
    "ldr r5, [r6, #28]",
    "cmp r7, r5",
    "bne 2b",
    "pop {{r4-r7}}",
    "mov r8, r4",
    "mov r9, r5",
    "mov r10, r6",
    "mov r11, r7",
    "pop {{r4-r7, pc}}",
    ".size tidbit_armv6m_dots_\\pixels, . - tidbit_armv6m_dots_\\pixels",
    ".endm",
    "tidbit_dots 1",
    "tidbit_dots 2",
    "tidbit_dots 3",
    "tidbit_dots 4",
    ".purgem tidbit_dots",
);

unsafe extern "C" {
    fn tidbit_armv6m_dots_1(job: *mut Job);
    fn tidbit_armv6m_dots_2(job: *mut Job);
    fn tidbit_armv6m_dots_3(job: *mut Job);
    fn tidbit_armv6m_dots_4(job: *mut Job);
}

/// The loop for four pixels, which takes the patches as they are.
pub struct Fours;

impl Dots<PIXELS> for Fours {
    type Ready = ();
    const PLACE: () = ();
    const FULL: bool = false;

    fn prepare(_: &Tile<'_, PIXELS>, (): &mut ()) {}

    fn dots(tile: &Tile<'_, PIXELS>, (): &mut (), sums: &mut [[i32; PIXELS]]) {
        dots(tile, sums);
    }
}

fn dots(tile: &Tile<'_, PIXELS>, sums: &mut [[i32; PIXELS]]) {
    if tile.k == 0 || sums.is_empty() || !tile.fits(sums.len()) {
        return dots_plainly(tile, sums);
    }
    let from = tile.patches.as_ptr();
    let ends = sums.as_mut_ptr_range();
    // SAFETY: by `fits` each place lies `k` bytes or more before the end of the patches, and there are `k`
    // weights for each of the sums. The assembly reads the `k` bytes before each of the four ends, or the first of them, and the
    // weights one after another, `k` for each sum; `k` is not zero, so its loops end where they are done.
    // It writes the sums from the first, of which there is one, to the last. It keeps all registers that a
    // function has to.
    unsafe {
        let mut job = Job {
            ends: tile.places.map(|place| from.add(place).add(tile.k)),
            weights: tile.weights.as_ptr(),
            k: tile.k,
            sums: ends.start,
            sums_end: ends.end,
        };
        match tile.pixels {
            1 => tidbit_armv6m_dots_1(&raw mut job),
            2 => tidbit_armv6m_dots_2(&raw mut job),
            3 => tidbit_armv6m_dots_3(&raw mut job),
            _ => tidbit_armv6m_dots_4(&raw mut job),
        }
    }
}
