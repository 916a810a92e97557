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

tidbit_virt::program!(budget, counter::start);

/// Called by start.rs, once.
#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    vectors::install();
    // SAFETY: boot calls this function once.
    unsafe { run() }
}
