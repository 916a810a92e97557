//! The program that runs nets: brings the board's parts to [`tidbit_app`], which does the rest.

use tidbit_app::{Board, Budget, Counter, Line, Memory, Trace, find_blob};
use tidbit_parts::{Arena, Painted};

use crate::{Link, NoPin, halt};

/// The statics of a board's program, and `run`, which is what its `main` does once exceptions are caught.
/// `$budget` is the module of the board's budgets, `$counter` starts its counter.
#[macro_export]
macro_rules! program {
    ($budget:ident, $counter:expr) => {
        /// Outside of what boot clears.
        #[unsafe(link_section = ".bss.uninit.ARENA")]
        static ARENA: $crate::Arena<{ $budget::ARENA_BYTES }> = $crate::Arena::new();

        static mut BUFFERS: $crate::Buffers<{ $budget::BUFFER_BYTES / size_of::<u16>() }> =
            $crate::Buffers::new();

        /// Answers the host until the link is gone.
        ///
        /// # Safety
        /// It is called once.
        unsafe fn run() -> ! {
            // SAFETY: this function runs once, and nobody else refers to this static.
            let buffers = unsafe { &mut *core::ptr::addr_of_mut!(BUFFERS) };
            // SAFETY: `board.toml` gives a range of the board's DRAM, which is mapped from the first
            // instruction of Rust on, and which memory.x does not mention; so no code and no variable lies
            // there.
            let blob = unsafe { $crate::region($budget::BLOB_ADDRESS, $budget::BLOB_BYTES) };
            let own = $crate::Budget {
                board: $budget::NAME,
                stack_bytes: $budget::STACK_BYTES,
            };
            $crate::serve(own, blob, &ARENA, buffers, $counter)
        }
    };
}

/// What is too large for the stack; of the buffer so many words.
pub struct Buffers<const WORDS: usize> {
    line: Line,
    trace: Trace,
    buffer: [u16; WORDS],
}

impl<const WORDS: usize> Buffers<WORDS> {
    /// All of them empty.
    #[expect(
        clippy::new_without_default,
        reason = "a static is made by a const function"
    )]
    pub const fn new() -> Self {
        Self {
            line: Line::new(),
            trace: Trace::new(),
            buffer: [0; WORDS],
        }
    }
}

/// Answers the host until the link is gone. The blob is looked for in all of `blob`; the counter is started
/// once the link is open.
pub fn serve<const BYTES: usize, const WORDS: usize, C: Counter>(
    own: Budget,
    blob: &[u8],
    arena: &'static Arena<BYTES>,
    buffers: &mut Buffers<WORDS>,
    counter: impl FnOnce() -> C,
) -> ! {
    defmt::info!("{=str} is up", own.board);
    if let (Some(link), Some((arena, mut fence))) = (Link::open(), arena.take()) {
        let mut board = Board {
            link,
            busy: NoPin,
            counter: counter(),
            stack: Painted,
        };
        let memory = Memory {
            arena,
            fence: &mut fence,
            buffer: &mut buffers.buffer,
        };
        let (line, trace) = (&mut buffers.line, &mut buffers.trace);
        tidbit_app::serve(&mut board, own, find_blob(blob), memory, line, trace);
    }
    defmt::error!("the link is gone");
    halt()
}
