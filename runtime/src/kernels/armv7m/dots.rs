//! The inner loop: pairs of activations of two pixels against four rows of weights.
//!
//! `x = a + b * 2^23` holds two activations (with 2^24, the least of both would leave 32 bits). A sum of 64
//! bits of products `x * w` is the sum of all `a * w` in its lowest 23 bits, signed, and that of all `b * w`
//! above, less one where the lower is negative. The lower sum fits as long as there are at most 258
//! products, each within 128 * 127; there are no more than [`RUN`].

use core::arch::global_asm;
use core::mem::MaybeUninit;
use core::ops::Range;

use crate::kernels::small::{Dots, Tile, dots_plainly};

/// Most products of a sum.
const RUN: usize = 128;
/// Rows of weights at a time.
const ROWS: usize = 4;
/// Rows whose sums are added to others at a time.
const ADDED: usize = 16;

/// What the assembly works on; it moves `sums` on to `sums_end`.
#[repr(C)]
struct Job {
    pairs: *const MaybeUninit<i32>,
    weights: *const i8,
    /// Bytes from one row of weights to the next.
    k: usize,
    pairs_end: *const MaybeUninit<i32>,
    sums: *mut [i32; 2],
    sums_end: *mut [i32; 2],
    /// Bytes from the end of what is read of a row to the beginning of that in the next but one.
    skip: usize,
    /// How many pairs there are.
    run: usize,
}

// Registers: r0 pairs, r1 and r3 weights of the first row and the third, r2 `k`, r4 to r11 four sums of 64 bits.
// The stack has the end of the pairs, the place in the loop where it begins so that a multiple of eight steps
// is left, and the job.
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
    "str r3, [sp]",
    "ldr r3, [r0, #28]",
    "rsb r3, r3, #0",
    "and r3, r3, #7",
    "mov r4, #36",
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
    // Steps of 36 bytes each.
    "3:",
    ".rept 8",
    "ldr r12, [r0], #4",
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
    "ldr r1, [lr, #24]",
    "add r1, r1, r3",
    "ldr lr, [lr, #20]",
    "cmp r12, lr",
    "bne 2b",
    "add sp, sp, #12",
    "pop {{r4-r11, pc}}",
    ".size tidbit_armv7m_dots, . - tidbit_armv7m_dots",
);

// Makes pairs: first patch, second patch, pairs, how many, at least one.
global_asm!(
    ".macro tidbit_make_pair",
    "ldrsb r12, [r0], #1",
    "ldrsb lr, [r1], #1",
    "add r12, r12, lr, lsl #23",
    "str r12, [r2], #4",
    ".endm",
    ".section .text.tidbit_armv7m_pairs, \"ax\", %progbits",
    ".global tidbit_armv7m_pairs",
    ".type tidbit_armv7m_pairs, %function",
    ".thumb_func",
    "tidbit_armv7m_pairs:",
    "push {{r4, lr}}",
    "ands r4, r3, #3",
    "beq 3f",
    "2:",
    "tidbit_make_pair",
    "subs r4, r4, #1",
    "bne 2b",
    "3:",
    "lsrs r3, r3, #2",
    "beq 5f",
    "4:",
    ".rept 4",
    "tidbit_make_pair",
    ".endr",
    "subs r3, r3, #1",
    "bne 4b",
    "5:",
    "pop {{r4, pc}}",
    ".size tidbit_armv7m_pairs, . - tidbit_armv7m_pairs",
    ".purgem tidbit_make_pair",
);

unsafe extern "C" {
    fn tidbit_armv7m_dots(job: *mut Job);
    fn tidbit_armv7m_pairs(first: *const i8, second: *const i8, pairs: *mut i32, count: usize);
}

/// The loop for two pixels.
pub struct Pairs;

/// Pairs of activations.
pub struct Ready {
    pairs: [MaybeUninit<i32>; RUN],
    /// How many of them are written.
    count: usize,
}

