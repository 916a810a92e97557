//! Whether the core has NEON, which a Cortex-A of 32 bits need not have.

/// Linux tells every program in its auxiliary vector.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn has_neon() -> bool {
    use core::ffi::c_ulong;
    unsafe extern "C" {
        safe fn getauxval(entry: c_ulong) -> c_ulong;
    }
    const AT_HWCAP: c_ulong = 16;
    getauxval(AT_HWCAP) >> 12 & 1 != 0
}

/// Elsewhere nobody tells a program that has no privilege: whoever builds for a core without NEON says
/// `--cfg tidbit_backend="scalar"`.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn has_neon() -> bool {
    true
}
