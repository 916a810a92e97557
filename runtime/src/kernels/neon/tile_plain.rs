//! Tiles of two pixels by eight channels with `smull` and `sadalp`: for cores with plain NEON.
//!
//! Products of int8 fit 16 bits, and so do two of them, since no weight is -128: one element of a step
//! and one of the next are added up in 16 bits, and pairs of such sums go to 32 bits at once. Each
//! accumulator belongs to one output; its four parts, the bias in the first of them, are added up at
//! the end. 16 elements of two pixels take 58 instructions for 256 products.

use core::arch::asm;

use super::gemm::{Block, Cursor, Tile};
use super::stores::{one, two, wide};

/// With what every AArch64 core has.
pub(super) struct Plain;

/// Two channels of a pixel: products of two steps. A register of weights holds one channel in its lower
/// half and the next in its upper half, the elements of a patch stand in both.
macro_rules! two_steps {
    ($a:ident, $b:ident, $x:ident, $y:ident, $w:literal, $v:literal) => {
        concat!(
            "smull v16.8h, v",
            $w,
            ".8b, {",
            stringify!($x),
            ":v}.8b\n",
            "smull2 v17.8h, v",
            $w,
            ".16b, {",
            stringify!($x),
            ":v}.16b\n",
            "smlal v16.8h, v",
            $v,
            ".8b, {",
            stringify!($y),
            ":v}.8b\n",
            "smlal2 v17.8h, v",
            $v,
            ".16b, {",
            stringify!($y),
            ":v}.16b\n",
            "sadalp {",
            stringify!($a),
            ":v}.4s, v16.8h\n",
            "sadalp {",
            stringify!($b),
            ":v}.4s, v17.8h\n",
        )
    };
}

/// As `two_steps`, of one step.
macro_rules! one_step {
    ($a:ident, $b:ident, $x:ident, $w:literal) => {
        concat!(
            "smull v16.8h, v",
            $w,
            ".8b, {",
            stringify!($x),
            ":v}.8b\n",
            "smull2 v17.8h, v",
            $w,
            ".16b, {",
            stringify!($x),
            ":v}.16b\n",
            "sadalp {",
            stringify!($a),
            ":v}.4s, v16.8h\n",
            "sadalp {",
            stringify!($b),
            ":v}.4s, v17.8h\n",
        )
    };
}

/// The sums of four accumulators, in the first of them.
macro_rules! add_up {
    ($a:ident, $b:ident, $c:ident, $d:ident) => {
        concat!(
            "addp {",
            stringify!($a),
            ":v}.4s, {",
            stringify!($a),
            ":v}.4s, {",
            stringify!($b),
            ":v}.4s\n",
            "addp {",
            stringify!($c),
            ":v}.4s, {",
            stringify!($c),
            ":v}.4s, {",
            stringify!($d),
            ":v}.4s\n",
            "addp {",
            stringify!($a),
            ":v}.4s, {",
            stringify!($a),
            ":v}.4s, {",
            stringify!($c),
            ":v}.4s\n",
        )
    };
}

