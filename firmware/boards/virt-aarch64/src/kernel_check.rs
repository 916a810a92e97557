//! Tries the micro-kernels on QEMU's board `virt`: see [`tidbit_kernel_check`].
#![no_std]
#![no_main]

#[expect(dead_code, reason = "there is no net, so most of them are of no use")]
mod budget;
mod counter;
mod memory_map;
mod vectors;

use core::ptr::addr_of_mut;

use aarch64_rt::entry;
use tidbit_kernel_check::{Bench, report};
use tidbit_virt::{Link, halt};

static mut BENCH: Bench = Bench::new();

/// Bytes of a page, by which aarch64-rt counts the stack.
const PAGE: usize = 4096;

entry!(main, { budget::STACK_BYTES as usize / PAGE });

/// The registers at the start hold nothing that this firmware needs.
fn main(_: u64, _: u64, _: u64, _: u64) -> ! {
    vectors::install();
    if let Some(mut link) = Link::open() {
        let mut counter = counter::start();
        // SAFETY: boot calls this function once, and nobody else refers to this static.
        let bench = unsafe { &mut *addr_of_mut!(BENCH) };
        report(&mut link, &mut counter, bench);
    }
    halt()
}
