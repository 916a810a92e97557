//! The arena, of exactly the bytes that the build was asked for, between two canaries.

use core::cell::UnsafeCell;
use core::mem::{MaybeUninit, offset_of};
use core::ptr::addr_of_mut;
use core::sync::atomic::{AtomicBool, Ordering};

use tidbit_app::Fence;

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
struct Fenced<const BYTES: usize> {
    front: Canary,
    arena: [u8; BYTES],
    back: Canary,
}

impl<const BYTES: usize> Fenced<BYTES> {
    const LAID_OUT: () = {
        let arena = offset_of!(Self, arena);
        assert!(arena == CANARY_BYTES && arena.is_multiple_of(align_of::<Self>()));
        assert!(offset_of!(Self, back) == arena + BYTES);
    };
}

/// The arena of a board, for one `static`: a board has one. It may lie in memory that boot does not
/// clear, for the one who takes it does.
#[repr(transparent)]
pub struct Arena<const BYTES: usize>(UnsafeCell<MaybeUninit<Fenced<BYTES>>>);

// SAFETY: `take` alone reaches inside, and hands the inside out once.
unsafe impl<const BYTES: usize> Sync for Arena<BYTES> {}

/// Whether the board's arena is taken.
static TAKEN: AtomicBool = AtomicBool::new(false);

impl<const BYTES: usize> Arena<BYTES> {
    /// An arena that nobody has taken yet.
    #[expect(
        clippy::new_without_default,
        reason = "a static is made by a const function"
    )]
    pub const fn new() -> Self {
        const { Fenced::<BYTES>::LAID_OUT };
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// The arena, cleared, and its fence, for the one who asks first.
    #[expect(clippy::mut_from_ref, reason = "`TAKEN` lets it happen once")]
    pub fn take(&'static self) -> Option<(&'static mut [u8], Canaries)> {
        if TAKEN.load(Ordering::Relaxed) {
            return None;
        }
        TAKEN.store(true, Ordering::Relaxed);
        let fenced: *mut Fenced<BYTES> = self.0.get().cast();
        // SAFETY: the pointer is that of a static, of its own length and alignment. `TAKEN` lets
        // only the first caller here, on a board of one core and without interrupts, so nobody else
        // refers to it yet. Writing zeros to all of it makes `arena` an initialized array of bytes
        // before it is borrowed as one, for ever and only here; the canaries are never borrowed,
        // only accessed through raw pointers to other bytes than these.
        let (arena, places) = unsafe {
            fenced.write_bytes(0, 1);
            let places = [addr_of_mut!((*fenced).front), addr_of_mut!((*fenced).back)];
            (&mut *addr_of_mut!((*fenced).arena), places)
        };
        let mut canaries = Canaries(places);
        canaries.raise();
        Some((arena, canaries))
    }
}

/// The canaries; there is one value of this, and whoever has it reads and writes them alone.
pub struct Canaries([*mut Canary; 2]);

impl Fence for Canaries {
    fn raise(&mut self) {
        for place in self.0 {
            for (at, byte) in CANARY.into_iter().enumerate() {
                // SAFETY: a canary is a place of the static, bytes have no alignment to keep, and no
                // reference to it exists: see `Arena::take`.
                unsafe { place.cast::<u8>().add(at).write_volatile(byte) };
            }
        }
    }

    /// Reads them anew each time: by the rules of the language they cannot have changed since
    /// `raise`, so an ordinary read might be optimized away.
    fn intact(&self) -> bool {
        let stands = |place: *mut Canary| {
            CANARY.into_iter().enumerate().all(|(at, byte)| {
                // SAFETY: as in `raise`, which initialized it.
                byte == unsafe { place.cast::<u8>().add(at).read_volatile() }
            })
        };
        self.0.into_iter().all(stands)
    }
}
