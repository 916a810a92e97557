//! Tiles of eight pixels by eight channels with `smmla`: products of two patches and two channels,
//! eight elements of each, at once.
//!
//! A step of weights is four registers of two channels, as it lies. Patches come together two by two. 16
//! elements of eight pixels take 54 instructions for 1024 products. An accumulator holds two channels of
//! one pixel and the same two of another; they part when they are bytes.

use core::arch::aarch64::*;
use core::arch::asm;

use super::finish::{Eight, eight};
use super::gemm::{Block, Tile};

/// With `smmla`.
pub(super) struct Matrix;

/// A step of two pixels, whose elements stand in one register.
macro_rules! step {
    ($a:ident, $b:ident, $c:ident, $d:ident, $x:ident) => {
        concat!(
            "smmla {", stringify!($a), ":v}.4s, {", stringify!($x), ":v}.16b, v28.16b\n",
            "smmla {", stringify!($b), ":v}.4s, {", stringify!($x), ":v}.16b, v29.16b\n",
            "smmla {", stringify!($c), ":v}.4s, {", stringify!($x), ":v}.16b, v30.16b\n",
            "smmla {", stringify!($d), ":v}.4s, {", stringify!($x), ":v}.16b, v31.16b\n",
        )
    };
}

/// Loads eight elements of two patches: `$how` is what stands behind the address.
macro_rules! half {
    ($x:ident, $y:ident, $from:ident, $and:ident, $back:literal, $on:literal) => {
        concat!(
            "ldr {", stringify!($x), ":d}, [{", stringify!($from), "}", $back, "]", $on, "\n",
            "ldr {", stringify!($y), ":d}, [{", stringify!($and), "}", $back, "]", $on, "\n",
            "zip1 {", stringify!($x), ":v}.2d, {", stringify!($x), ":v}.2d, {", stringify!($y), ":v}.2d",
        )
    };
}

/// A function for so many pairs of pixels: for each its number, and names for its pointers, its
/// accumulators and the registers of its elements.
macro_rules! tile {
    ($name:ident, $pairs:literal, $(($p:literal, $from:ident, $and:ident, $x:ident, $y:ident,
        $a:ident, $b:ident, $c:ident, $d:ident)),*) => {
        /// Accumulators, biases included.
        ///
        /// # Safety
        /// As of [`Tile::tile`].
        #[inline(always)]
        unsafe fn $name<const WIDE: bool>(
            block: &Block<WIDE>,
            from: *const i8,
            pitch: usize,
        ) -> [[int32x4_t; 4]; $pairs] {
            // SAFETY: NEON is everywhere. Of each patch all steps are read and, where there is a rest,
            // its last eight elements; of the weights all steps, 64 bytes each; of the rest 64 bytes;
            // of the biases 32.
            unsafe {
                let zero = vdupq_n_s32(0);
                $(let [mut $a, mut $b, mut $c, mut $d] = [zero; 4];)*
                asm!(
                    ".arch_extension i8mm",
                    "ldp q28, q30, [{bias}]",
                    "zip2 v29.2d, v28.2d, v28.2d",
                    "zip1 v28.2d, v28.2d, v28.2d",
                    "zip2 v31.2d, v30.2d, v30.2d",
                    "zip1 v30.2d, v30.2d, v30.2d",
                    $(concat!(
                        "mov {", stringify!($a), ":v}.16b, v28.16b\n",
                        "mov {", stringify!($b), ":v}.16b, v29.16b\n",
                        "mov {", stringify!($c), ":v}.16b, v30.16b\n",
                        "mov {", stringify!($d), ":v}.16b, v31.16b\n",
                    ),)*
                    "cbz {pairs}, 3f",
                    "2:",
                    $(
                        concat!("ldr {", stringify!($x), ":q}, [{", stringify!($from), "}], #16"),
                        concat!("ldr {", stringify!($y), ":q}, [{", stringify!($and), "}], #16"),
                    )*
                    "ldp q28, q29, [{weights}]",
                    "ldp q30, q31, [{weights}, #32]",
                    "subs {pairs}, {pairs}, #1",
                    $(
                        concat!("zip1 v27.2d, {", stringify!($x), ":v}.2d, {", stringify!($y), ":v}.2d\n",
                            "zip2 {", stringify!($y), ":v}.2d, {", stringify!($x), ":v}.2d, {", stringify!($y), ":v}.2d\n",
                            "smmla {", stringify!($a), ":v}.4s, v27.16b, v28.16b\n",
                            "smmla {", stringify!($b), ":v}.4s, v27.16b, v29.16b\n",
                            "smmla {", stringify!($c), ":v}.4s, v27.16b, v30.16b\n",
                            "smmla {", stringify!($d), ":v}.4s, v27.16b, v31.16b\n",
                        ),
                    )*
                    "ldp q28, q29, [{weights}, #64]",
                    "ldp q30, q31, [{weights}, #96]",
                    "add {weights}, {weights}, #128",
                    $(step!($a, $b, $c, $d, $y),)*
                    "b.ne 2b",
                    "3:",
                    "tbz {steps}, #0, 4f",
                    $(half!($x, $y, $from, $and, "", ", #8"),)*
                    "ldp q28, q29, [{weights}]",
                    "ldp q30, q31, [{weights}, #32]",
                    $(step!($a, $b, $c, $d, $x),)*
                    "4:",
                    "cbz {rest}, 5f",
                    $(half!($x, $y, $from, $and, ", {back}", ""),)*
                    "ldp q28, q29, [{rest}]",
                    "ldp q30, q31, [{rest}, #32]",
                    $(step!($a, $b, $c, $d, $x),)*
                    "5:",
                    $(
                        $from = inout(reg) from.wrapping_add(pitch.wrapping_mul(2 * $p)) => _,
                        $and = inout(reg) from.wrapping_add(pitch.wrapping_mul(2 * $p + 1)) => _,
                    )*
                    $($x = out(vreg) _, $y = out(vreg) _,)*
                    $($a = out(vreg) $a, $b = out(vreg) $b, $c = out(vreg) $c, $d = out(vreg) $d,)*
                    bias = in(reg) block.bias,
                    weights = inout(reg) block.weights => _,
                    pairs = inout(reg) block.steps >> 1 => _,
                    steps = in(reg) block.steps,
                    rest = in(reg) block.rest,
                    back = in(reg) block.back,
                    out("v27") _, out("v28") _, out("v29") _, out("v30") _, out("v31") _,
                    options(readonly, nostack)
                );
                [$([$a, $b, $c, $d]),*]
            }
        }
    };
}

