//! The inner loop: two pixels against four rows of weights.
//!
//! `x = a + b * 2^23` holds two activations (with 2^24, the least of both would leave 32 bits). A sum of 64
//! bits of products `x * w` is the sum of all `a * w` in its lowest 23 bits, signed, and that of all `b * w`
//! above, less one where the lower is negative. The lower sum fits as long as there are at most [`RUN`]
//! products: each is within 128 * 127.

use core::arch::global_asm;

use crate::kernels::small::{Tile, dots_plainly};

/// Most products of a sum: 256 * 128 * 127 < 2^22.
const RUN: usize = 256;
/// Rows of weights at a time.
const ROWS: usize = 4;

/// What the assembly works on; it moves `sums` on to `sums_end`.
#[repr(C)]
struct Job {
    patch: *const i8,
    weights: *const i8,
    /// Bytes from one row of weights to the next, and from the first patch to the second.
    k: usize,
    /// Products of a sum.
    run: usize,
    sums: *mut [i32; 2],
    sums_end: *mut [i32; 2],
}

// Registers: r0 patch, r1 and r3 weights of the first row and the third, r2 `k`, r4 to r11 four sums of 64
// bits. The stack has the end of the patch, the place in the loop where it begins so that a multiple of
// eight steps is left, and the job.
global_asm!(
    ".section .text.tidbit_armv7m_dots, \"ax\", %progbits",
    ".global tidbit_armv7m_dots",
    ".type tidbit_armv7m_dots, %function",
    ".thumb_func",
    ".balign 4",
    "tidbit_armv7m_dots:",
    "push {{r4-r11, lr}}",
    "sub sp, sp, #12",
    "str r0, [sp, #8]",
    "ldr r1, [r0, #4]",
    "ldr r2, [r0, #8]",
    "ldr r3, [r0, #12]",
    "ldr r4, [r0]",
    "add r4, r4, r3",
    "str r4, [sp]",
    "rsb r3, r3, #0",
    "and r3, r3, #7",
    "mov r4, #44",
    "mul r3, r3, r4",
    "adr r4, 3f",
    "add r3, r3, r4",
    "str r3, [sp, #4]",
    // Four rows of weights.
    "2:",
    "ldr r0, [sp, #8]",
    "ldr r0, [r0]",
    "ldr r12, [sp, #4]",
    "add r3, r1, r2, lsl #1",
    "movs r4, #0",
    "movs r5, #0",
    "movs r6, #0",
    "movs r7, #0",
    "mov r8, #0",
    "mov r9, #0",
    "mov r10, #0",
    "mov r11, #0",
    "mov pc, r12",
    ".balign 4",
    // Steps of 44 bytes each.
    "3:",
    ".rept 8",
    "ldrsb lr, [r0, r2]",
    "ldrsb r12, [r0], #1",
    "add r12, r12, lr, lsl #23",
    "ldrsb lr, [r1, r2]",
    "smlal r6, r7, r12, lr",
    "ldrsb lr, [r1], #1",
    "smlal r4, r5, r12, lr",
    "ldrsb lr, [r3, r2]",
    "smlal r10, r11, r12, lr",
    "ldrsb lr, [r3], #1",
    "smlal r8, r9, r12, lr",
    ".endr",
    "ldr r12, [sp]",
    "cmp r0, r12",
    "bne 3b",
    // Each sum of 64 bits to two of 32.
    ".macro tidbit_split low, high",
    "adds r12, \\low, #0x400000",
    "adc \\high, \\high, #0",
    "lsr r12, r12, #23",
    "orr \\high, r12, \\high, lsl #9",
    "sbfx \\low, \\low, #0, #23",
    ".endm",
    "tidbit_split r4, r5",
    "tidbit_split r6, r7",
    "tidbit_split r8, r9",
    "tidbit_split r10, r11",
    ".purgem tidbit_split",
    "ldr lr, [sp, #8]",
    "ldr r12, [lr, #16]",
    "stmia r12!, {{r4-r11}}",
    "str r12, [lr, #16]",
    "ldr lr, [lr, #20]",
    "add r1, r3, r2",
    "cmp r12, lr",
    "bne 2b",
    "add sp, sp, #12",
    "pop {{r4-r11, pc}}",
    ".size tidbit_armv7m_dots, . - tidbit_armv7m_dots",
);

unsafe extern "C" {
    fn tidbit_armv7m_dots(job: *mut Job);
}

/// The sums of a tile, two pixels whose patches lie side by side.
pub fn dots(tile: &Tile<'_, 2>, sums: &mut [[i32; 2]]) {
    let k = tile.k;
    if tile.places != [0, k] || !tile.fits(sums.len()) || k == 0 {
        return dots_plainly(tile, sums);
    }
    let mut weights = tile.weights;
    let (fours, rest) = sums.as_chunks_mut::<ROWS>();
    if k <= RUN {
        let (used, behind) = weights.split_at(
            fours
                .len()
                .wrapping_mul(ROWS)
                .wrapping_mul(k)
                .min(weights.len()),
        );
        run(tile.patches, used, (k, 0, k), fours.as_flattened_mut());
        weights = behind;
    } else {
        for four in fours {
            *four = [[0; 2]; ROWS];
            for start in (0..k).step_by(RUN) {
                let mut part = [[0; 2]; ROWS];
                let length = k.wrapping_sub(start).min(RUN);
                run(tile.patches, weights, (k, start, length), &mut part);
                for (sum, part) in four.as_flattened_mut().iter_mut().zip(part.as_flattened()) {
                    *sum = sum.wrapping_add(*part);
                }
            }
            weights = weights.get(ROWS.wrapping_mul(k)..).unwrap_or_default();
        }
    }
    dots_plainly(&Tile { weights, ..*tile }, rest);
}

/// Sums of the products from `start` on, `length` of them; of more than four rows only where that is all.
fn run(
    patches: &[i8],
    weights: &[i8],
    (k, start, length): (usize, usize, usize),
    sums: &mut [[i32; 2]],
) {
    let rows = sums.len();
    let all = start == 0 && length == k;
    let whole = rows > 0 && rows.is_multiple_of(ROWS) && (all || rows == ROWS);
    let end = start.checked_add(length);
    let within = length > 0 && length <= RUN && end.is_some_and(|end| end <= k);
    let there = k.checked_mul(2).is_some_and(|end| end <= patches.len())
        && rows.checked_mul(k).is_some_and(|end| end <= weights.len());
    if !(whole && within && there) {
        return;
    }
    let ends = sums.as_mut_ptr_range();
    // SAFETY: both patches are `k` bytes from the first of `patches` on, one behind the other, and the rows
    // of weights `k` bytes each, as many as there are sums (`there`). The assembly reads bytes `start` to
    // `start + length` of both patches and of every row, which lie within their `k` bytes (`within`): after
    // four rows it goes on with the four behind, at `4 * k`, which is so only where a row was read from its
    // first byte to its last or there are no more than four (`whole`). It writes the sums from the first to
    // the last, four at a time, which is all of them (`whole`). It keeps all registers that a function has to.
    unsafe {
        let mut job = Job {
            patch: patches.as_ptr().add(start),
            weights: weights.as_ptr().add(start),
            k,
            run: length,
            sums: ends.start,
            sums_end: ends.end,
        };
        tidbit_armv7m_dots(&raw mut job);
    }
}
