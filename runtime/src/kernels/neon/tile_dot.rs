//! Tiles of eight pixels by eight channels with `sdot`: four products for each of four channels at once.
//!
//! `ld2` sorts a step of weights by words as it loads it: the first four elements of four channels in
//! one register, the last four in another. A word of a patch meets them by lane. 16 elements of eight
//! pixels take 78 instructions for 1024 products. A loop makes one tile after the other and leaves
//! nothing to the compiler, which would need the registers that are all taken.

use core::arch::asm;

use super::gemm::{Block, Cursor, Tile};
use super::stores::{one, two, wide};

/// With `sdot`.
pub(super) struct Dot;

/// The loop over tiles of some pixels. For each pixel the name of the pointer before and names for its
/// own, for its accumulators and the register of its elements; then how accumulators are stored.
macro_rules! tiles {
    ($block:expr, $tiles:expr, $cursor:expr, $last:literal,
        [$(($before:ident, $from:ident, $lo:ident, $hi:ident, $x:ident)),*], [$($store:expr),*]) => {{
        let (block, cursor): (&Block, Cursor) = ($block, $cursor);
        let (before, out);
        // SAFETY: the caller's promise. Of each patch all steps are read and, where there is a rest, its
        // last eight elements; of the weights all steps, 64 bytes each; of the rest 64 bytes.
        unsafe {
            asm!(
                ".arch_extension dotprod",
                "2:",
                $(concat!("add {", stringify!($from), "}, {", stringify!($before), "}, {pitch}"),)*
                "mov {w}, {weights}",
                "lsr {pairs}, {steps}, #1",
                concat!("mov {before}, {", $last, "}"),
                $(concat!("ldp {", stringify!($lo), ":q}, {", stringify!($hi), ":q}, [{words}]"),)*
                "cbz {pairs}, 4f",
                "3:",
                "ld2 {{v24.4s, v25.4s}}, [{w}], #32",
                $(concat!("ldr {", stringify!($x), ":q}, [{", stringify!($from), "}], #16"),)*
                "ld2 {{v26.4s, v27.4s}}, [{w}], #32",
                $(concat!("sdot {", stringify!($lo), ":v}.4s, v24.16b, {", stringify!($x), ":v}.4b[0]"),)*
                "ld2 {{v28.4s, v29.4s}}, [{w}], #32",
                $(concat!("sdot {", stringify!($hi), ":v}.4s, v26.16b, {", stringify!($x), ":v}.4b[0]"),)*
                "ld2 {{v30.4s, v31.4s}}, [{w}], #32",
                $(concat!("sdot {", stringify!($lo), ":v}.4s, v25.16b, {", stringify!($x), ":v}.4b[1]"),)*
                "subs {pairs}, {pairs}, #1",
                $(concat!("sdot {", stringify!($hi), ":v}.4s, v27.16b, {", stringify!($x), ":v}.4b[1]"),)*
                $(concat!("sdot {", stringify!($lo), ":v}.4s, v28.16b, {", stringify!($x), ":v}.4b[2]"),)*
                $(concat!("sdot {", stringify!($hi), ":v}.4s, v30.16b, {", stringify!($x), ":v}.4b[2]"),)*
                $(concat!("sdot {", stringify!($lo), ":v}.4s, v29.16b, {", stringify!($x), ":v}.4b[3]"),)*
                $(concat!("sdot {", stringify!($hi), ":v}.4s, v31.16b, {", stringify!($x), ":v}.4b[3]"),)*
                "b.ne 3b",
                "4:",
                "tbz {steps}, #0, 5f",
                $(concat!("ldr {", stringify!($x), ":d}, [{", stringify!($from), "}], #8"),)*
                "ld2 {{v24.4s, v25.4s}}, [{w}], #32",
                "ld2 {{v26.4s, v27.4s}}, [{w}]",
                $(concat!("sdot {", stringify!($lo), ":v}.4s, v24.16b, {", stringify!($x), ":v}.4b[0]"),)*
                $(concat!("sdot {", stringify!($hi), ":v}.4s, v26.16b, {", stringify!($x), ":v}.4b[0]"),)*
                $(concat!("sdot {", stringify!($lo), ":v}.4s, v25.16b, {", stringify!($x), ":v}.4b[1]"),)*
                $(concat!("sdot {", stringify!($hi), ":v}.4s, v27.16b, {", stringify!($x), ":v}.4b[1]"),)*
                "5:",
                "cbz {rest}, 6f",
                $(concat!("ldr {", stringify!($x), ":d}, [{", stringify!($from), "}, {back}]"),)*
                "add {w}, {rest}, #32",
                "ld2 {{v24.4s, v25.4s}}, [{rest}]",
                "ld2 {{v26.4s, v27.4s}}, [{w}]",
                $(concat!("sdot {", stringify!($lo), ":v}.4s, v24.16b, {", stringify!($x), ":v}.4b[0]"),)*
                $(concat!("sdot {", stringify!($hi), ":v}.4s, v26.16b, {", stringify!($x), ":v}.4b[0]"),)*
                $(concat!("sdot {", stringify!($lo), ":v}.4s, v25.16b, {", stringify!($x), ":v}.4b[1]"),)*
                $(concat!("sdot {", stringify!($hi), ":v}.4s, v27.16b, {", stringify!($x), ":v}.4b[1]"),)*
                "6:",
                "ldp q24, q25, [{words}, #64]",
                "ldp q28, q29, [{words}, #128]",
                "ldp q26, q27, [{words}, #160]",
                "cbz {shift:w}, 7f",
                $(concat!("sshl {", stringify!($lo), ":v}.4s, {", stringify!($lo), ":v}.4s, v29.4s"),)*
                $(concat!("sshl {", stringify!($hi), ":v}.4s, {", stringify!($hi), ":v}.4s, v29.4s"),)*
                "7:",
                $(concat!("sqdmulh {", stringify!($lo), ":v}.4s, {", stringify!($lo), ":v}.4s, v24.4s"),)*
                $(concat!("sqdmulh {", stringify!($hi), ":v}.4s, {", stringify!($hi), ":v}.4s, v25.4s"),)*
                $(concat!("sqrshrn {", stringify!($lo), ":v}.4h, {", stringify!($lo), ":v}.4s, #1"),)*
                $(concat!("sqrshrn2 {", stringify!($lo), ":v}.8h, {", stringify!($hi), ":v}.4s, #1"),)*
                $(concat!("sqadd {", stringify!($lo), ":v}.8h, {", stringify!($lo), ":v}.8h, v28.8h"),)*
                $($store,)*
                "subs {tiles}, {tiles}, #1",
                "b.ne 2b",
                $($from = out(reg) _, $lo = out(vreg) _, $hi = out(vreg) _, $x = out(vreg) _,)*
                before = inout(reg) cursor.before => before,
                out = inout(reg) cursor.out => out,
                tiles = inout(reg) $tiles => _,
                pitch = in(reg) block.pitch,
                stride = in(reg) block.stride,
                weights = in(reg) block.weights,
                w = out(reg) _,
                steps = in(reg) block.steps,
                pairs = out(reg) _,
                rest = in(reg) block.rest,
                back = in(reg) block.back,
                words = in(reg) &raw const block.words,
                shift = in(reg) block.shift,
                out("v24") _, out("v25") _, out("v26") _, out("v27") _,
                out("v28") _, out("v29") _, out("v30") _, out("v31") _,
                options(nostack)
            );
        }
        Cursor { before, out }
    }};
}

