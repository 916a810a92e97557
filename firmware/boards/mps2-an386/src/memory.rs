//! The two large pieces of memory: the arena and the place of the blob.

use core::mem::MaybeUninit;
use core::ptr::addr_of_mut;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::budget::{ARENA_BYTES, BLOB_ADDRESS, BLOB_BYTES};

const ENTRIES: usize = ARENA_BYTES / size_of::<u16>();

/// Aligned as the widest load of any kernel likes it.
#[repr(align(16))]
struct Arena(MaybeUninit<[u16; ENTRIES]>);

/// Outside `.bss`: the runtime writes every row before it reads it, so boot need not clear it all.
#[unsafe(link_section = ".uninit.ARENA")]
static mut ARENA: Arena = Arena(MaybeUninit::uninit());

/// The arena, for the one who asks first.
pub fn arena() -> Option<&'static mut [u16]> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    if TAKEN.load(Ordering::Relaxed) {
        return None;
    }
    TAKEN.store(true, Ordering::Relaxed);
    let arena = addr_of_mut!(ARENA);
    // SAFETY: `TAKEN` lets only the first caller here, on a board of one core and without
    // interrupts, so nobody else refers to the static. Writing zeros to all of it makes it an
    // initialized array of u16 before it is borrowed as one.
    unsafe {
        arena.write_bytes(0, 1);
        Some((*arena).0.assume_init_mut())
    }
}

/// All of the memory that is kept for a blob.
pub fn blob_region() -> &'static [u8] {
    let start = core::ptr::with_exposed_provenance::<u8>(BLOB_ADDRESS);
    // SAFETY: `board.toml` gives a range of the board's PSRAM, which is memory from reset on, holds
    // neither code nor variables of this firmware (memory.x does not mention it), and is written
    // by nobody while the firmware runs.
    unsafe { core::slice::from_raw_parts(start, BLOB_BYTES) }
}
