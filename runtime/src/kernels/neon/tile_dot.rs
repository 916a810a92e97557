//! Tiles of eight pixels by eight channels with `sdot`: four products for each of four channels at once.
//!
//! `ld2` sorts a step of weights by words as it loads it: the first four elements of four channels in
//! one register, the last four in another. A word of a patch meets them by lane. 16 elements of eight
//! pixels take 78 instructions for 1024 products.

use core::arch::aarch64::vdupq_n_s32;
use core::arch::asm;

use super::finish::{Eight, eight};
use super::gemm::{Block, Tile};

/// With `sdot`.
pub(super) struct Dot;

/// A function for so many pixels: for each its number, and names for its pointer, its accumulators and
/// the register of its elements.
macro_rules! tile {
    ($name:ident, $count:literal, $(($p:literal, $from:ident, $lo:ident, $hi:ident, $x:ident)),*) => {
        /// Accumulators, biases included.
        ///
        /// # Safety
        /// As of [`Tile::tile`].
        #[inline(always)]
        unsafe fn $name<const WIDE: bool>(block: &Block<WIDE>, from: *const i8) -> [Eight; $count] {
            // SAFETY: NEON is everywhere. Of each patch all steps are read and, where there is a rest,
            // its last eight elements; of the weights all steps, 64 bytes each; of the rest 64 bytes;
            // of the biases 32.
            unsafe {
                let zero = vdupq_n_s32(0);
                $(let [mut $lo, mut $hi] = [zero; 2];)*
                asm!(
                    ".arch_extension dotprod",
                    $(concat!("ldp {", stringify!($lo), ":q}, {", stringify!($hi), ":q}, [{bias}]"),)*
                    "cbz {pairs}, 3f",
                    "2:",
                    "ld2 {{v24.4s, v25.4s}}, [{weights}], #32",
                    $(concat!("ldr {", stringify!($x), ":q}, [{", stringify!($from), "}], #16"),)*
                    "ld2 {{v26.4s, v27.4s}}, [{weights}], #32",
                    $(concat!("sdot {", stringify!($lo), ":v}.4s, v24.16b, {", stringify!($x), ":v}.4b[0]"),)*
                    "ld2 {{v28.4s, v29.4s}}, [{weights}], #32",
                    $(concat!("sdot {", stringify!($hi), ":v}.4s, v26.16b, {", stringify!($x), ":v}.4b[0]"),)*
                    "ld2 {{v30.4s, v31.4s}}, [{weights}], #32",
                    $(concat!("sdot {", stringify!($lo), ":v}.4s, v25.16b, {", stringify!($x), ":v}.4b[1]"),)*
                    "subs {pairs}, {pairs}, #1",
                    $(concat!("sdot {", stringify!($hi), ":v}.4s, v27.16b, {", stringify!($x), ":v}.4b[1]"),)*
                    $(concat!("sdot {", stringify!($lo), ":v}.4s, v28.16b, {", stringify!($x), ":v}.4b[2]"),)*
                    $(concat!("sdot {", stringify!($hi), ":v}.4s, v30.16b, {", stringify!($x), ":v}.4b[2]"),)*
                    $(concat!("sdot {", stringify!($lo), ":v}.4s, v29.16b, {", stringify!($x), ":v}.4b[3]"),)*
                    $(concat!("sdot {", stringify!($hi), ":v}.4s, v31.16b, {", stringify!($x), ":v}.4b[3]"),)*
                    "b.ne 2b",
                    "3:",
                    "tbz {steps}, #0, 4f",
                    $(concat!("ldr {", stringify!($x), ":d}, [{", stringify!($from), "}], #8"),)*
                    "ld2 {{v24.4s, v25.4s}}, [{weights}], #32",
                    "ld2 {{v26.4s, v27.4s}}, [{weights}]",
                    $(concat!("sdot {", stringify!($lo), ":v}.4s, v24.16b, {", stringify!($x), ":v}.4b[0]"),)*
                    $(concat!("sdot {", stringify!($hi), ":v}.4s, v26.16b, {", stringify!($x), ":v}.4b[0]"),)*
                    $(concat!("sdot {", stringify!($lo), ":v}.4s, v25.16b, {", stringify!($x), ":v}.4b[1]"),)*
                    $(concat!("sdot {", stringify!($hi), ":v}.4s, v27.16b, {", stringify!($x), ":v}.4b[1]"),)*
                    "4:",
                    "cbz {rest}, 5f",
                    $(concat!("ldr {", stringify!($x), ":d}, [{", stringify!($from), "}, {back}]"),)*
                    "ld2 {{v24.4s, v25.4s}}, [{rest}], #32",
                    "ld2 {{v26.4s, v27.4s}}, [{rest}]",
                    $(concat!("sdot {", stringify!($lo), ":v}.4s, v24.16b, {", stringify!($x), ":v}.4b[0]"),)*
                    $(concat!("sdot {", stringify!($hi), ":v}.4s, v26.16b, {", stringify!($x), ":v}.4b[0]"),)*
                    $(concat!("sdot {", stringify!($lo), ":v}.4s, v25.16b, {", stringify!($x), ":v}.4b[1]"),)*
                    $(concat!("sdot {", stringify!($hi), ":v}.4s, v27.16b, {", stringify!($x), ":v}.4b[1]"),)*
                    "5:",
                    $($from = inout(reg) from.wrapping_add(block.pitch.wrapping_mul($p)) => _,)*
                    $($lo = out(vreg) $lo, $hi = out(vreg) $hi, $x = out(vreg) _,)*
                    bias = in(reg) block.bias,
                    weights = inout(reg) block.weights => _,
                    pairs = inout(reg) block.steps >> 1 => _,
                    steps = in(reg) block.steps,
                    rest = inout(reg) block.rest => _,
                    back = in(reg) block.back,
                    out("v24") _, out("v25") _, out("v26") _, out("v27") _,
                    out("v28") _, out("v29") _, out("v30") _, out("v31") _,
                    options(readonly, nostack)
                );
                [$([$lo, $hi]),*]
            }
        }
    };
}

