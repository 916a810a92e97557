//! Tries the micro-kernels on Arm's MPS2 and MPS3 boards: see [`tidbit_kernel_check`].
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use tidbit_kernel_check::{Bench, report};
use tidbit_mps2::{FpgaIo, Timer, Uart, log_to};

/// The board's budgets and addresses, as `board.toml` has them.
#[expect(dead_code, reason = "there is no net, so most of them are of no use")]
mod budget {
    include!(concat!(env!("OUT_DIR"), "/budget.rs"));
}

#[entry]
fn main() -> ! {
    static mut BENCH: Bench = Bench::new();
    // SAFETY: `board.toml` gives the addresses of these parts of the board.
    let (log, mut link, io) = unsafe {
        (
            Uart::at(budget::LOG_UART),
            Uart::at(budget::LINK_UART),
            FpgaIo::at(budget::FPGA_IO),
        )
    };
    log_to(log);
    let mut timer = Timer::<{ budget::TICK }>::start(io);
    report(&mut link, &mut timer, BENCH);
    loop {
        cortex_m::asm::wfi();
    }
}
