//! Depthwise taps with `sdot`, four at a time.
//!
//! What four taps read is transposed, so that a word holds a channel's four elements: two rounds of
//! zips turn four registers of 16 channels into four of four channels. `sdot` then adds four products
//! to each of four channels. Under a kernel of three by three a column of three rows is transposed
//! once for all windows that it lies in.

use core::arch::aarch64::*;
use core::arch::asm;

use super::depthwise::{Group, Run, Taps};
use super::vector::load;

/// With `sdot`.
pub(super) struct DotTaps;

/// Four registers of 16 bytes each, to four with word after word a byte of each of the four.
#[inline(always)]
fn transpose([a, b, c, d]: [int8x16_t; 4]) -> [int8x16_t; 4] {
    // SAFETY: every AArch64 core that Rust builds for has NEON.
    unsafe {
        let [low, high] = [vzip1q_s8(a, b), vzip2q_s8(a, b)].map(|x| vreinterpretq_s16_s8(x));
        let [low_2, high_2] = [vzip1q_s8(c, d), vzip2q_s8(c, d)].map(|x| vreinterpretq_s16_s8(x));
        [
            vzip1q_s16(low, low_2),
            vzip2q_s16(low, low_2),
            vzip1q_s16(high, high_2),
            vzip2q_s16(high, high_2),
        ]
        .map(|x| vreinterpretq_s8_s16(x))
    }
}

/// Adds four products in each of four lanes.
///
/// # Safety
/// The core has dot products.
#[inline(always)]
unsafe fn sdot(mut acc: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    // SAFETY: the caller's promise.
    unsafe {
        asm!(
            ".arch_extension dotprod",
            "sdot {0:v}.4s, {1:v}.16b, {2:v}.16b",
            inout(vreg) acc,
            in(vreg) a,
            in(vreg) b,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    acc
}

impl Taps for DotTaps {
    const COLUMNS: bool = true;

    #[inline(always)]
    fn arrange<const WIDE: bool, const N: usize>(group: &mut Group<WIDE, N>) {
        let fours = group.weights.as_chunks_mut::<4>().0;
        for four in fours.iter_mut().take(group.taps / 4) {
            *four = transpose(*four);
        }
    }

    #[inline(always)]
    unsafe fn pixel<const WIDE: bool, const N: usize>(
        group: &Group<WIDE, N>,
        places: &[*const i8; N],
        offset: usize,
        out: *mut i8,
    ) {
        let mut acc = group.bias;
        let weights = group.weights.as_chunks::<4>().0.iter();
        let places = places.as_chunks::<4>().0.iter();
        for (weights, places) in weights.zip(places).take(group.taps / 4) {
            // SAFETY: the caller's promise.
            unsafe {
                let elements = transpose(places.map(|place| load(place.wrapping_add(offset))));
                for (acc, (a, b)) in acc.iter_mut().zip(elements.into_iter().zip(*weights)) {
                    *acc = sdot(*acc, a, b);
                }
            }
        }
        // SAFETY: the caller's promise.
        unsafe { group.finish(acc, out) };
    }

    #[inline(always)]
    unsafe fn three<const WIDE: bool, const N: usize, const STRIDE: usize>(
        group: &Group<WIDE, N>,
        run: &Run,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            if STRIDE == 1 {
                stride_1(group, run);
            } else {
                stride_2(group, run);
            }
        }
    }
}

/// Loads a column of three rows and transposes it into four registers. The fourth row is the third
/// again: its weight is 0.
macro_rules! column {
    ($a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            "ld1 {{v0.16b}}, [{r0}], {step}\n",
            "ld1 {{v1.16b}}, [{r1}], {step}\n",
            "ld1 {{v2.16b}}, [{r2}], {step}\n",
            "zip1 v3.16b, v0.16b, v1.16b\n",
            "zip2 v0.16b, v0.16b, v1.16b\n",
            "zip1 v1.16b, v2.16b, v2.16b\n",
            "zip2 v2.16b, v2.16b, v2.16b\n",
            "zip1 v", $a, ".8h, v3.8h, v1.8h\n",
            "zip2 v", $b, ".8h, v3.8h, v1.8h\n",
            "zip1 v", $c, ".8h, v0.8h, v2.8h\n",
            "zip2 v", $d, ".8h, v0.8h, v2.8h\n",
        )
    };
}

