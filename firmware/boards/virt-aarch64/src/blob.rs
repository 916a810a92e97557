//! The place of the blob.

use crate::budget::{BLOB_ADDRESS, BLOB_BYTES};

/// All of the memory that is kept for a blob.
pub fn region() -> &'static [u8] {
    let start = core::ptr::with_exposed_provenance::<u8>(BLOB_ADDRESS);
    // SAFETY: `board.toml` gives a range of the board's DRAM, which is there and mapped from the
    // first instruction of Rust on, holds neither code nor variables of this firmware (memory.x
    // does not mention it), and is written by nobody while the firmware runs.
    unsafe { core::slice::from_raw_parts(start, BLOB_BYTES) }
}
