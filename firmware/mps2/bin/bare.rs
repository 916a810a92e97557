//! The least program that runs a net on Arm's MPS2 and MPS3 boards: no link, no measuring, no log but that of
//! faults. An image lies behind the blob, where a camera might have written it; the net's answer goes out on
//! the link's UART, as the bytes that [`Answer::output`](tidbit::Answer::output) has.
//!
//! It is where to begin for a program of one's own, and what is counted as the runtime's flash.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use tidbit::blob::{Header, Record};
use tidbit::{Error, Model, Session};
use tidbit_mps2::{BlobRegion, Uart};

/// The board's budgets and addresses, as `board.toml` has them.
#[expect(dead_code, reason = "there is no log and no link")]
mod budget {
    include!(concat!(env!("OUT_DIR"), "/budget.rs"));
}

/// Arena and scratch, aligned as the widest load of any kernel likes it.
#[repr(align(16))]
struct Memory([u8; budget::ARENA_BYTES]);

#[entry]
fn main() -> ! {
    static mut MEMORY: Memory = Memory([0; budget::ARENA_BYTES]);
    // SAFETY: `board.toml` gives the addresses of a UART, and for the blob and the image a range of memory
    // that memory.x does not mention, so no code and no variable lies there.
    let (out, region) = unsafe {
        (
            Uart::at(budget::LINK_UART),
            BlobRegion::at(budget::BLOB_ADDRESS, budget::BLOB_BYTES),
        )
    };
    let answered = answer(region.bytes(), &mut MEMORY.0, |byte| out.put(byte));
    if answered.is_err() {
        cortex_m::asm::udf();
    }
    loop {
        cortex_m::asm::wfi();
    }
}

/// Runs the net on the image behind it, and tells what it said.
fn answer(region: &[u8], memory: &mut [u8], tell: impl Fn(u8)) -> Result<(), Error> {
    let bytes = Header::parse(region).map_or(0, |header| header.blob_bytes);
    let (blob, behind) = region.split_at_checked(bytes as usize).unwrap_or_default();
    let model = Model::new(blob)?;
    let image = behind.get(..model.input_shape().bytes());
    let mut session = Session::new(&model, memory)?;
    let answer = session.run(image.unwrap_or_default())?;
    answer.output_bytes().iter().copied().for_each(tell);
    Ok(())
}
