//! Tiles of eight pixels by eight channels with `sdot`: four products for each of four channels at once.
//!
//! `ld2` sorts a step of weights by words as it loads it: the first four elements of four channels in
//! one register, the last four in another. A word of a patch meets them by lane. 16 elements of eight
//! pixels take 78 instructions for 1024 products.

use core::arch::aarch64::{int16x8_t, vdupq_n_s16};
use core::arch::asm;

use super::gemm::{Block, Tile};

/// With `sdot`.
pub(super) struct Dot;

/// A function for so many pixels: for each the name of the pointer
/// before, and names for its own, its accumulators and
/// the register of its elements.
macro_rules! tile {
    ($name:ident, $count:literal, $(($before:ident, $from:ident, $lo:ident, $hi:ident, $x:ident)),*) => {
        /// Requantized, less the clamp.
        ///
        /// # Safety
        /// As of [`Tile::tile`].
        #[inline(always)]
        unsafe fn $name<const WIDE: bool>(block: &Block<WIDE>, from: *const i8) -> [int16x8_t; $count] {
            // SAFETY: NEON is everywhere. Of each patch all steps are read and, where there is a rest,
            // its last eight elements; of the weights all steps, 64 bytes each; of the rest 64 bytes;
            // of biases and multipliers 32.
            unsafe {
                let zero = vdupq_n_s16(0);
                $(let mut $lo = zero;)*
                asm!(
                    ".arch_extension dotprod",
                    $(concat!("add {", stringify!($from), "}, {", stringify!($before), "}, {pitch}"),)*
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
                    "ldp q24, q25, [{multipliers}]",
                    "dup v26.8h, {zero:w}",
                    "cbz {shift:w}, 6f",
                    "dup v27.4s, {shift:w}",
                    $(concat!("sshl {", stringify!($lo), ":v}.4s, {", stringify!($lo), ":v}.4s, v27.4s"),)*
                    $(concat!("sshl {", stringify!($hi), ":v}.4s, {", stringify!($hi), ":v}.4s, v27.4s"),)*
                    "6:",
                    $(concat!("sqdmulh {", stringify!($lo), ":v}.4s, {", stringify!($lo), ":v}.4s, v24.4s"),)*
                    $(concat!("sqdmulh {", stringify!($hi), ":v}.4s, {", stringify!($hi), ":v}.4s, v25.4s"),)*
                    $(concat!("sqrshrn {", stringify!($lo), ":v}.4h, {", stringify!($lo), ":v}.4s, #1"),)*
                    $(concat!("sqrshrn2 {", stringify!($lo), ":v}.8h, {", stringify!($hi), ":v}.4s, #1"),)*
                    $(concat!("sqadd {", stringify!($lo), ":v}.8h, {", stringify!($lo), ":v}.8h, v26.8h"),)*
                    before = in(reg) from.wrapping_sub(block.pitch),
                    pitch = in(reg) block.pitch,
                    $($from = out(reg) _,)*
                    $($lo = out(vreg) $lo, $hi = out(vreg) _, $x = out(vreg) _,)*
                    bias = in(reg) block.bias.as_ptr(),
                    multipliers = in(reg) block.multipliers.as_ptr(),
                    zero = in(reg) block.finish.zero_point,
                    shift = in(reg) block.finish.shift,
                    weights = inout(reg) block.weights => _,
                    pairs = inout(reg) block.steps >> 1 => _,
                    steps = in(reg) block.steps,
                    rest = inout(reg) block.rest => _,
                    back = in(reg) block.back,
                    out("v24") _, out("v25") _, out("v26") _, out("v27") _,
                    out("v28") _, out("v29") _, out("v30") _, out("v31") _,
                    options(readonly, nostack)
                );
                [$($lo),*]
            }
        }
    };
}

tile!(
    of_8,
    8,
    (before, f0, a0, b0, x0),
    (f0, f1, a1, b1, x1),
    (f1, f2, a2, b2, x2),
    (f2, f3, a3, b3, x3),
    (f3, f4, a4, b4, x4),
    (f4, f5, a5, b5, x5),
    (f5, f6, a6, b6, x6),
    (f6, f7, a7, b7, x7)
);
tile!(
    of_4,
    4,
    (before, f0, a0, b0, x0),
    (f0, f1, a1, b1, x1),
    (f1, f2, a2, b2, x2),
    (f2, f3, a3, b3, x3)
);
tile!(of_2, 2, (before, f0, a0, b0, x0), (f0, f1, a1, b1, x1));
tile!(of_1, 1, (before, f0, a0, b0, x0));

/// Stores some pixels.
///
/// # Safety
/// As of [`Tile::tile`].
#[inline(always)]
unsafe fn store<const WIDE: bool, const N: usize>(
    block: &Block<WIDE>,
    pixels: [int16x8_t; N],
    out: *mut i8,
) -> usize {
    // SAFETY: a pixel of the output has room for the block's eight channels.
    unsafe { block.finish.store_pixels(out, block.stride, pixels) };
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
                8.. => store(block, of_8(block, patches), out),
                4.. => store(block, of_4(block, patches), out),
                2.. => store(block, of_2(block, patches), out),
                _ => store(block, of_1(block, patches), out),
            }
        }
    }
}
