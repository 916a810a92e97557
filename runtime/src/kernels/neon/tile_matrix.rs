//! Tiles of eight pixels by eight channels with `smmla`: products of two patches and two channels,
//! eight elements of each, at once.
//!
//! A step of weights is four registers of two channels, as it lies. Patches come together two by two. 16
//! elements of eight pixels take 54 instructions for 1024 products. An accumulator holds two channels of
//! one pixel and the same two of another; they part before they are stored.

use core::arch::aarch64::*;
use core::arch::asm;

use super::finish::Eight;
use super::gemm::{Block, Cursor, Tile};
use super::stores::{one, wide};

/// With `smmla`.
pub(super) struct Matrix;

/// Makes int8 of two pixels, two channels in turn, and clamps them.
macro_rules! narrow {
    ($a:ident, $c:ident) => {
        concat!(
            "sqxtn {",
            stringify!($a),
            ":v}.8b, {",
            stringify!($a),
            ":v}.8h\n",
            "sqxtn2 {",
            stringify!($a),
            ":v}.16b, {",
            stringify!($c),
            ":v}.8h\n",
            "smax {",
            stringify!($a),
            ":v}.16b, {",
            stringify!($a),
            ":v}.16b, v26.16b\n",
            "smin {",
            stringify!($a),
            ":v}.16b, {",
            stringify!($a),
            ":v}.16b, v27.16b\n",
        )
    };
}

/// Stores four pixels as int8, of two pairs of accumulators.
macro_rules! four {
    ($a:ident, $c:ident, $e:ident, $g:ident) => {
        concat!(
            narrow!($a, $c),
            narrow!($e, $g),
            "uzp1 {",
            stringify!($c),
            ":v}.8h, {",
            stringify!($a),
            ":v}.8h, {",
            stringify!($e),
            ":v}.8h\n",
            "uzp2 {",
            stringify!($g),
            ":v}.8h, {",
            stringify!($a),
            ":v}.8h, {",
            stringify!($e),
            ":v}.8h\n",
            "st1 {{{",
            stringify!($c),
            ":v}.d}}[0], [{out}], {stride}\n",
            "st1 {{{",
            stringify!($g),
            ":v}.d}}[0], [{out}], {stride}\n",
            "st1 {{{",
            stringify!($c),
            ":v}.d}}[1], [{out}], {stride}\n",
            "st1 {{{",
            stringify!($g),
            ":v}.d}}[1], [{out}], {stride}\n",
        )
    };
}

/// Parts the channels of two pixels, as int16; the first pixel takes the place of `c`'s channels.
macro_rules! part {
    ($a:ident, $c:ident) => {
        concat!(
            "uzp1 v28.4s, {",
            stringify!($a),
            ":v}.4s, {",
            stringify!($c),
            ":v}.4s\n",
            "uzp2 {",
            stringify!($c),
            ":v}.4s, {",
            stringify!($a),
            ":v}.4s, {",
            stringify!($c),
            ":v}.4s\n",
            "mov {",
            stringify!($a),
            ":v}.16b, v28.16b\n",
        )
    };
}

/// Stores two pixels as int8.
macro_rules! two {
    ($a:ident, $c:ident) => {
        concat!(part!($a, $c), one!($a), one!($c))
    };
}

/// Stores two pixels as int16.
macro_rules! two_wide {
    ($a:ident, $c:ident) => {
        concat!(part!($a, $c), wide!($a), wide!($c))
    };
}

