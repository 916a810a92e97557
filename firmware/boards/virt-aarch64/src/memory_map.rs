//! The page table, which aarch64-rt switches on before the first instruction of Rust: without one,
//! all memory would be like that of a device, slow and without unaligned loads.

use aarch64_rt::{InitialPagetable, initial_pagetable};

/// The table's entries are blocks of so many bytes.
const BLOCK: usize = 1 << 30;
/// This is a block, and it was accessed (or the first access would be a fault).
const BLOCK_THERE: usize = 1 << 0 | 1 << 10;
/// Memory of a device: attributes 0 of `DEFAULT_MAIR`, never executed.
const DEVICE: usize = BLOCK_THERE | 1 << 53 | 1 << 54;
/// Ordinary memory: attributes 1 of `DEFAULT_MAIR`, shared with the other cores there might be.
const DRAM: usize = BLOCK_THERE | 1 << 2 | 0b11 << 8;

initial_pagetable!({
    let mut blocks = [0; 512];
    // The UART lies in the first block. The end of it is empty on this board: a stack that grows out
    // of the bottom of the DRAM meets nothing there, and the core takes an exception.
    blocks[0] = DEVICE;
    blocks[1] = DRAM | BLOCK;
    InitialPagetable(blocks)
});