/// The loop over tiles of some pixels. For each pixel the name of the pointer before and names for its
/// own, for the registers of its elements and its accumulators; then how accumulators are stored.
macro_rules! tiles {
    ($block:expr, $tiles:expr, $cursor:expr, $last:literal,
        [$(($before:ident, $from:ident, $x:ident, $y:ident, $a:ident, $b:ident, $c:ident, $d:ident,
            $e:ident, $f:ident, $g:ident, $h:ident)),*], [$($store:expr),*]) => {{
        let (block, cursor): (&Block, Cursor) = ($block, $cursor);
        let (before, out);
        // SAFETY: the caller's promise. Of each patch all steps are read and, where there is a rest, its
        // last eight elements; of the weights all steps, 64 bytes each; of the rest 64 bytes.
        unsafe {
            asm!(
                "2:",
                $(concat!("add {", stringify!($from), "}, {", stringify!($before), "}, {pitch}"),)*
                "mov {w}, {weights}",
                "lsr {pairs}, {steps}, #1",
                concat!("mov {before}, {", $last, "}"),
                $(
                    concat!("ldr {", stringify!($a), ":s}, [{words}, #0]"),
                    concat!("ldr {", stringify!($b), ":s}, [{words}, #4]"),
                    concat!("ldr {", stringify!($c), ":s}, [{words}, #8]"),
                    concat!("ldr {", stringify!($d), ":s}, [{words}, #12]"),
                    concat!("ldr {", stringify!($e), ":s}, [{words}, #16]"),
                    concat!("ldr {", stringify!($f), ":s}, [{words}, #20]"),
                    concat!("ldr {", stringify!($g), ":s}, [{words}, #24]"),
                    concat!("ldr {", stringify!($h), ":s}, [{words}, #28]"),
                )*
                "cbz {pairs}, 4f",
                "3:",
                $(
                    concat!("ld1r {{{", stringify!($x), ":v}.2d}}, [{", stringify!($from), "}], #8"),
                    concat!("ld1r {{{", stringify!($y), ":v}.2d}}, [{", stringify!($from), "}], #8"),
                )*
                "ldp q20, q21, [{w}]",
                "ldp q24, q25, [{w}, #64]",
                "ldp q22, q23, [{w}, #32]",
                "ldp q26, q27, [{w}, #96]",
                $(two_steps!($a, $b, $x, $y, "20", "24"),)*
                "subs {pairs}, {pairs}, #1",
                $(two_steps!($c, $d, $x, $y, "21", "25"),)*
                "add {w}, {w}, #128",
                $(two_steps!($e, $f, $x, $y, "22", "26"),)*
                $(two_steps!($g, $h, $x, $y, "23", "27"),)*
                "b.ne 3b",
                "4:",
                "tbz {steps}, #0, 5f",
                $(concat!("ld1r {{{", stringify!($x), ":v}.2d}}, [{", stringify!($from), "}], #8"),)*
                "ldp q20, q21, [{w}]",
                "ldp q22, q23, [{w}, #32]",
                $(one_step!($a, $b, $x, "20"),)*
                $(one_step!($c, $d, $x, "21"),)*
                $(one_step!($e, $f, $x, "22"),)*
                $(one_step!($g, $h, $x, "23"),)*
                "5:",
                "cbz {rest}, 6f",
                $(
                    concat!("add {", stringify!($from), "}, {", stringify!($from), "}, {back}"),
                    concat!("ld1r {{{", stringify!($x), ":v}.2d}}, [{", stringify!($from), "}]"),
                )*
                "ldp q20, q21, [{rest}]",
                "ldp q22, q23, [{rest}, #32]",
                $(one_step!($a, $b, $x, "20"),)*
                $(one_step!($c, $d, $x, "21"),)*
                $(one_step!($e, $f, $x, "22"),)*
                $(one_step!($g, $h, $x, "23"),)*
                "6:",
                "ldp q20, q21, [{words}, #64]",
                "ldp q22, q23, [{words}, #128]",
                "ldp q26, q27, [{words}, #160]",
                $(add_up!($a, $b, $c, $d),)*
                $(add_up!($e, $f, $g, $h),)*
                "cbz {shift:w}, 7f",
                $(concat!("sshl {", stringify!($a), ":v}.4s, {", stringify!($a), ":v}.4s, v23.4s"),)*
                $(concat!("sshl {", stringify!($e), ":v}.4s, {", stringify!($e), ":v}.4s, v23.4s"),)*
                "7:",
                $(concat!("sqdmulh {", stringify!($a), ":v}.4s, {", stringify!($a), ":v}.4s, v20.4s"),)*
                $(concat!("sqdmulh {", stringify!($e), ":v}.4s, {", stringify!($e), ":v}.4s, v21.4s"),)*
                $(concat!("sqrshrn {", stringify!($a), ":v}.4h, {", stringify!($a), ":v}.4s, #1"),)*
                $(concat!("sqrshrn2 {", stringify!($a), ":v}.8h, {", stringify!($e), ":v}.4s, #1"),)*
                $(concat!("sqadd {", stringify!($a), ":v}.8h, {", stringify!($a), ":v}.8h, v22.8h"),)*
                $($store,)*
                "subs {tiles}, {tiles}, #1",
                "b.ne 2b",
                $($from = out(reg) _, $x = out(vreg) _, $y = out(vreg) _,)*
                $(
                    $a = out(vreg) _, $b = out(vreg) _, $c = out(vreg) _, $d = out(vreg) _,
                    $e = out(vreg) _, $f = out(vreg) _, $g = out(vreg) _, $h = out(vreg) _,
                )*
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
                out("v16") _, out("v17") _,
                out("v20") _, out("v21") _, out("v22") _, out("v23") _,
                out("v24") _, out("v25") _, out("v26") _, out("v27") _,
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
    of_2,
    "f1",
    [
        (before, f0, x0, y0, a0, b0, c0, d0, e0, g0, h0, i0),
        (f0, f1, x1, y1, a1, b1, c1, d1, e1, g1, h1, i1)
    ],
    [two!(a0, a1)],
    [wide!(a0), wide!(a1)]
);
of!(
    of_1,
    "f0",
    [(before, f0, x0, y0, a0, b0, c0, d0, e0, g0, h0, i0)],
    [one!(a0)],
    [wide!(a0)]
);

impl Tile for Plain {
    #[inline(always)]
    unsafe fn pixels<const WIDE: bool>(block: &Block, count: usize, mut cursor: Cursor) {
        // SAFETY: `count` pixels in all; the rest is the caller's promise.
        unsafe {
            if count >= 2 {
                cursor = of_2::<WIDE>(block, count / 2, cursor);
            }
            if count & 1 != 0 {
                of_1::<WIDE>(block, 1, cursor);
            }
        }
    }
}
