//! Depthwise kernels of three by three with `sdot`.
//!
//! A column of three rows is transposed as it comes, so that a word holds a channel's three elements
//! and a fourth whose weight is 0. A pixel is then twelve `sdot`, four to a column. On average a pixel
//! of 16 channels takes 45 instructions where the window moves by one column.

use core::arch::aarch64::{int8x16_t, vdupq_n_s8, vdupq_n_s32};
use core::arch::asm;

use super::taps_dot::transpose;
use super::three::{Row, Three};
use super::tile_dot::Dot;
use super::walk::{finish, next_column, next_run, strides, walk};

/// Loads a column of three rows and transposes it into four registers; the fourth element is the
/// third again.
macro_rules! column {
    (a, $turn:literal, $then:literal) => {
        column!($turn, $then, "v4", "v5", "v6", "v7")
    };
    (b, $turn:literal, $then:literal) => {
        column!($turn, $then, "v8", "v9", "v10", "v11")
    };
    (c, $turn:literal, $then:literal) => {
        column!($turn, $then, "v12", "v13", "v14", "v15")
    };
    ($turn:literal, $then:literal, $a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            next_column!($turn, $then),
            "ld1 {{v0.16b}}, [{r0}], {step}\n",
            "ld1 {{v1.16b}}, [{r1}], {step}\n",
            "ld1 {{v2.16b}}, [{r2}], {step}\n",
            "zip1 v3.16b, v0.16b, v1.16b\n",
            "zip2 v0.16b, v0.16b, v1.16b\n",
            "zip1 v1.16b, v2.16b, v2.16b\n",
            "zip2 v2.16b, v2.16b, v2.16b\n",
            "zip1 ",
            $a,
            ".8h, v3.8h, v1.8h\n",
            "zip2 ",
            $b,
            ".8h, v3.8h, v1.8h\n",
            "zip1 ",
            $c,
            ".8h, v0.8h, v2.8h\n",
            "zip2 ",
            $d,
            ".8h, v0.8h, v2.8h\n",
        )
    };
}

/// A pixel under three columns. The first is not needed again, so multipliers take its place.
macro_rules! pixel {
    (a, b, c) => {
        pixel!(
            ("4", "5", "6", "7"),
            ("8", "9", "10", "11"),
            ("12", "13", "14", "15")
        )
    };
    (b, c, a) => {
        pixel!(
            ("8", "9", "10", "11"),
            ("12", "13", "14", "15"),
            ("4", "5", "6", "7")
        )
    };
    (c, a, b) => {
        pixel!(
            ("12", "13", "14", "15"),
            ("4", "5", "6", "7"),
            ("8", "9", "10", "11")
        )
    };
    (
        ($a0:literal, $a1:literal, $a2:literal, $a3:literal),
        ($b0:literal, $b1:literal, $b2:literal, $b3:literal),
        ($c0:literal, $c1:literal, $c2:literal, $c3:literal)
    ) => {
        concat!(
            "ldp q0, q1, [{bias}]\n",
            "ldp q2, q3, [{bias}, #32]\n",
            "sdot v0.4s, v",
            $a0,
            ".16b, v16.16b\n",
            "sdot v1.4s, v",
            $a1,
            ".16b, v17.16b\n",
            "sdot v2.4s, v",
            $a2,
            ".16b, v18.16b\n",
            "sdot v3.4s, v",
            $a3,
            ".16b, v19.16b\n",
            "ldp q",
            $a0,
            ", q",
            $a1,
            ", [{multipliers}]\n",
            "ldp q",
            $a2,
            ", q",
            $a3,
            ", [{multipliers}, #32]\n",
            "sdot v0.4s, v",
            $b0,
            ".16b, v20.16b\n",
            "sdot v1.4s, v",
            $b1,
            ".16b, v21.16b\n",
            "sdot v2.4s, v",
            $b2,
            ".16b, v22.16b\n",
            "sdot v3.4s, v",
            $b3,
            ".16b, v23.16b\n",
            "sdot v0.4s, v",
            $c0,
            ".16b, v24.16b\n",
            "sdot v1.4s, v",
            $c1,
            ".16b, v25.16b\n",
            "sdot v2.4s, v",
            $c2,
            ".16b, v26.16b\n",
            "sdot v3.4s, v",
            $c3,
            ".16b, v27.16b\n",
            finish!($a0, $a1, $a2, $a3),
        )
    };
}

impl Three for Dot {
    #[inline(always)]
    unsafe fn row<const STRIDE: usize>(weights: &[[int8x16_t; 3]; 3], row: &Row) {
        let [[a, b, c], [d, e, f], [g, h, i]] = *weights;
        // SAFETY: the caller's promise; the biases are 64 bytes.
        unsafe {
            let zero = vdupq_n_s8(0);
            let [w16, w17, w18, w19] = transpose([a, d, g, zero]);
            let [w20, w21, w22, w23] = transpose([b, e, h, zero]);
            let [w24, w25, w26, w27] = transpose([c, f, i, zero]);
            strides!(
                ".arch_extension dotprod",
                column,
                pixel,
                row,
                [
                    "v16" = w16,
                    "v17" = w17,
                    "v18" = w18,
                    "v19" = w19,
                    "v20" = w20,
                    "v21" = w21,
                    "v22" = w22,
                    "v23" = w23,
                    "v24" = w24,
                    "v25" = w25,
                    "v26" = w26,
                    "v27" = w27,
                ],
                []
            );
        }
    }
}
