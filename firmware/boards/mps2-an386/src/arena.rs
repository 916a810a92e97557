//! The arena, of exactly the bytes that the build was asked for, between two canaries.

use core::mem::{MaybeUninit, offset_of};
use core::ptr::addr_of_mut;
use core::sync::atomic::{AtomicBool, Ordering};

use tidbit_app::Fence;

use crate::budget::ARENA_BYTES;

/// Bytes of a canary. A multiple of the alignment, so that the arena is aligned as well.
const CANARY_BYTES: usize = 48;

type Canary = [u8; CANARY_BYTES];

/// No two bytes are alike and none is zero: neither a fill nor a copy of a piece goes unseen.
const CANARY: Canary = {
    let mut canary = [0; CANARY_BYTES];
    let mut at = 0;
    while at < CANARY_BYTES {
        canary[at] = 0xc9 ^ (at as u8).wrapping_mul(5);
        at += 1;
    }
    canary
};

/// Aligned as the widest load of any kernel likes it. All fields are bytes, so nothing lies
/// between them: the canary behind begins at the very next byte, however long the arena is.
#[repr(C, align(16))]
struct Fenced {
    front: Canary,
    arena: [u8; ARENA_BYTES],
    back: Canary,
}

const _: () = {
    let arena = offset_of!(Fenced, arena);
    assert!(arena == CANARY_BYTES && arena.is_multiple_of(align_of::<Fenced>()));
    assert!(offset_of!(Fenced, back) == arena + ARENA_BYTES);
};

/// Outside `.bss`: boot need not clear it, for the one who takes it does.
#[unsafe(link_section = ".uninit.ARENA")]
static mut ARENA: MaybeUninit<Fenced> = MaybeUninit::uninit();

/// The canaries; there is one value of this, and whoever has it reads and writes them alone.
pub struct Canaries(());

/// The arena and its fence, for the one who asks first.
pub fn take() -> Option<(&'static mut [u8], Canaries)> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    if TAKEN.load(Ordering::Relaxed) {
        return None;
    }
    TAKEN.store(true, Ordering::Relaxed);
    let fenced: *mut Fenced = addr_of_mut!(ARENA).cast();
    // SAFETY: the pointer is that of a static, of its own length and alignment. `TAKEN` lets only
    // the first caller here, on a board of one core and without interrupts, so nobody else refers
    // to it yet. Writing zeros to all of it makes `arena` an initialized array of bytes before it
    // is borrowed as one, for ever and only here; the canaries are never borrowed, only accessed
    // through raw pointers to other bytes than these.
    let arena = unsafe {
        fenced.write_bytes(0, 1);
        &mut *addr_of_mut!((*fenced).arena)
    };
    let mut canaries = Canaries(());
    canaries.raise();
    Some((arena, canaries))
}

impl Canaries {
    /// Both canaries.
    fn places() -> [*mut Canary; 2] {
        let fenced: *mut Fenced = addr_of_mut!(ARENA).cast();
        // SAFETY: fields of a static are within it, whatever its bytes are.
        unsafe { [addr_of_mut!((*fenced).front), addr_of_mut!((*fenced).back)] }
    }
}

impl Fence for Canaries {
    fn raise(&mut self) {
        for place in Self::places() {
            // SAFETY: a canary is a place of the static, bytes have no alignment to keep, and no
            // reference to it exists: see `take`.
            unsafe { place.write_volatile(CANARY) };
        }
    }

    /// Reads them anew each time: by the rules of the language they cannot have changed since
    /// `raise`, so an ordinary read might be optimized away.
    fn intact(&self) -> bool {
        let stands = |place: *mut Canary| {
            // SAFETY: as in `raise`, which initialized it.
            let found = unsafe { place.read_volatile() };
            found == CANARY
        };
        Self::places().into_iter().all(stands)
    }
}
