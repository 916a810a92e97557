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

macro_rules! vex {
    () => {
        "{{vex}} vpdpbusd"
    };
}

macro_rules! evex {
    () => {
        "{{evex}} vpdpbusd"
    };
}

macro_rules! encoding {
    ($name:ident, $instruction:ident) => {
        impl Dot for $name {
            #[inline]
            #[target_feature(enable = "avx2")]
            unsafe fn dot(sums: __m256i, unsigned: __m256i, signed: __m256i) -> __m256i {
                let more;
                // SAFETY: the processor knows the instruction, which takes registers to a register.
                unsafe {
                    asm!(concat!($instruction!(), " {0}, {1}, {2}"),
                        inlateout(ymm_reg) sums => more, in(ymm_reg) unsigned, in(ymm_reg) signed,
                        options(pure, nomem, nostack, preserves_flags));
                }
                more
            }
        }
    };
}

encoding!(Vex, vex);
encoding!(Evex, evex);

#[cfg(test)]
mod tests {
    use super::asm;

    /// The bytes of an instruction on three registers; it is not executed.
    macro_rules! assembled {
        ($instruction:ident) => {{
            let (start, end): (*const u8, *const u8);
            // SAFETY: two addresses are taken, of which the first is that of the bytes that are jumped over.
            unsafe {
                asm!("lea {0}, [rip + 2f]",
                    "lea {1}, [rip + 3f]",
                    "jmp 3f",
                    "2:",
                    concat!($instruction!(), " ymm7, ymm11, ymm3"),
                    "3:",
                    out(reg) start, out(reg) end, options(nomem, nostack, preserves_flags));
                core::slice::from_raw_parts(start, end.offset_from_unsigned(start))
            }
        }};
    }

    /// Where no processor with AVX-VNNI runs the tests, this alone tells the encodings apart. The bytes are
    /// those of Intel's manual: `VEX.256.66.0F38.W0 50 /r` and `EVEX.256.66.0F38.W0 50 /r`.
    #[test]
    fn each_encoding_is_the_manuals() {
        assert_eq!(assembled!(vex), [0xc4, 0xe2, 0x25, 0x50, 0xfb]);
        assert_eq!(assembled!(evex), [0x62, 0xf2, 0x25, 0x28, 0x50, 0xfb]);
    }
}
