//! The place of the blob.

/// All of the memory that is kept for a blob.
///
/// # Safety
/// This is a range of the board's DRAM, mapped, which holds neither code nor variables of the firmware
/// and is written by nobody while it runs.
pub unsafe fn region(address: usize, bytes: usize) -> &'static [u8] {
    let start = core::ptr::with_exposed_provenance::<u8>(address);
    // SAFETY: the promise of the caller.
    unsafe { core::slice::from_raw_parts(start, bytes) }
}