tile!(
    of_8,
    8,
    (0, f0, a0, b0, x0),
    (1, f1, a1, b1, x1),
    (2, f2, a2, b2, x2),
    (3, f3, a3, b3, x3),
    (4, f4, a4, b4, x4),
    (5, f5, a5, b5, x5),
    (6, f6, a6, b6, x6),
    (7, f7, a7, b7, x7)
);
tile!(
    of_4,
    4,
    (0, f0, a0, b0, x0),
    (1, f1, a1, b1, x1),
    (2, f2, a2, b2, x2),
    (3, f3, a3, b3, x3)
);
tile!(of_2, 2, (0, f0, a0, b0, x0), (1, f1, a1, b1, x1));
tile!(of_1, 1, (0, f0, a0, b0, x0));

/// Requantizes and stores some pixels.
///
/// # Safety
/// As of [`Tile::tile`].
#[inline(always)]
unsafe fn finish<const WIDE: bool, const N: usize>(
    block: &Block<WIDE>,
    pixels: [Eight; N],
    out: *mut i8,
) -> usize {
    // SAFETY: a pixel of the output has room for the block's eight channels.
    unsafe {
        let multipliers = eight(block.multipliers);
        let all = pixels.map(|acc| block.finish.narrow(acc, multipliers));
        let place = |p: usize| out.wrapping_add(block.stride.wrapping_mul(p));
        let (twos, ones) = all.as_chunks::<2>();
        for (p, &values) in twos.iter().enumerate() {
            let p = p.wrapping_mul(2);
            block.finish.store_two([place(p), place(p.wrapping_add(1))], values);
        }
        if let &[last] = ones {
            block.finish.store(place(N.wrapping_sub(1)), last);
        }
    }
    N
}

impl Tile for Dot {
    #[inline(always)]
    unsafe fn tile<const WIDE: bool>(
        block: &Block<WIDE>,
        count: usize,
        patches: *const i8,
        out: *mut i8,
    ) -> usize {
        // SAFETY: no more pixels than `count`; the rest is the caller's promise.
        unsafe {
            match count {
                8.. => finish(block, of_8(block, patches), out),
                4.. => finish(block, of_4(block, patches), out),
                2.. => finish(block, of_2(block, patches), out),
                _ => finish(block, of_1(block, patches), out),
            }
        }
    }
}
