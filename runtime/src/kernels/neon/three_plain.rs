//! Depthwise kernels of three by three with `smull`: for cores with plain NEON.
//!
//! The products of two taps are added up in 16 bits, which they fit since no weight is -128, and then
//! go to 32 bits. On average a pixel of 16 channels takes 66 instructions where the window moves by
//! one column.

use core::arch::aarch64::{int8x16_t, vdupq_n_s32};
use core::arch::asm;

use super::three::{Row, Three};
use super::tile_plain::Plain;
use super::walk::{finish, next_column, next_run, strides, walk};

/// Loads a column of three rows.
macro_rules! column {
    (a, $turn:literal, $then:literal) => {
        column!($turn, $then, "v4", "v5", "v6")
    };
    (b, $turn:literal, $then:literal) => {
        column!($turn, $then, "v7", "v8", "v9")
    };
    (c, $turn:literal, $then:literal) => {
        column!($turn, $then, "v10", "v11", "v12")
    };
    ($turn:literal, $then:literal, $a:literal, $b:literal, $c:literal) => {
        concat!(
            next_column!($turn, $then),
            "ld1 {{",
            $a,
            ".16b}}, [{r0}], {step}\n",
            "ld1 {{",
            $b,
            ".16b}}, [{r1}], {step}\n",
            "ld1 {{",
            $c,
            ".16b}}, [{r2}], {step}\n",
        )
    };
}

/// Two taps, from the first of two registers each and by weights of the second.
macro_rules! taps {
    ($a:literal, $w:literal, $b:literal, $v:literal, $low:literal, $high:literal) => {
        concat!(
            "smull v", $low, ".8h, v", $a, ".8b, v", $w, ".8b\n", "smull2 v", $high, ".8h, v", $a,
            ".16b, v", $w, ".16b\n", "smlal v", $low, ".8h, v", $b, ".8b, v", $v, ".8b\n",
            "smlal2 v", $high, ".8h, v", $b, ".16b, v", $v, ".16b\n",
        )
    };
}

/// 16 sums of 16 bits, to be added to those of 32.
macro_rules! add {
    ($low:literal, $high:literal) => {
        concat!(
            "saddw v0.4s, v0.4s, v",
            $low,
            ".4h\n",
            "saddw2 v1.4s, v1.4s, v",
            $low,
            ".8h\n",
            "saddw v2.4s, v2.4s, v",
            $high,
            ".4h\n",
            "saddw2 v3.4s, v3.4s, v",
            $high,
            ".8h\n",
        )
    };
}

/// A pixel under three columns.
macro_rules! pixel {
    (a, b, c) => {
        pixel!("4", "5", "6", "7", "8", "9", "10", "11", "12")
    };
    (b, c, a) => {
        pixel!("7", "8", "9", "10", "11", "12", "4", "5", "6")
    };
    (c, a, b) => {
        pixel!("10", "11", "12", "4", "5", "6", "7", "8", "9")
    };
    (
        $a0:literal, $a1:literal, $a2:literal,
        $b0:literal, $b1:literal, $b2:literal,
        $c0:literal, $c1:literal, $c2:literal
    ) => {
        concat!(
            "ldp q0, q1, [{bias}]\n",
            "ldp q2, q3, [{bias}, #32]\n",
            taps!($a0, "16", $a1, "19", "13", "14"),
            taps!($a2, "22", $b0, "17", "15", "25"),
            add!("13", "14"),
            taps!($b1, "20", $b2, "23", "26", "27"),
            add!("15", "25"),
            taps!($c0, "18", $c1, "21", "13", "14"),
            add!("26", "27"),
            "smull v15.8h, v",
            $c2,
            ".8b, v24.8b\n",
            "smull2 v25.8h, v",
            $c2,
            ".16b, v24.16b\n",
            add!("13", "14"),
            "ldp q26, q27, [{multipliers}]\n",
            "ldp q13, q14, [{multipliers}, #32]\n",
            add!("15", "25"),
            finish!("26", "27", "13", "14"),
        )
    };
}

impl Three for Plain {
    #[inline(always)]
    unsafe fn row<const STRIDE: usize>(weights: &[[int8x16_t; 3]; 3], row: &Row) {
        let [[a, b, c], [d, e, f], [g, h, i]] = *weights;
        // SAFETY: the caller's promise; the biases are 64 bytes.
        unsafe {
            strides!("", column, pixel, row, [
                "v16" = a, "v17" = b, "v18" = c, "v19" = d, "v20" = e,
                "v21" = f, "v22" = g, "v23" = h, "v24" = i,
            ], [
                out("v25") _, out("v26") _, out("v27") _,
            ]);
        }
    }
}
