//! Tries the micro-kernels on QEMU's board `virt`: see [`tidbit_kernel_check`].
#![no_std]
#![no_main]

#[expect(dead_code, reason = "there is no net, so most of them are of no use")]
mod budget;
mod counter;
mod memory_map;
mod start;
mod vectors;

use core::ptr::addr_of_mut;

use tidbit_kernel_check::{Bench, report};
use tidbit_virt::{Link, halt};

static mut BENCH: Bench = Bench::new();

/// Called by start.rs, once.
#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    vectors::install();
    if let Some(mut link) = Link::open() {
        let mut counter = counter::start();
        // SAFETY: boot calls this function once, and nobody else refers to this static.
        let bench = unsafe { &mut *addr_of_mut!(BENCH) };
        report(&mut link, &mut counter, bench);
    }
    halt()
}
