//! Sums to int8: `smull` and the highest bit of the lower half are a product that is rounded.

use core::arch::global_asm;

use crate::kernels::Requant;
use crate::kernels::small::{finish_plainly, ready};

/// What the assembly works on.
#[repr(C)]
struct Job {
    sums: *const i32,
    sums_end: *const i32,
    bias: *const [u8; 4],
    multipliers: *const [u8; 4],
    first: *mut i8,
    second: *mut i8,
    zero_point: i32,
    lo: i32,
    hi: i32,
    shift: u32,
}

// Registers: r0 sums, r1 bias, r2 multipliers, r3 and r4 output of both pixels, r5 zero point, r6 and r7 bounds,
// r8 shift, r9 end of the sums, r10 and r11 bias and multiplier of a channel. Words of the blob may lie at any
// address, which this core's single loads bear.
global_asm!(
    ".macro tidbit_element out, full",
    "ldr r12, [r0], #4",
    "add r12, r12, r10",
    "lsl r12, r12, r8",
    "smull lr, r12, r12, r11",
    "add r12, r12, lr, lsr #31",
    "add r12, r12, r5",
    ".if \\full",
    "ssat r12, #8, r12",
    ".else",
    "cmp r12, r6",
    "it lt",
    "movlt r12, r6",
    "cmp r12, r7",
    "it gt",
    "movgt r12, r7",
    ".endif",
    "strb r12, [\\out], #1",
    ".endm",
    ".macro tidbit_finish pixels, full",
    ".section .text.tidbit_armv7m_finish_\\pixels\\()_\\full, \"ax\", %progbits",
    ".global tidbit_armv7m_finish_\\pixels\\()_\\full",
    ".type tidbit_armv7m_finish_\\pixels\\()_\\full, %function",
    ".thumb_func",
    ".balign 4",
    "tidbit_armv7m_finish_\\pixels\\()_\\full:",
    "push {{r4-r11, lr}}",
    "ldr r9, [r0, #4]",
    "ldr r8, [r0, #36]",
    "add r1, r0, #8",
    "ldr r0, [r0]",
    "ldmia r1, {{r1-r7}}",
    "2:",
    "ldr r10, [r1], #4",
    "ldr r11, [r2], #4",
    "tidbit_element r3, \\full",
    ".if \\pixels - 1",
    "tidbit_element r4, \\full",
    ".endif",
    "cmp r0, r9",
    "bne 2b",
    "pop {{r4-r11, pc}}",
    ".size tidbit_armv7m_finish_\\pixels\\()_\\full, . - tidbit_armv7m_finish_\\pixels\\()_\\full",
    ".endm",
    "tidbit_finish 1, 0",
    "tidbit_finish 1, 1",
    "tidbit_finish 2, 0",
    "tidbit_finish 2, 1",
    ".purgem tidbit_finish",
    ".purgem tidbit_element",
);

unsafe extern "C" {
    fn tidbit_armv7m_finish_1_0(job: *const Job);
    fn tidbit_armv7m_finish_1_1(job: *const Job);
    fn tidbit_armv7m_finish_2_0(job: *const Job);
    fn tidbit_armv7m_finish_2_1(job: *const Job);
}

/// Sums of one pixel or two to int8.
pub fn finish<const PIXELS: usize>(
    sums: &[[i32; PIXELS]],
    requant: &Requant<'_>,
    out: &mut [i8],
    (stride, pixels): (usize, usize),
) {
    let known = pixels == PIXELS && matches!(PIXELS, 1 | 2) && requant.shift < 32;
    if !known || !ready(sums.len(), requant, out, (stride, pixels)) {
        return finish_plainly::<i8, PIXELS>(sums, requant, out, (stride, pixels));
    }
    let ends = sums.as_flattened().as_ptr_range();
    let first = out.as_mut_ptr();
    let full = (requant.lo, requant.hi) == (-128, 127);
    // SAFETY: for each channel, of which there is one (`ready`), the assembly reads a sum for each pixel, a
    // bias and a multiplier, and writes a byte for each pixel: the channels from `out` on, and for two
    // pixels those `stride` behind, which are all there (`ready`). It keeps all registers that a function
    // has to.
    unsafe {
        let job = Job {
            sums: ends.start,
            sums_end: ends.end,
            bias: requant.bias.as_ptr(),
            multipliers: requant.multipliers.as_ptr(),
            first,
            second: if PIXELS == 2 {
                first.add(stride)
            } else {
                first
            },
            zero_point: requant.zero_point.into(),
            lo: requant.lo.into(),
            hi: requant.hi.into(),
            shift: requant.shift.into(),
        };
        match (PIXELS, full) {
            (1, false) => tidbit_armv7m_finish_1_0(&raw const job),
            (1, true) => tidbit_armv7m_finish_1_1(&raw const job),
            (_, false) => tidbit_armv7m_finish_2_0(&raw const job),
            (_, true) => tidbit_armv7m_finish_2_1(&raw const job),
        }
    }
}
