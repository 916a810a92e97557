//! What the core can do beyond plain NEON.

/// Instructions that backends are made of.
#[derive(Clone, Copy)]
pub(super) struct Features {
    /// Dot products of int8 (`sdot`).
    pub(super) dotprod: bool,
    /// Matrix products of int8 (`smmla`).
    pub(super) i8mm: bool,
}

/// What the core can do: what the build was told of it, and what the system says.
pub(super) fn features() -> Features {
    let found = ask();
    Features {
        dotprod: cfg!(target_feature = "dotprod") || found.dotprod,
        i8mm: cfg!(target_feature = "i8mm") || found.i8mm,
    }
}

/// Linux tells every program in its auxiliary vector.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn ask() -> Features {
    use core::ffi::c_ulong;
    unsafe extern "C" {
        safe fn getauxval(entry: c_ulong) -> c_ulong;
    }
    const AT_HWCAP: c_ulong = 16;
    const AT_HWCAP2: c_ulong = 26;
    Features {
        dotprod: getauxval(AT_HWCAP) >> 20 & 1 != 0,
        i8mm: getauxval(AT_HWCAP2) >> 13 & 1 != 0,
    }
}

/// Without a system the identification registers tell: firmware runs at EL1 or above, where they can
/// be read.
#[cfg(target_os = "none")]
fn ask() -> Features {
    let (isar0, isar1): (u64, u64);
    // SAFETY: reads two registers that every AArch64 core has, and changes nothing.
    unsafe {
        core::arch::asm!(
            "mrs {0}, ID_AA64ISAR0_EL1",
            "mrs {1}, ID_AA64ISAR1_EL1",
            out(reg) isar0,
            out(reg) isar1,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    Features {
        dotprod: isar0 >> 44 & 0xf != 0,
        i8mm: isar1 >> 52 & 0xf != 0,
    }
}

/// Elsewhere only the build tells.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "none")))]
fn ask() -> Features {
    Features {
        dotprod: false,
        i8mm: false,
    }
}

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    #[test]
    fn agrees_with_the_standard_library() {
        let found = super::features();
        let dotprod = std::arch::is_aarch64_feature_detected!("dotprod");
        assert_eq!(found.dotprod, dotprod);
        assert_eq!(found.i8mm, std::arch::is_aarch64_feature_detected!("i8mm"));
    }
}