/// The loop over tiles of some pairs of pixels. For each pair the name of the pointer before and names
/// for its own, for the registers of its elements and its accumulators; then how accumulators are
/// stored.
macro_rules! tiles {
    ($block:expr, $tiles:expr, $pitch:expr, $cursor:expr, $last:literal,
        [$(($before:ident, $from:ident, $and:ident, $x:ident, $y:ident, $a:ident, $b:ident, $c:ident,
            $d:ident)),*], [$($store:expr),*]) => {{
        let (block, cursor): (&Block, Cursor) = ($block, $cursor);
        let (before, out);
        // SAFETY: the caller's promise. Of each patch all steps are read and, where there is a rest, its
        // last eight elements; of the weights all steps, 64 bytes each; of the rest 64 bytes.
        unsafe {
            asm!(
                ".arch_extension i8mm",
                "2:",
                $(
                    concat!("add {", stringify!($from), "}, {", stringify!($before), "}, {pitch}"),
                    concat!("add {", stringify!($and), "}, {", stringify!($from), "}, {pitch}"),
                )*
                "mov {w}, {weights}",
                "lsr {pairs}, {steps}, #1",
                concat!("mov {before}, {", $last, "}"),
                $(
                    concat!("ldp {", stringify!($a), ":q}, {", stringify!($b), ":q}, [{words}]"),
                    concat!("ldp {", stringify!($c), ":q}, {", stringify!($d), ":q}, [{words}, #32]"),
                )*
                "cbz {pairs}, 4f",
                "3:",
                $(
                    concat!("ldr {", stringify!($x), ":q}, [{", stringify!($from), "}], #16"),
                    concat!("ldr {", stringify!($y), ":q}, [{", stringify!($and), "}], #16"),
                )*
                "ldp q28, q29, [{w}]",
                "ldp q30, q31, [{w}, #32]",
                "subs {pairs}, {pairs}, #1",
                $(
                    concat!("zip1 v27.2d, {", stringify!($x), ":v}.2d, {", stringify!($y), ":v}.2d"),
                    concat!("zip2 {", stringify!($y), ":v}.2d, {", stringify!($x), ":v}.2d, {", stringify!($y), ":v}.2d"),
                    concat!("smmla {", stringify!($a), ":v}.4s, v27.16b, v28.16b"),
                    concat!("smmla {", stringify!($b), ":v}.4s, v27.16b, v29.16b"),
                    concat!("smmla {", stringify!($c), ":v}.4s, v27.16b, v30.16b"),
                    concat!("smmla {", stringify!($d), ":v}.4s, v27.16b, v31.16b"),
                )*
                "ldp q28, q29, [{w}, #64]",
                "ldp q30, q31, [{w}, #96]",
                "add {w}, {w}, #128",
                $(
                    concat!("smmla {", stringify!($a), ":v}.4s, {", stringify!($y), ":v}.16b, v28.16b"),
                    concat!("smmla {", stringify!($b), ":v}.4s, {", stringify!($y), ":v}.16b, v29.16b"),
                    concat!("smmla {", stringify!($c), ":v}.4s, {", stringify!($y), ":v}.16b, v30.16b"),
                    concat!("smmla {", stringify!($d), ":v}.4s, {", stringify!($y), ":v}.16b, v31.16b"),
                )*
                "b.ne 3b",
                "4:",
                "tbz {steps}, #0, 5f",
                $(
                    concat!("ldr {", stringify!($x), ":d}, [{", stringify!($from), "}], #8"),
                    concat!("ldr {", stringify!($y), ":d}, [{", stringify!($and), "}], #8"),
                    concat!("zip1 {", stringify!($x), ":v}.2d, {", stringify!($x), ":v}.2d, {", stringify!($y), ":v}.2d"),
                )*
                "ldp q28, q29, [{w}]",
                "ldp q30, q31, [{w}, #32]",
                $(
                    concat!("smmla {", stringify!($a), ":v}.4s, {", stringify!($x), ":v}.16b, v28.16b"),
                    concat!("smmla {", stringify!($b), ":v}.4s, {", stringify!($x), ":v}.16b, v29.16b"),
                    concat!("smmla {", stringify!($c), ":v}.4s, {", stringify!($x), ":v}.16b, v30.16b"),
                    concat!("smmla {", stringify!($d), ":v}.4s, {", stringify!($x), ":v}.16b, v31.16b"),
                )*
                "5:",
                "cbz {rest}, 6f",
                $(
                    concat!("ldr {", stringify!($x), ":d}, [{", stringify!($from), "}, {back}]"),
                    concat!("ldr {", stringify!($y), ":d}, [{", stringify!($and), "}, {back}]"),
                    concat!("zip1 {", stringify!($x), ":v}.2d, {", stringify!($x), ":v}.2d, {", stringify!($y), ":v}.2d"),
                )*
                "ldp q28, q29, [{rest}]",
                "ldp q30, q31, [{rest}, #32]",
                $(
                    concat!("smmla {", stringify!($a), ":v}.4s, {", stringify!($x), ":v}.16b, v28.16b"),
                    concat!("smmla {", stringify!($b), ":v}.4s, {", stringify!($x), ":v}.16b, v29.16b"),
                    concat!("smmla {", stringify!($c), ":v}.4s, {", stringify!($x), ":v}.16b, v30.16b"),
                    concat!("smmla {", stringify!($d), ":v}.4s, {", stringify!($x), ":v}.16b, v31.16b"),
                )*
                "6:",
                "ldp q28, q29, [{words}, #64]",
                "ldp q30, q31, [{words}, #96]",
                "ldp {x0:q}, {y0:q}, [{words}, #128]",
                "ldp q26, q27, [{words}, #160]",
                "cbz {shift:w}, 7f",
                $(concat!("sshl {", stringify!($a), ":v}.4s, {", stringify!($a), ":v}.4s, {y0:v}.4s"),)*
                $(concat!("sshl {", stringify!($b), ":v}.4s, {", stringify!($b), ":v}.4s, {y0:v}.4s"),)*
                $(concat!("sshl {", stringify!($c), ":v}.4s, {", stringify!($c), ":v}.4s, {y0:v}.4s"),)*
                $(concat!("sshl {", stringify!($d), ":v}.4s, {", stringify!($d), ":v}.4s, {y0:v}.4s"),)*
                "7:",
                $(concat!("sqdmulh {", stringify!($a), ":v}.4s, {", stringify!($a), ":v}.4s, v28.4s"),)*
                $(concat!("sqdmulh {", stringify!($b), ":v}.4s, {", stringify!($b), ":v}.4s, v29.4s"),)*
                $(concat!("sqdmulh {", stringify!($c), ":v}.4s, {", stringify!($c), ":v}.4s, v30.4s"),)*
                $(concat!("sqdmulh {", stringify!($d), ":v}.4s, {", stringify!($d), ":v}.4s, v31.4s"),)*
                $(concat!("sqrshrn {", stringify!($a), ":v}.4h, {", stringify!($a), ":v}.4s, #1"),)*
                $(concat!("sqrshrn {", stringify!($c), ":v}.4h, {", stringify!($c), ":v}.4s, #1"),)*
                $(concat!("sqrshrn2 {", stringify!($a), ":v}.8h, {", stringify!($b), ":v}.4s, #1"),)*
                $(concat!("sqrshrn2 {", stringify!($c), ":v}.8h, {", stringify!($d), ":v}.4s, #1"),)*
                $(concat!("sqadd {", stringify!($a), ":v}.8h, {", stringify!($a), ":v}.8h, {x0:v}.8h"),)*
                $(concat!("sqadd {", stringify!($c), ":v}.8h, {", stringify!($c), ":v}.8h, {x0:v}.8h"),)*
                $($store,)*
                "subs {tiles}, {tiles}, #1",
                "b.ne 2b",
                $($from = out(reg) _, $and = out(reg) _, $x = out(vreg) _, $y = out(vreg) _,)*
                $($a = out(vreg) _, $b = out(vreg) _, $c = out(vreg) _, $d = out(vreg) _,)*
                before = inout(reg) cursor.before => before,
                out = inout(reg) cursor.out => out,
                tiles = inout(reg) $tiles => _,
                pitch = in(reg) $pitch,
                stride = in(reg) block.stride,
                weights = in(reg) block.weights,
                w = out(reg) _,
                steps = in(reg) block.steps,
                pairs = out(reg) _,
                rest = in(reg) block.rest,
                back = in(reg) block.back,
                words = in(reg) &raw const block.words,
                shift = in(reg) block.shift,
                out("v26") _, out("v27") _,
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
        /// As of [`Tile::pixels`], for at least one tile; the distance of patches is given.
        #[inline(always)]
        unsafe fn $name<const WIDE: bool>(
            block: &Block,
            tiles: usize,
            pitch: usize,
            cursor: Cursor,
        ) -> Cursor {
            if WIDE {
                tiles!(block, tiles, pitch, cursor, $last, $pixels, $wide)
            } else {
                tiles!(block, tiles, pitch, cursor, $last, $pixels, $bytes)
            }
        }
    };
}

of!(
    of_8,
    "g3",
    [
        (before, f0, g0, x0, y0, a0, b0, c0, d0),
        (g0, f1, g1, x1, y1, a1, b1, c1, d1),
        (g1, f2, g2, x2, y2, a2, b2, c2, d2),
        (g2, f3, g3, x3, y3, a3, b3, c3, d3)
    ],
    [four!(a0, c0, a1, c1), four!(a2, c2, a3, c3)],
    [
        two_wide!(a0, c0),
        two_wide!(a1, c1),
        two_wide!(a2, c2),
        two_wide!(a3, c3)
    ]
);
of!(
    of_4,
    "g1",
    [
        (before, f0, g0, x0, y0, a0, b0, c0, d0),
        (g0, f1, g1, x1, y1, a1, b1, c1, d1)
    ],
    [four!(a0, c0, a1, c1)],
    [two_wide!(a0, c0), two_wide!(a1, c1)]
);
of!(
    of_2,
    "g0",
    [(before, f0, g0, x0, y0, a0, b0, c0, d0)],
    [two!(a0, c0)],
    [two_wide!(a0, c0)]
);
// The same pixel twice, of which one is kept.
of!(
    of_1,
    "g0",
    [(before, f0, g0, x0, y0, a0, b0, c0, d0)],
    [part!(a0, c0), one!(a0)],
    [part!(a0, c0), wide!(a0)]
);

impl Tile for Matrix {
    /// Two channels, and the same two for the other pixel.
    #[inline(always)]
    fn words(words: Eight) -> [int32x4_t; 4] {
        // SAFETY: every AArch64 core that Rust builds for has NEON.
        unsafe {
            let [a, b] = words.map(|x| vreinterpretq_s64_s32(x));
            [
                vzip1q_s64(a, a),
                vzip2q_s64(a, a),
                vzip1q_s64(b, b),
                vzip2q_s64(b, b),
            ]
            .map(|x| vreinterpretq_s32_s64(x))
        }
    }

    #[inline(always)]
    unsafe fn pixels<const WIDE: bool>(block: &Block, count: usize, mut cursor: Cursor) {
        let pitch = block.pitch;
        // SAFETY: `count` pixels in all; the rest is the caller's promise.
        unsafe {
            if count >= 8 {
                cursor = of_8::<WIDE>(block, count / 8, pitch, cursor);
            }
            if count & 4 != 0 {
                cursor = of_4::<WIDE>(block, 1, pitch, cursor);
            }
            if count & 2 != 0 {
                cursor = of_2::<WIDE>(block, 1, pitch, cursor);
            }
            if count & 1 != 0 {
                cursor.before = cursor.before.wrapping_add(pitch);
                of_1::<WIDE>(block, 1, 0, cursor);
            }
        }
    }
}
