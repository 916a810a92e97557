//! Tiles of eight pixels by eight channels with `smmla`: products of two patches and two channels,
//! eight elements of each, at once.
//!
//! A step of weights is four registers of two channels, as it lies. Patches come together two by two. 16
//! elements of eight pixels take 54 instructions for 1024 products. An accumulator holds two channels of
//! one pixel and the same two of another; they part when they are bytes.

use core::arch::aarch64::*;
use core::arch::asm;

use super::finish::Eight;
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

/// A function for so many pairs of pixels: for each the name of the pointer
/// before, and names for its own, its
/// accumulators and the registers of its elements.
macro_rules! tile {
    ($name:ident, $pairs:literal, $(($before:ident, $from:ident, $and:ident, $x:ident, $y:ident,
        $a:ident, $b:ident, $c:ident, $d:ident)),*) => {
        /// Requantized, less the clamp: four channels of both pixels of a pair, two by two in turn,
        /// and four more.
        ///
        /// # Safety
        /// As of [`Tile::tile`].
        #[inline(always)]
        unsafe fn $name<const WIDE: bool>(
            block: &Block<WIDE>,
            from: *const i8,
            pitch: usize,
        ) -> [[int16x8_t; 2]; $pairs] {
            // SAFETY: NEON is everywhere. Of each patch all steps are read and, where there is a rest,
            // its last eight elements; of the weights all steps, 64 bytes each; of the rest 64 bytes;
            // of biases and multipliers 64.
            unsafe {
                let zero = vdupq_n_s16(0);
                $(let [mut $a, mut $c] = [zero; 2];)*
                asm!(
                    ".arch_extension i8mm",
                    $(
                        concat!("add {", stringify!($from), "}, {", stringify!($before), "}, {pitch}"),
                        concat!("add {", stringify!($and), "}, {", stringify!($from), "}, {pitch}"),
                    )*
                    $(
                        concat!("ldp {", stringify!($a), ":q}, {", stringify!($b), ":q}, [{bias}]"),
                        concat!("ldp {", stringify!($c), ":q}, {", stringify!($d), ":q}, [{bias}, #32]"),
                    )*
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
                    "ldp q28, q29, [{multipliers}]",
                    "ldp q30, q31, [{multipliers}, #32]",
                    "dup v27.8h, {zero:w}",
                    "cbz {shift:w}, 6f",
                    "dup {x0:v}.4s, {shift:w}",
                    $(concat!("sshl {", stringify!($a), ":v}.4s, {", stringify!($a), ":v}.4s, {x0:v}.4s"),)*
                    $(concat!("sshl {", stringify!($b), ":v}.4s, {", stringify!($b), ":v}.4s, {x0:v}.4s"),)*
                    $(concat!("sshl {", stringify!($c), ":v}.4s, {", stringify!($c), ":v}.4s, {x0:v}.4s"),)*
                    $(concat!("sshl {", stringify!($d), ":v}.4s, {", stringify!($d), ":v}.4s, {x0:v}.4s"),)*
                    "6:",
                    $(concat!("sqdmulh {", stringify!($a), ":v}.4s, {", stringify!($a), ":v}.4s, v28.4s"),)*
                    $(concat!("sqdmulh {", stringify!($b), ":v}.4s, {", stringify!($b), ":v}.4s, v29.4s"),)*
                    $(concat!("sqdmulh {", stringify!($c), ":v}.4s, {", stringify!($c), ":v}.4s, v30.4s"),)*
                    $(concat!("sqdmulh {", stringify!($d), ":v}.4s, {", stringify!($d), ":v}.4s, v31.4s"),)*
                    $(concat!("sqrshrn {", stringify!($a), ":v}.4h, {", stringify!($a), ":v}.4s, #1"),)*
                    $(concat!("sqrshrn {", stringify!($c), ":v}.4h, {", stringify!($c), ":v}.4s, #1"),)*
                    $(concat!("sqrshrn2 {", stringify!($a), ":v}.8h, {", stringify!($b), ":v}.4s, #1"),)*
                    $(concat!("sqrshrn2 {", stringify!($c), ":v}.8h, {", stringify!($d), ":v}.4s, #1"),)*
                    $(concat!("sqadd {", stringify!($a), ":v}.8h, {", stringify!($a), ":v}.8h, v27.8h"),)*
                    $(concat!("sqadd {", stringify!($c), ":v}.8h, {", stringify!($c), ":v}.8h, v27.8h"),)*
                    before = in(reg) from.wrapping_sub(pitch),
                    pitch = in(reg) pitch,
                    $($from = out(reg) _, $and = out(reg) _,)*
                    $($x = out(vreg) _, $y = out(vreg) _,)*
                    $($a = out(vreg) $a, $b = out(vreg) _, $c = out(vreg) $c, $d = out(vreg) _,)*
                    bias = in(reg) block.bias.as_ptr(),
                    multipliers = in(reg) block.multipliers.as_ptr(),
                    zero = in(reg) block.finish.zero_point,
                    shift = in(reg) block.finish.shift,
                    weights = inout(reg) block.weights => _,
                    pairs = inout(reg) block.steps >> 1 => _,
                    steps = in(reg) block.steps,
                    rest = in(reg) block.rest,
                    back = in(reg) block.back,
                    out("v27") _, out("v28") _, out("v29") _, out("v30") _, out("v31") _,
                    options(readonly, nostack)
                );
                [$([$a, $c]),*]
            }
        }
    };
}

