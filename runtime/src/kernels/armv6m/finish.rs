//! Sums to int8, the product of 64 bits out of halves as in `scalar/high.rs`.

use core::arch::global_asm;

use crate::kernels::Requant;
use crate::kernels::small::{finish_plainly, ready};

/// What the assembly works on.
#[repr(C)]
struct Job {
    sums: *const i32,
    stride: usize,
    /// Half a unit, where halves are summed.
    half: i32,
    zero_point: i32,
    lo: i32,
    hi: i32,
    bias: *const [u8; 4],
    multipliers: *const [u8; 4],
    out: *mut i8,
    sums_end: *const i32,
}

// Registers: r3 and r4 halves of the multiplier, r6 sums, r7 output, r8 bias, r9 stride, r10 half a unit, r11 zero
// point, r12 and lr bounds. The stack has where bias, multipliers and output of the next channel lie, and the
// end of the sums.
global_asm!(
    ".macro tidbit_element",
    "ldm r6!, {{r0}}",
    "add r0, r8",
    "uxth r1, r0",
    "asrs r0, r0, #16",
    "mov r2, r1",
    "muls r2, r3, r2",
    "lsrs r2, r2, #16",
    "mov r5, r0",
    "muls r5, r3, r5",
    "adds r2, r2, r5",
    "add r2, r10",
    "muls r1, r4, r1",
    "muls r0, r4, r0",
    "uxth r5, r2",
    "adds r1, r1, r5",
    "asrs r1, r1, #16",
    "asrs r2, r2, #16",
    "adds r0, r0, r1",
    "adds r0, r0, r2",
    "add r0, r11",
    "cmp r0, r12",
    "bge 4f",
    "mov r0, r12",
    "4:",
    "cmp r0, lr",
    "ble 5f",
    "mov r0, lr",
    "5:",
    "strb r0, [r7]",
    ".endm",
    // `skip` sums of each channel are of no pixel.
    ".macro tidbit_finish pixels, skip",
    ".section .text.tidbit_armv6m_finish_\\pixels\\()_\\skip, \"ax\", %progbits",
    ".global tidbit_armv6m_finish_\\pixels\\()_\\skip",
    ".type tidbit_armv6m_finish_\\pixels\\()_\\skip, %function",
    ".thumb_func",
    "tidbit_armv6m_finish_\\pixels\\()_\\skip:",
    "push {{r4-r7, lr}}",
    "mov r4, r8",
    "mov r5, r9",
    "mov r6, r10",
    "mov r7, r11",
    "push {{r4-r7}}",
    "ldm r0!, {{r1-r6}}",
    "mov r9, r2",
    "mov r10, r3",
    "mov r11, r4",
    "mov r12, r5",
    "mov lr, r6",
    "mov r6, r1",
    "ldm r0, {{r0-r3}}",
    "push {{r0-r3}}",
    "2:",
    "pop {{r0-r2}}",
    "ldm r0!, {{r3}}",
    "ldm r1!, {{r4}}",
    "mov r7, r2",
    "adds r2, r2, #1",
    "push {{r0-r2}}",
    "mov r8, r3",
    "uxth r3, r4",
    "asrs r4, r4, #16",
    "tidbit_element",
    ".rept \\pixels - 1",
    "add r7, r9",
    "tidbit_element",
    ".endr",
    ".if \\skip",
    "adds r6, r6, #4 * \\skip",
    ".endif",
    "ldr r0, [sp, #12]",
    "cmp r6, r0",
    "beq 3f",
    "b 2b",
    "3:",
    "add sp, sp, #16",
    "pop {{r4-r7}}",
    "mov r8, r4",
    "mov r9, r5",
    "mov r10, r6",
    "mov r11, r7",
    "pop {{r4-r7, pc}}",
    ".size tidbit_armv6m_finish_\\pixels\\()_\\skip, . - tidbit_armv6m_finish_\\pixels\\()_\\skip",
    ".endm",
    "tidbit_finish 1, 0",
    "tidbit_finish 2, 0",
    "tidbit_finish 4, 0",
    "tidbit_finish 1, 3",
    "tidbit_finish 2, 2",
    "tidbit_finish 3, 1",
    ".purgem tidbit_finish",
    ".purgem tidbit_element",
);

unsafe extern "C" {
    fn tidbit_armv6m_finish_1_0(job: *const Job);
    fn tidbit_armv6m_finish_2_0(job: *const Job);
    fn tidbit_armv6m_finish_4_0(job: *const Job);
    fn tidbit_armv6m_finish_1_3(job: *const Job);
    fn tidbit_armv6m_finish_2_2(job: *const Job);
    fn tidbit_armv6m_finish_3_1(job: *const Job);
}

/// Sums to int8. The assembly reads whole words and knows no shift, as hardly any operator of a blob needs one.
pub fn finish<const PIXELS: usize>(
    sums: &[[i32; PIXELS]],
    requant: &Requant<'_>,
    out: &mut [i8],
    (stride, pixels): (usize, usize),
) {
    let words = [requant.bias.as_ptr(), requant.multipliers.as_ptr()];
    let aligned = words.iter().all(|word| word.cast::<u32>().is_aligned());
    let kernel = match (pixels, PIXELS) {
        (1, 1) => tidbit_armv6m_finish_1_0,
        (2, 2) => tidbit_armv6m_finish_2_0,
        (4, 4) => tidbit_armv6m_finish_4_0,
        (1, 4) => tidbit_armv6m_finish_1_3,
        (2, 4) => tidbit_armv6m_finish_2_2,
        (3, 4) => tidbit_armv6m_finish_3_1,
        _ => return finish_plainly::<i8, PIXELS>(sums, requant, out, (stride, pixels)),
    };
    let known = aligned && requant.shift == 0;
    if !known || !ready(sums.len(), requant, out, (stride, pixels)) {
        return finish_plainly::<i8, PIXELS>(sums, requant, out, (stride, pixels));
    }
    let ends = sums.as_flattened().as_ptr_range();
    let job = Job {
        sums: ends.start,
        stride,
        half: 1 << 15,
        zero_point: requant.zero_point.into(),
        lo: requant.lo.into(),
        hi: requant.hi.into(),
        bias: requant.bias.as_ptr(),
        multipliers: requant.multipliers.as_ptr(),
        out: out.as_mut_ptr(),
        sums_end: ends.end,
    };
    // SAFETY: for each channel, of which there is one (`ready`), the assembly reads `PIXELS` sums, by the name of
    // the kernel those of `pixels` and what it skips, and a bias and a multiplier, whole words at whole words
    // (`aligned`); it writes a byte for each of `pixels`: channel `n` of pixel `p` at `p * stride + n`, which
    // are all there (`ready`). It keeps all registers that a function has to.
    unsafe { kernel(&raw const job) }
}
