//! tidbit's firmware for QEMU's board `virt` with an AArch64 core: brings the board's parts to
//! [`tidbit_app`], which does the rest. One firmware for every blob and every core: the blob lies in
//! memory of its own, and is found there when the board starts.
#![no_std]
#![no_main]

mod budget;
mod counter;
mod memory_map;
mod vectors;

use core::ptr::addr_of_mut;

use aarch64_rt::entry;
use tidbit_app::{Board, Budget, Line, Memory, Trace, find_blob, serve};
use tidbit_parts::{Arena, Painted};
use tidbit_virt::{Link, NoPin, halt, region};

/// Outside of what boot clears.
#[unsafe(link_section = ".bss.uninit.ARENA")]
static ARENA: Arena<{ budget::ARENA_BYTES }> = Arena::new();

/// What is too large for the stack.
struct Buffers {
    line: Line,
    trace: Trace,
    buffer: [u16; budget::BUFFER_BYTES / size_of::<u16>()],
}

static mut BUFFERS: Buffers = Buffers {
    line: Line::new(),
    trace: Trace::new(),
    buffer: [0; budget::BUFFER_BYTES / size_of::<u16>()],
};

/// Bytes of a page, by which aarch64-rt counts the stack.
const PAGE: usize = 4096;

entry!(main, { budget::STACK_BYTES as usize / PAGE });

/// The registers at the start hold nothing that this firmware needs.
fn main(_: u64, _: u64, _: u64, _: u64) -> ! {
    vectors::install();
    defmt::info!("{=str} is up", budget::NAME);
    // SAFETY: boot calls this function once, and nobody else refers to this static.
    let Buffers {
        line,
        trace,
        buffer,
    } = unsafe { &mut *addr_of_mut!(BUFFERS) };
    if let (Some(link), Some((arena, mut fence))) = (Link::open(), ARENA.take()) {
        let mut board = Board {
            link,
            busy: NoPin,
            counter: counter::Cycles::start(),
            stack: Painted,
        };
        let own = Budget {
            board: budget::NAME,
            stack_bytes: budget::STACK_BYTES,
        };
        // SAFETY: `board.toml` gives a range of the board's DRAM, which is mapped from the first instruction
        // of Rust on, and which memory.x does not mention; so no code and no variable lies there.
        let blob = find_blob(unsafe { region(budget::BLOB_ADDRESS, budget::BLOB_BYTES) });
        let memory = Memory {
            arena,
            fence: &mut fence,
            buffer,
        };
        serve(&mut board, own, blob, memory, line, trace);
    }
    defmt::error!("the link is gone");
    halt()
}
