//! The page table: without one, all memory would be like that of a device, slow and without unaligned
//! loads.

/// An entry of the table maps so many bytes, as a power of two.
const SECTION_BITS: u32 = 20;
/// This is a section that may be read and written.
const THERE: u32 = 0b10 | 0b11 << 10;
/// Memory of a device, never executed.
const DEVICE: u32 = THERE | 1 << 2 | 1 << 4;
/// Ordinary memory, which caches keep.
const DRAM: u32 = THERE | 1 << 2 | 1 << 3 | 1 << 12;

/// The core wants it at a multiple of its length.
#[repr(C, align(16384))]
pub struct Table([u32; 4096]);

/// The UART, and 512 MB of DRAM. Nothing else is there: a stack that grows out of the bottom of the DRAM
/// is a fault.
#[unsafe(link_section = ".rodata.page_table")]
pub static TABLE: Table = Table(table());

const fn table() -> [u32; 4096] {
    let mut table = [0; 4096];
    let mut at = 0;
    while at < table.len() {
        let address = (at as u32) << SECTION_BITS;
        if address == 0x0900_0000 {
            table[at] = address | DEVICE;
        } else if address >= 0x4000_0000 && address < 0x6000_0000 {
            table[at] = address | DRAM;
        }
        at += 1;
    }
    table
}