/// The loop for so many pixels.
macro_rules! of {
    ($name:ident, $last:literal, $pixels:tt, $bytes:tt, $wide:tt) => {
        /// # Safety
        /// As of [`Tile::pixels`], for at least one tile.
        #[inline(always)]
        unsafe fn $name<const WIDE: bool>(block: &Block, tiles: usize, cursor: Cursor) -> Cursor {
            if WIDE {
                tiles!(block, tiles, cursor, $last, $pixels, $wide)
            } else {
                tiles!(block, tiles, cursor, $last, $pixels, $bytes)
            }
        }
    };
}

of!(
    of_8,
    "f7",
    [
        (before, f0, a0, b0, x0),
        (f0, f1, a1, b1, x1),
        (f1, f2, a2, b2, x2),
        (f2, f3, a3, b3, x3),
        (f3, f4, a4, b4, x4),
        (f4, f5, a5, b5, x5),
        (f5, f6, a6, b6, x6),
        (f6, f7, a7, b7, x7)
    ],
    [two!(a0, a1), two!(a2, a3), two!(a4, a5), two!(a6, a7)],
    [
        wide!(a0),
        wide!(a1),
        wide!(a2),
        wide!(a3),
        wide!(a4),
        wide!(a5),
        wide!(a6),
        wide!(a7)
    ]
);
of!(
    of_4,
    "f3",
    [
        (before, f0, a0, b0, x0),
        (f0, f1, a1, b1, x1),
        (f1, f2, a2, b2, x2),
        (f2, f3, a3, b3, x3)
    ],
    [two!(a0, a1), two!(a2, a3)],
    [wide!(a0), wide!(a1), wide!(a2), wide!(a3)]
);
of!(
    of_2,
    "f1",
    [(before, f0, a0, b0, x0), (f0, f1, a1, b1, x1)],
    [two!(a0, a1)],
    [wide!(a0), wide!(a1)]
);
of!(
    of_1,
    "f0",
    [(before, f0, a0, b0, x0)],
    [one!(a0)],
    [wide!(a0)]
);

impl Tile for Dot {
    #[inline(always)]
    unsafe fn pixels<const WIDE: bool>(block: &Block, count: usize, mut cursor: Cursor) {
        // SAFETY: `count` pixels in all; the rest is the caller's promise.
        unsafe {
            if count >= 8 {
                cursor = of_8::<WIDE>(block, count / 8, cursor);
            }
            if count & 4 != 0 {
                cursor = of_4::<WIDE>(block, 1, cursor);
            }
            if count & 2 != 0 {
                cursor = of_2::<WIDE>(block, 1, cursor);
            }
            if count & 1 != 0 {
                of_1::<WIDE>(block, 1, cursor);
            }
        }
    }
}
