//! Sixteen or eight bytes between memory and a register, at any address.
//!
//! Bare-metal targets forbid LLVM unaligned accesses, and it would go byte by byte; `ld1` and `st1` of
//! bytes need no alignment on any memory, so there they are written out.

use core::arch::aarch64::{int8x8_t, int8x16_t, int32x4_t};

macro_rules! access {
    ($load:ident, $store:ident, $vector:ty, $form:literal) => {
        /// Loads a register.
        ///
        /// # Safety
        /// All bytes at `from` can be read.
        #[inline(always)]
        pub(super) unsafe fn $load(from: *const i8) -> $vector {
            #[cfg(target_os = "none")]
            {
                let vector;
                // SAFETY: the caller's promise.
                unsafe {
                    core::arch::asm!(
                        concat!("ld1 {{{0:v}.", $form, "}}, [{1}]"),
                        out(vreg) vector,
                        in(reg) from,
                        options(pure, readonly, nostack, preserves_flags)
                    );
                }
                vector
            }
            #[cfg(not(target_os = "none"))]
            // SAFETY: the caller's promise.
            unsafe {
                from.cast::<$vector>().read_unaligned()
            }
        }

        /// Stores a register.
        ///
        /// # Safety
        /// All bytes at `to` can be written.
        #[inline(always)]
        pub(super) unsafe fn $store(to: *mut i8, vector: $vector) {
            #[cfg(target_os = "none")]
            // SAFETY: the caller's promise.
            unsafe {
                core::arch::asm!(
                    concat!("st1 {{{0:v}.", $form, "}}, [{1}]"),
                    in(vreg) vector,
                    in(reg) to,
                    options(nostack, preserves_flags)
                );
            }
            #[cfg(not(target_os = "none"))]
            // SAFETY: the caller's promise.
            unsafe {
                to.cast::<$vector>().write_unaligned(vector);
            }
        }
    };
}

access!(load, store, int8x16_t, "16b");
access!(load_half, store_half, int8x8_t, "8b");
access!(load_words, store_words, int32x4_t, "16b");
