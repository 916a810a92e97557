//! tidbit's firmware for QEMU's board `virt` with a 32-bit core: brings what is the core's own to
//! [`tidbit_virt`], which does the rest. One firmware for every blob and every core: the blob lies in
//! memory of its own, and is found there when the board starts.
#![no_std]
#![no_main]

mod budget;
mod counter;
mod memory_map;
mod start;
mod vectors;

use core::ptr::addr_of_mut;

use tidbit_app::Budget;
use tidbit_parts::Arena;
use tidbit_virt::{Buffers, region, serve};

/// Outside of what boot clears.
#[unsafe(link_section = ".bss.uninit.ARENA")]
static ARENA: Arena<{ budget::ARENA_BYTES }> = Arena::new();

static mut BUFFERS: Buffers<{ budget::BUFFER_BYTES / size_of::<u16>() }> = Buffers::new();

/// Called by start.rs, once.
#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    vectors::install();
    // SAFETY: boot calls this function once, and nobody else refers to this static.
    let buffers = unsafe { &mut *addr_of_mut!(BUFFERS) };
    // SAFETY: `board.toml` gives a range of the board's DRAM, which is mapped from the first instruction
    // of Rust on, and which memory.x does not mention; so no code and no variable lies there.
    let blob = unsafe { region(budget::BLOB_ADDRESS, budget::BLOB_BYTES) };
    let own = Budget {
        board: budget::NAME,
        stack_bytes: budget::STACK_BYTES,
    };
    serve(own, blob, &ARENA, buffers, counter::start)
}
