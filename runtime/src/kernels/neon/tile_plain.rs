//! Tiles of two pixels by eight channels with `smull` and `sadalp`: for cores with plain NEON.
//!
//! Products of int8 fit 16 bits, and so do two of them, since no weight is -128: one element of a step
//! and one of the next are added up in 16 bits, and pairs of such sums go to 32 bits at once. Each
//! accumulator belongs to one output; its four parts, the bias in the first of them, are added up at
//! the end. 16 elements of two pixels take 58 instructions for 256 products.

use core::arch::aarch64::{int16x8_t, vdupq_n_s16};
use core::arch::asm;

use super::gemm::{Block, Tile};

/// With what every AArch64 core has.
pub(super) struct Plain;

/// Two channels of a pixel: products of two steps. A register of weights holds one channel in its lower
/// half and the next in its upper half, the elements of a patch stand in both.
macro_rules! two_steps {
    ($a:ident, $b:ident, $x:ident, $y:ident, $w:literal, $v:literal) => {
        concat!(
            "smull v16.8h, v", $w, ".8b, {", stringify!($x), ":v}.8b\n",
            "smull2 v17.8h, v", $w, ".16b, {", stringify!($x), ":v}.16b\n",
            "smlal v16.8h, v", $v, ".8b, {", stringify!($y), ":v}.8b\n",
            "smlal2 v17.8h, v", $v, ".16b, {", stringify!($y), ":v}.16b\n",
            "sadalp {", stringify!($a), ":v}.4s, v16.8h\n",
            "sadalp {", stringify!($b), ":v}.4s, v17.8h\n",
        )
    };
}

/// As `two_steps`, of one step.
macro_rules! one_step {
    ($a:ident, $b:ident, $x:ident, $w:literal) => {
        concat!(
            "smull v16.8h, v", $w, ".8b, {", stringify!($x), ":v}.8b\n",
            "smull2 v17.8h, v", $w, ".16b, {", stringify!($x), ":v}.16b\n",
            "sadalp {", stringify!($a), ":v}.4s, v16.8h\n",
            "sadalp {", stringify!($b), ":v}.4s, v17.8h\n",
        )
    };
}

/// The sums of four accumulators, in the first of them.
macro_rules! add_up {
    ($a:ident, $b:ident, $c:ident, $d:ident) => {
        concat!(
            "addp {", stringify!($a), ":v}.4s, {", stringify!($a), ":v}.4s, {", stringify!($b), ":v}.4s\n",
            "addp {", stringify!($c), ":v}.4s, {", stringify!($c), ":v}.4s, {", stringify!($d), ":v}.4s\n",
            "addp {", stringify!($a), ":v}.4s, {", stringify!($a), ":v}.4s, {", stringify!($c), ":v}.4s\n",
        )
    };
}

