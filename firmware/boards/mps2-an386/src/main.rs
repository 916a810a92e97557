//! tidbit's firmware for the Arm MPS2 board AN386 (Cortex-M4F): brings the board's parts to
//! [`tidbit_app`], which does the rest. One firmware for every blob: the blob lies in memory of its
//! own, and is found there when the board starts.
#![no_std]
#![no_main]

mod budget;
mod flash;
mod logger;
mod panic;
mod pin;
mod timer;
mod uart;

use cortex_m_rt::entry;
use tidbit_app::{Board, Budget, Line, Memory, Trace, find_blob, serve};
use tidbit_parts::{Arena, Painted};

/// Outside `.bss`, which boot would clear for nothing.
#[unsafe(link_section = ".uninit.ARENA")]
static ARENA: Arena<{ budget::ARENA_BYTES }> = Arena::new();

#[entry]
fn main() -> ! {
    static mut LINE: Line = Line::new();
    static mut TRACE: Trace = Trace::new();
    static mut BUFFER: [u16; budget::BUFFER_BYTES / size_of::<u16>()] =
        [0; budget::BUFFER_BYTES / size_of::<u16>()];
    defmt::info!("{=str} is up", budget::NAME);
    let mut board = Board {
        link: uart::Uart::link(),
        busy: pin::Led::new(),
        counter: timer::Timer::start(),
        stack: Painted,
    };
    let own = Budget {
        board: budget::NAME,
        stack_bytes: budget::STACK_BYTES,
    };
    let blob = find_blob(flash::blob_region());
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
