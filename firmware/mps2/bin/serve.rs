//! tidbit's firmware for Arm's MPS2 and MPS3 boards: brings the board's parts to [`tidbit_app`], which
//! does the rest. One firmware for every blob: the blob lies in memory of its own, and is found there
//! when the board starts.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use tidbit_app::{Board, Budget, Line, Memory, Trace, find_blob, serve};
use tidbit_mps2::{BlobRegion, FpgaIo, Led, Timer, Uart, log_to};
use tidbit_parts::{Arena, Painted};

/// The board's budgets and addresses, as `board.toml` has them.
mod budget {
    include!(concat!(env!("OUT_DIR"), "/budget.rs"));
}

/// Outside `.bss`, which boot would clear for nothing.
#[unsafe(link_section = ".uninit.ARENA")]
static ARENA: Arena<{ budget::ARENA_BYTES }> = Arena::new();

#[entry]
fn main() -> ! {
    static mut LINE: Line = Line::new();
    static mut TRACE: Trace = Trace::new();
    static mut BUFFER: [u16; budget::BUFFER_BYTES / size_of::<u16>()] =
        [0; budget::BUFFER_BYTES / size_of::<u16>()];
    // SAFETY: `board.toml` gives the addresses of these parts of the board, and for the blob a range of
    // memory that memory.x does not mention, so no code and no variable lies there.
    let (log, link, io, region) = unsafe {
        (
            Uart::at(budget::LOG_UART),
            Uart::at(budget::LINK_UART),
            FpgaIo::at(budget::FPGA_IO),
            BlobRegion::at(budget::BLOB_ADDRESS, budget::BLOB_BYTES),
        )
    };
    log_to(log);
    defmt::info!("{=str} is up", budget::NAME);
    let mut board = Board {
        link,
        busy: Led::new(io),
        counter: Timer::<{ budget::TICK }>::start(io),
        stack: Painted,
    };
    let own = Budget {
        board: budget::NAME,
        stack_bytes: budget::STACK_BYTES,
    };
    let blob = find_blob(region.bytes());
    if let Some((arena, mut fence)) = ARENA.take() {
        let memory = Memory {
            arena,
            fence: &mut fence,
            buffer: BUFFER,
        };
        serve(&mut board, own, blob, memory, LINE, TRACE);
    }
    defmt::error!("the link is gone");
    loop {
        cortex_m::asm::wfi();
    }
}