/// A function for so many pixels: for each the name of the pointer
/// before, and names for its own, its accumulators and
/// the registers of its elements.
macro_rules! tile {
    ($name:ident, $count:literal, $(($before:ident, $from:ident, $x:ident, $y:ident,
        $a:ident, $b:ident, $c:ident, $d:ident, $e:ident, $f:ident, $g:ident, $h:ident)),*) => {
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
                $(let mut $a = zero;)*
                asm!(
                    $(concat!("add {", stringify!($from), "}, {", stringify!($before), "}, {pitch}"),)*
                    $(concat!(
                        "ldr {", stringify!($a), ":s}, [{bias}]\n",
                        "ldr {", stringify!($b), ":s}, [{bias}, #4]\n",
                        "ldr {", stringify!($c), ":s}, [{bias}, #8]\n",
                        "ldr {", stringify!($d), ":s}, [{bias}, #12]\n",
                        "ldr {", stringify!($e), ":s}, [{bias}, #16]\n",
                        "ldr {", stringify!($f), ":s}, [{bias}, #20]\n",
                        "ldr {", stringify!($g), ":s}, [{bias}, #24]\n",
                        "ldr {", stringify!($h), ":s}, [{bias}, #28]\n",
                    ),)*
                    "cbz {pairs}, 3f",
                    "2:",
                    $(
                        concat!("ld1r {{{", stringify!($x), ":v}.2d}}, [{", stringify!($from), "}], #8"),
                        concat!("ld1r {{{", stringify!($y), ":v}.2d}}, [{", stringify!($from), "}], #8"),
                    )*
                    "ldp q20, q21, [{weights}]",
                    "ldp q24, q25, [{weights}, #64]",
                    "ldp q22, q23, [{weights}, #32]",
                    "ldp q26, q27, [{weights}, #96]",
                    $(two_steps!($a, $b, $x, $y, "20", "24"),)*
                    "subs {pairs}, {pairs}, #1",
                    $(two_steps!($c, $d, $x, $y, "21", "25"),)*
                    "add {weights}, {weights}, #128",
                    $(two_steps!($e, $f, $x, $y, "22", "26"),)*
                    $(two_steps!($g, $h, $x, $y, "23", "27"),)*
                    "b.ne 2b",
                    "3:",
                    "tbz {steps}, #0, 4f",
                    $(concat!("ld1r {{{", stringify!($x), ":v}.2d}}, [{", stringify!($from), "}], #8"),)*
                    "ldp q20, q21, [{weights}]",
                    "ldp q22, q23, [{weights}, #32]",
                    $(one_step!($a, $b, $x, "20"),)*
                    $(one_step!($c, $d, $x, "21"),)*
                    $(one_step!($e, $f, $x, "22"),)*
                    $(one_step!($g, $h, $x, "23"),)*
                    "4:",
                    "cbz {rest}, 5f",
                    $(concat!(
                        "add {", stringify!($from), "}, {", stringify!($from), "}, {back}\n",
                        "ld1r {{{", stringify!($x), ":v}.2d}}, [{", stringify!($from), "}]",
                    ),)*
                    "ldp q20, q21, [{rest}]",
                    "ldp q22, q23, [{rest}, #32]",
                    $(one_step!($a, $b, $x, "20"),)*
                    $(one_step!($c, $d, $x, "21"),)*
                    $(one_step!($e, $f, $x, "22"),)*
                    $(one_step!($g, $h, $x, "23"),)*
                    "5:",
                    "ldp q24, q25, [{multipliers}]",
                    "dup v26.8h, {zero:w}",
                    $(add_up!($a, $b, $c, $d),)*
                    $(add_up!($e, $f, $g, $h),)*
                    "cbz {shift:w}, 6f",
                    "dup v27.4s, {shift:w}",
                    $(concat!("sshl {", stringify!($a), ":v}.4s, {", stringify!($a), ":v}.4s, v27.4s"),)*
                    $(concat!("sshl {", stringify!($e), ":v}.4s, {", stringify!($e), ":v}.4s, v27.4s"),)*
                    "6:",
                    $(concat!("sqdmulh {", stringify!($a), ":v}.4s, {", stringify!($a), ":v}.4s, v24.4s"),)*
                    $(concat!("sqdmulh {", stringify!($e), ":v}.4s, {", stringify!($e), ":v}.4s, v25.4s"),)*
                    $(concat!("sqrshrn {", stringify!($a), ":v}.4h, {", stringify!($a), ":v}.4s, #1"),)*
                    $(concat!("sqrshrn2 {", stringify!($a), ":v}.8h, {", stringify!($e), ":v}.4s, #1"),)*
                    $(concat!("sqadd {", stringify!($a), ":v}.8h, {", stringify!($a), ":v}.8h, v26.8h"),)*
                    before = in(reg) from.wrapping_sub(block.pitch),
                    pitch = in(reg) block.pitch,
                    $($from = out(reg) _,)*
                    $(
                        $x = out(vreg) _, $y = out(vreg) _,
                        $a = out(vreg) $a, $b = out(vreg) _, $c = out(vreg) _, $d = out(vreg) _,
                        $e = out(vreg) _, $f = out(vreg) _, $g = out(vreg) _, $h = out(vreg) _,
                    )*
                    bias = in(reg) block.bias.as_ptr(),
                    multipliers = in(reg) block.multipliers.as_ptr(),
                    zero = in(reg) block.finish.zero_point,
                    shift = in(reg) block.finish.shift,
                    weights = inout(reg) block.weights => _,
                    pairs = inout(reg) block.steps >> 1 => _,
                    steps = in(reg) block.steps,
                    rest = in(reg) block.rest,
                    back = in(reg) block.back,
                    out("v16") _, out("v17") _,
                    out("v20") _, out("v21") _, out("v22") _, out("v23") _,
                    out("v24") _, out("v25") _, out("v26") _, out("v27") _,
                    options(readonly, nostack)
                );
                [$($a),*]
            }
        }
    };
}

tile!(
    of_2,
    2,
    (before, f0, x0, y0, a0, b0, c0, d0, e0, g0, h0, i0),
    (f0, f1, x1, y1, a1, b1, c1, d1, e1, g1, h1, i1)
);
tile!(of_1, 1, (before, f0, x0, y0, a0, b0, c0, d0, e0, g0, h0, i0));

impl Tile for Plain {
    #[inline(always)]
    unsafe fn tile<const WIDE: bool>(
        block: &Block<WIDE>,
        count: usize,
        patches: *const i8,
        out: *mut i8,
    ) -> usize {
        // SAFETY: no more pixels than `count`; each has room for the block's eight channels. The rest
        // is the caller's promise.
        unsafe {
            if count < 2 {
                block.finish.store_pixels(out, block.stride, of_1(block, patches));
                return 1;
            }
            block.finish.store_pixels(out, block.stride, of_2(block, patches));
        }
        2
    }
}