tile!(
    of_8,
    4,
    (before, f0, g0, x0, y0, a0, b0, c0, d0),
    (g0, f1, g1, x1, y1, a1, b1, c1, d1),
    (g1, f2, g2, x2, y2, a2, b2, c2, d2),
    (g2, f3, g3, x3, y3, a3, b3, c3, d3)
);
tile!(
    of_4,
    2,
    (before, f0, g0, x0, y0, a0, b0, c0, d0),
    (g0, f1, g1, x1, y1, a1, b1, c1, d1)
);
tile!(of_2, 1, (before, f0, g0, x0, y0, a0, b0, c0, d0));

/// Parts the channels of two pixels.
#[inline(always)]
fn part([low, high]: [int16x8_t; 2]) -> [int16x8_t; 2] {
    // SAFETY: every AArch64 core that Rust builds for has NEON.
    unsafe {
        let (low, high) = (vreinterpretq_s32_s16(low), vreinterpretq_s32_s16(high));
        [vuzp1q_s32(low, high), vuzp2q_s32(low, high)].map(|x| vreinterpretq_s16_s32(x))
    }
}

/// Stores pairs of pixels.
///
/// # Safety
/// As of [`Tile::tile`].
#[inline(always)]
unsafe fn store<const WIDE: bool, const N: usize>(
    block: &Block<WIDE>,
    pairs: [[int16x8_t; 2]; N],
    mut out: *mut i8,
) -> usize {
    let (twos, ones) = pairs.as_chunks::<2>();
    let finish = block.finish;
    // SAFETY: a pixel of the output has room for the block's eight channels.
    unsafe {
        for &[a, b] in twos {
            if WIDE {
                let ([p0, p1], [p2, p3]) = (part(a), part(b));
                block.finish.store_pixels(out, block.stride, [p0, p1, p2, p3]);
                out = out.wrapping_add(block.stride.wrapping_mul(4));
                continue;
            }
            // Two channels of a pixel are 16 bits now.
            let [a, b] = [a, b].map(|[low, high]| {
                let bytes = finish.clamp(vqmovn_high_s16(vqmovn_s16(low), high));
                vreinterpretq_s16_s8(bytes)
            });
            let (even, odd) = (vuzp1q_s16(a, b), vuzp2q_s16(a, b));
            out = store_turns(out, block.stride, even, odd);
        }
        if let &[last] = ones {
            block.finish.store_pixels(out, block.stride, part(last));
        }
    }
    N.wrapping_mul(2)
}

/// Stores the halves of two registers in turn, `stride` bytes apart, and says what comes behind them.
///
/// # Safety
/// Eight bytes can be written at the four places.
#[inline(always)]
unsafe fn store_turns(mut to: *mut i8, stride: usize, even: int16x8_t, odd: int16x8_t) -> *mut i8 {
    // SAFETY: the caller's promise.
    unsafe {
        asm!(
            "st1 {{{even:v}.d}}[0], [{to}], {stride}",
            "st1 {{{odd:v}.d}}[0], [{to}], {stride}",
            "st1 {{{even:v}.d}}[1], [{to}], {stride}",
            "st1 {{{odd:v}.d}}[1], [{to}], {stride}",
            to = inout(reg) to,
            stride = in(reg) stride,
            even = in(vreg) even,
            odd = in(vreg) odd,
            options(nostack, preserves_flags)
        );
    }
    to
}

impl Tile for Matrix {
    /// Two channels, and the same two for the other pixel.
    #[inline(always)]
    fn words(words: Eight) -> [int32x4_t; 4] {
        // SAFETY: every AArch64 core that Rust builds for has NEON.
        unsafe {
            let [a, b] = words.map(|x| vreinterpretq_s64_s32(x));
            [vzip1q_s64(a, a), vzip2q_s64(a, a), vzip1q_s64(b, b), vzip2q_s64(b, b)]
                .map(|x| vreinterpretq_s32_s64(x))
        }
    }

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
            match count {
                8.. => store(block, of_8(block, patches, pitch), out),
                4.. => store(block, of_4(block, patches, pitch), out),
                2.. => store(block, of_2(block, patches, pitch), out),
                _ => {
                    // The pixel twice, of which one is kept.
                    let [pair] = of_2(block, patches, 0);
                    let [one, _] = part(pair);
                    block.finish.store(out, one);
                    1
                }
            }
        }
    }
}
