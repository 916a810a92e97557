//! `vpdpbusd`: in each lane, four unsigned bytes times four signed ones, added to a sum of 32 bits that wraps.
//!
//! There are two encodings of it, which mean the same: that of AVX-VNNI, and the older one of AVX-512. A
//! function that may use AVX-512 would be given its registers and masks as well. Written as assembly, the
//! instruction is all that differs between kernels for the one and for the other: so processors with AVX-512
//! test the kernels of those without.

use core::arch::{asm, x86_64::__m256i};

/// An encoding of `vpdpbusd`.
pub trait Dot {
    /// `sums` and the products of `unsigned` and `signed`.
    ///
    /// # Safety
    /// The processor knows the encoding.
    unsafe fn dot(sums: __m256i, unsigned: __m256i, signed: __m256i) -> __m256i;
}

/// As AVX-VNNI has it.
pub struct Vex;

/// As AVX-512 VNNI with VL has it.
pub struct Evex;

macro_rules! encoding {
    ($name:ident, $instruction:literal) => {
        impl Dot for $name {
            #[inline]
            #[target_feature(enable = "avx2")]
            unsafe fn dot(sums: __m256i, unsigned: __m256i, signed: __m256i) -> __m256i {
                let more;
                // SAFETY: the processor knows the instruction, which takes registers to a register.
                unsafe {
                    asm!(concat!($instruction, " {0}, {1}, {2}"),
                        inlateout(ymm_reg) sums => more, in(ymm_reg) unsigned, in(ymm_reg) signed,
                        options(pure, nomem, nostack, preserves_flags));
                }
                more
            }
        }
    };
}

encoding!(Vex, "{{vex}} vpdpbusd");
encoding!(Evex, "{{evex}} vpdpbusd");