/// A pixel under three columns, the first of which is not needed again: multipliers take its place.
macro_rules! pixel {
    (
        ($a0:literal, $a1:literal, $a2:literal, $a3:literal),
        ($b0:literal, $b1:literal, $b2:literal, $b3:literal),
        ($c0:literal, $c1:literal, $c2:literal, $c3:literal)
    ) => {
        concat!(
            "ldp q0, q1, [{bias}]\n",
            "ldp q2, q3, [{bias}, #32]\n",
            "sdot v0.4s, v", $a0, ".16b, v16.16b\n",
            "sdot v1.4s, v", $a1, ".16b, v17.16b\n",
            "sdot v2.4s, v", $a2, ".16b, v18.16b\n",
            "sdot v3.4s, v", $a3, ".16b, v19.16b\n",
            "ldp q", $a0, ", q", $a1, ", [{multipliers}]\n",
            "ldp q", $a2, ", q", $a3, ", [{multipliers}, #32]\n",
            "sdot v0.4s, v", $b0, ".16b, v20.16b\n",
            "sdot v1.4s, v", $b1, ".16b, v21.16b\n",
            "sdot v2.4s, v", $b2, ".16b, v22.16b\n",
            "sdot v3.4s, v", $b3, ".16b, v23.16b\n",
            "sdot v0.4s, v", $c0, ".16b, v24.16b\n",
            "sdot v1.4s, v", $c1, ".16b, v25.16b\n",
            "sdot v2.4s, v", $c2, ".16b, v26.16b\n",
            "sdot v3.4s, v", $c3, ".16b, v27.16b\n",
            "cbz {shift:w}, 7f\n",
            "sshl v0.4s, v0.4s, v31.4s\n",
            "sshl v1.4s, v1.4s, v31.4s\n",
            "sshl v2.4s, v2.4s, v31.4s\n",
            "sshl v3.4s, v3.4s, v31.4s\n",
            "7:\n",
            "sqdmulh v0.4s, v0.4s, v", $a0, ".4s\n",
            "sqdmulh v1.4s, v1.4s, v", $a1, ".4s\n",
            "sqdmulh v2.4s, v2.4s, v", $a2, ".4s\n",
            "sqdmulh v3.4s, v3.4s, v", $a3, ".4s\n",
            "sqrshrn v0.4h, v0.4s, #1\n",
            "sqrshrn v2.4h, v2.4s, #1\n",
            "sqrshrn2 v0.8h, v1.4s, #1\n",
            "sqrshrn2 v2.8h, v3.4s, #1\n",
            "sqadd v0.8h, v0.8h, v28.8h\n",
            "sqadd v2.8h, v2.8h, v28.8h\n",
            "sqxtn v0.8b, v0.8h\n",
            "sqxtn2 v0.16b, v2.8h\n",
            "smax v0.16b, v0.16b, v29.16b\n",
            "smin v0.16b, v0.16b, v30.16b\n",
            "st1 {{v0.16b}}, [{out}], {out_step}\n",
        )
    };
}

/// A function over a run of pixels, whose text these are. Columns live in v4 to v15, one after the
/// other, and each in the place of one that is not needed any more.
macro_rules! run {
    ($name:ident, [$($text:expr),*]) => {
        /// # Safety
        /// As of [`Taps::three`].
        #[inline(always)]
        unsafe fn $name<const WIDE: bool, const N: usize>(group: &Group<WIDE, N>, run: &Run) {
            let [w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, ..] = group.weights.as_slice() else {
                return;
            };
            let [r0, r1, r2] = run.rows;
            let shift = group.finish.shift;
            // SAFETY: the caller's promise; biases and multipliers of the group are 64 bytes each.
            unsafe {
                asm!(
                    ".arch_extension dotprod",
                    $($text,)*
                    "9:",
                    r0 = inout(reg) r0 => _,
                    r1 = inout(reg) r1 => _,
                    r2 = inout(reg) r2 => _,
                    step = in(reg) run.step,
                    out = inout(reg) run.out => _,
                    out_step = in(reg) run.out_step,
                    count = inout(reg) run.count => _,
                    bias = in(reg) group.bias.as_ptr(),
                    multipliers = in(reg) group.multipliers.as_ptr(),
                    shift = in(reg) shift,
                    in("v16") *w0, in("v17") *w1, in("v18") *w2, in("v19") *w3,
                    in("v20") *w4, in("v21") *w5, in("v22") *w6, in("v23") *w7,
                    in("v24") *w8, in("v25") *w9, in("v26") *w10, in("v27") *w11,
                    in("v28") group.finish.zero,
                    in("v29") group.finish.lo,
                    in("v30") group.finish.hi,
                    in("v31") vdupq_n_s32(shift),
                    out("v0") _, out("v1") _, out("v2") _, out("v3") _,
                    out("v4") _, out("v5") _, out("v6") _, out("v7") _,
                    out("v8") _, out("v9") _, out("v10") _, out("v11") _,
                    out("v12") _, out("v13") _, out("v14") _, out("v15") _,
                    options(nostack)
                );
            }
        }
    };
}

run!(
    stride_1,
    [
        column!(4, 5, 6, 7),
        column!(8, 9, 10, 11),
        "2:",
        column!(12, 13, 14, 15),
        pixel!((4, 5, 6, 7), (8, 9, 10, 11), (12, 13, 14, 15)),
        "subs {count}, {count}, #1",
        "b.eq 9f",
        column!(4, 5, 6, 7),
        pixel!((8, 9, 10, 11), (12, 13, 14, 15), (4, 5, 6, 7)),
        "subs {count}, {count}, #1",
        "b.eq 9f",
        column!(8, 9, 10, 11),
        pixel!((12, 13, 14, 15), (4, 5, 6, 7), (8, 9, 10, 11)),
        "subs {count}, {count}, #1",
        "b.ne 2b"
    ]
);
run!(
    stride_2,
    [
        column!(4, 5, 6, 7),
        "2:",
        column!(8, 9, 10, 11),
        column!(12, 13, 14, 15),
        pixel!((4, 5, 6, 7), (8, 9, 10, 11), (12, 13, 14, 15)),
        "subs {count}, {count}, #1",
        "b.eq 9f",
        column!(4, 5, 6, 7),
        column!(8, 9, 10, 11),
        pixel!((12, 13, 14, 15), (4, 5, 6, 7), (8, 9, 10, 11)),
        "subs {count}, {count}, #1",
        "b.eq 9f",
        column!(12, 13, 14, 15),
        column!(4, 5, 6, 7),
        pixel!((8, 9, 10, 11), (12, 13, 14, 15), (4, 5, 6, 7)),
        "subs {count}, {count}, #1",
        "b.ne 2b"
    ]
);