tile!(
    of_8,
    4,
    (0, f0, g0, x0, y0, a0, b0, c0, d0),
    (1, f1, g1, x1, y1, a1, b1, c1, d1),
    (2, f2, g2, x2, y2, a2, b2, c2, d2),
    (3, f3, g3, x3, y3, a3, b3, c3, d3)
);
tile!(
    of_4,
    2,
    (0, f0, g0, x0, y0, a0, b0, c0, d0),
    (1, f1, g1, x1, y1, a1, b1, c1, d1)
);
tile!(of_2, 1, (0, f0, g0, x0, y0, a0, b0, c0, d0));

/// Multipliers of two channels after each other, twice.
type Pairs = [Eight; 2];

/// Requantizes two pixels and parts them.
#[inline(always)]
fn part<const WIDE: bool>(
    block: &Block<WIDE>,
    [a, b, c, d]: [int32x4_t; 4],
    [first, second]: Pairs,
) -> [int16x8_t; 2] {
    let low = block.finish.narrow([a, b], first);
    let high = block.finish.narrow([c, d], second);
    // SAFETY: every AArch64 core that Rust builds for has NEON.
    unsafe {
        let (low, high) = (vreinterpretq_s32_s16(low), vreinterpretq_s32_s16(high));
        [vuzp1q_s32(low, high), vuzp2q_s32(low, high)].map(|x| vreinterpretq_s16_s32(x))
    }
}

/// Requantizes and stores pairs of pixels.
///
/// # Safety
/// As of [`Tile::tile`].
#[inline(always)]
unsafe fn finish<const WIDE: bool, const N: usize>(
    block: &Block<WIDE>,
    pixels: [[int32x4_t; 4]; N],
    multipliers: Pairs,
    out: *mut i8,
) -> usize {
    let place = |p: usize| out.wrapping_add(block.stride.wrapping_mul(p));
    for (p, acc) in pixels.into_iter().enumerate() {
        let p = p.wrapping_mul(2);
        let to = [place(p), place(p.wrapping_add(1))];
        // SAFETY: a pixel of the output has room for the block's eight channels.
        unsafe { block.finish.store_two(to, part(block, acc, multipliers)) };
    }
    N.wrapping_mul(2)
}

impl Tile for Matrix {
    #[inline(always)]
    unsafe fn tile<const WIDE: bool>(
        block: &Block<WIDE>,
        count: usize,
        patches: *const i8,
        out: *mut i8,
    ) -> usize {
        let pitch = block.pitch;
        // SAFETY: no more pixels than `count`; the rest is the caller's promise.
        unsafe {
            let [a, b] = eight(block.multipliers).map(|x| vreinterpretq_s64_s32(x));
            let twice = |x| [vzip1q_s64(x, x), vzip2q_s64(x, x)].map(|x| vreinterpretq_s32_s64(x));
            let multipliers = [twice(a), twice(b)];
            match count {
                8.. => finish(block, of_8(block, patches, pitch), multipliers, out),
                4.. => finish(block, of_4(block, patches, pitch), multipliers, out),
                2.. => finish(block, of_2(block, patches, pitch), multipliers, out),
                _ => {
                    // The pixel twice, of which one is kept.
                    let [acc] = of_2(block, patches, 0);
                    let [one, _] = part(block, acc, multipliers);
                    block.finish.store(out, one);
                    1
                }
            }
        }
    }
}
