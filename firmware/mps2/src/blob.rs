//! The place of the blob.

/// The memory that is kept for a blob.
pub struct BlobRegion(&'static [u8]);

impl BlobRegion {
    /// So many bytes from `address` on.
    ///
    /// # Safety
    /// They have to be memory from reset on that holds neither code nor variables of this firmware, and
    /// that nobody writes while it runs.
    pub unsafe fn at(address: usize, bytes: usize) -> Self {
        let start = core::ptr::with_exposed_provenance::<u8>(address);
        // SAFETY: by the promise of the caller this is memory that is initialized, for the emulator (or
        // whoever programs the board) fills it, and that stays as it is.
        Self(unsafe { core::slice::from_raw_parts(start, bytes) })
    }

    /// All of it.
    pub fn bytes(&self) -> &'static [u8] {
        self.0
    }
}