impl Ready {
    /// Makes pairs of the elements of both patches in a range.
    fn make(&mut self, tile: &Tile<'_, 2>, range: Range<usize>) {
        let [first, second] = tile.places.map(|place| {
            let patch = tile.patches.get(place..).unwrap_or_default();
            patch.get(range.clone()).unwrap_or_default()
        });
        self.count = first.len().min(second.len()).min(RUN);
        if self.count == 0 {
            return;
        }
        let pairs = self.pairs.as_mut_ptr().cast();
        // SAFETY: the assembly reads `count` bytes of each patch, which has as many, and writes as many pairs,
        // for which there is place; it is not none. It keeps all registers that a function has to.
        unsafe { tidbit_armv7m_pairs(first.as_ptr(), second.as_ptr(), pairs, self.count) }
    }

    /// Those that are written.
    fn pairs(&self) -> &[MaybeUninit<i32>] {
        self.pairs.get(..self.count).unwrap_or_default()
    }
}

impl Dots<2> for Pairs {
    type Ready = Ready;
    const PLACE: Ready = Ready {
        pairs: [const { MaybeUninit::uninit() }; RUN],
        count: 0,
    };
    const FULL: bool = true;

    fn prepare(tile: &Tile<'_, 2>, ready: &mut Ready) {
        ready.make(tile, 0..tile.k.min(RUN));
    }

    fn dots(tile: &Tile<'_, 2>, ready: &mut Ready, sums: &mut [[i32; 2]]) {
        let (fours, rest) = sums.as_chunks_mut::<ROWS>();
        let fours = fours.as_flattened_mut();
        if tile.k <= RUN {
            multiply(tile, 0, ready, fours);
        } else {
            by_runs(tile, ready, fours);
        }
        if !rest.is_empty() {
            let whole = fours.len().wrapping_mul(tile.k);
            let weights = tile.weights.get(whole..).unwrap_or_default();
            dots_plainly(&Tile { weights, ..*tile }, rest);
        }
    }
}

/// The sums of patches that are longer than a sum may be; few are, so the others do not pay for its stack.
#[inline(never)]
fn by_runs(tile: &Tile<'_, 2>, ready: &mut Ready, sums: &mut [[i32; 2]]) {
    sums.fill([0; 2]);
    for start in (0..tile.k).step_by(RUN) {
        ready.make(tile, start..tile.k.min(start.wrapping_add(RUN)));
        let mut weights = tile.weights;
        for sums in sums.chunks_mut(ADDED) {
            let mut more = [[0; 2]; ADDED];
            if let Some(more) = more.get_mut(..sums.len()) {
                multiply(&Tile { weights, ..*tile }, start, ready, more);
            }
            for (sum, more) in sums.as_flattened_mut().iter_mut().zip(more.as_flattened()) {
                *sum = sum.wrapping_add(*more);
            }
            let done = sums.len().wrapping_mul(tile.k);
            weights = weights.get(done..).unwrap_or_default();
        }
    }
}

/// The sums of the products of pairs with the weights from element `start` of each row on.
#[inline(always)]
fn multiply(tile: &Tile<'_, 2>, start: usize, ready: &Ready, sums: &mut [[i32; 2]]) {
    let pairs = ready.pairs();
    let (run, rows) = (pairs.len(), sums.len());
    let end = start.checked_add(run);
    let within = run > 0 && run <= RUN && end.is_some_and(|end| end <= tile.k);
    if !within || rows == 0 || !rows.is_multiple_of(ROWS) || !tile.fits(rows) {
        return;
    }
    let (read, ends) = (pairs.as_ptr_range(), sums.as_mut_ptr_range());
    // SAFETY: there are as many rows of weights, `k` bytes each, as there are sums (`fits`), a multiple of
    // four and not none. Of four rows, the assembly reads the bytes from `start` on, one for each pair, of
    // which there is one, and these lie within their rows (`within`). `skip` and `k` lead it from the end of
    // what was read of the third row to `start` in the next but one, which is the first of the next four. It
    // reads the pairs, all written (`Ready`), and writes four sums for four rows. It keeps all registers
    // that a function has to.
    unsafe {
        let mut job = Job {
            pairs: read.start,
            weights: tile.weights.as_ptr().add(start),
            k: tile.k,
            pairs_end: read.end,
            sums: ends.start,
            sums_end: ends.end,
            skip: tile.k.wrapping_mul(2).wrapping_sub(run),
            run,
        };
        tidbit_armv7m_dots(&raw mut job);
    }
}
