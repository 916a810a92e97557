//! tidbit's firmware for QEMU's board `virt` with an AArch64 core: brings what is the core's own to
//! [`tidbit_virt`], which does the rest. One firmware for every blob and every core: the blob lies in
//! memory of its own, and is found there when the board starts.
#![no_std]
#![no_main]

mod budget;
mod counter;
mod memory_map;
mod vectors;

use aarch64_rt::entry;

tidbit_virt::program!(budget, counter::start);

/// Bytes of a page, by which aarch64-rt counts the stack.
const PAGE: usize = 4096;

entry!(main, { budget::STACK_BYTES as usize / PAGE });

/// The registers at the start hold nothing that this firmware needs.
fn main(_: u64, _: u64, _: u64, _: u64) -> ! {
    vectors::install();
    // SAFETY: boot calls this function once.
    unsafe { run() }
}
