//! tidbit's firmware for the Arm MPS2 board AN386 (Cortex-M4F): brings the board's parts to
//! [`tidbit_app`], which does the rest. One firmware for every blob: the blob lies in memory of its
//! own, and is found there when the board starts.
#![no_std]
#![no_main]

mod budget;
mod logger;
mod memory;
mod panic;
mod pin;
mod stack;
mod timer;
mod uart;

use cortex_m_rt::entry;
use tidbit_app::{Board, Budget, Line, Trace, find_blob, serve};

#[entry]
fn main() -> ! {
    static mut LINE: Line = Line::new();
    static mut TRACE: Trace = Trace::new();
    defmt::info!("{=str} is up", budget::NAME);
    let mut board = Board {
        link: uart::Uart::link(),
        busy: pin::Led::new(),
        counter: timer::Timer::start(),
        stack: stack::Painted,
    };
    let own = Budget {
        board: budget::NAME,
        stack_bytes: budget::STACK_BYTES,
    };
    let blob = find_blob(memory::blob_region());
    if let Some(arena) = memory::arena() {
        serve(&mut board, own, blob, arena, LINE, TRACE);
    }
    defmt::error!("the link is gone");
    loop {
        cortex_m::asm::wfi();
    }
}
