//! Calls everything that the runtime offers, on the smallest core there is (Cortex-M0), which has
//! no floating point: a test then looks through the linked program for the routines by which a
//! compiler makes up for that. None may be there.
//!
//! Inputs come through [`black_box`], so that the optimizer can leave nothing out.
#![no_std]
#![no_main]

use core::fmt::{self, Write};
use core::hint::black_box;
use core::panic::PanicInfo;

use cortex_m_rt::entry;
use tidbit::{Error, Model, Observer, Progress, RowSource, RunError, RunningChecksum, Session};

/// Takes every text, and keeps none.
struct Nowhere;

impl Write for Nowhere {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        black_box(text);
        Ok(())
    }
}

/// A camera that sees one colour.
struct Grey;

impl RowSource for Grey {
    type Error = ();
    fn read_row(&mut self, y: u16, row: &mut [u8]) -> Result<(), ()> {
        row.fill(black_box(y) as u8);
        Ok(())
    }
}

/// Hashes all that it sees.
#[derive(Default)]
struct Hash(RunningChecksum);

impl Observer for Hash {
    fn row(&mut self, _tensor: u16, _row: u16, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

#[entry]
fn main() -> ! {
    static mut MEMORY: [u8; 4096] = [0; 4096];
    let blob: &[u8] = black_box(&[]);
    loop {
        if let Err(error) = use_all(blob, MEMORY) {
            let _ = write!(Nowhere, "{error} {error:?}");
        }
    }
}

/// Every public function of the runtime.
fn use_all(blob: &[u8], memory: &mut [u8]) -> Result<(), Error> {
    let model = Model::new(black_box(blob))?;
    black_box((model.provenance(), model.label_count(), model.label(0)));
    black_box((
        model.memory_bytes(),
        model.stack_bytes(),
        model.output_len(),
    ));
    let mut scores = [0; 16];
    let mut hash = Hash::default();
    let mut session = Session::new(&model, memory)?;
    session.run(black_box(&[]))?;
    if let Ok(answer) = session.run_rows(&mut Grey, &mut hash) {
        black_box(answer.output_bytes());
    }
    while let Progress::NeedRow(_) = session.advance(&mut hash)? {
        session.push_row(black_box(&[]), &mut hash)?;
    }
    let answer = session.answer()?;
    answer.scores(&mut scores)?;
    black_box((answer.top::<5>(), scores, answer.output(), hash.0.finish()));
    black_box::<RunError<()>>(RunError::Source(()));
    Ok(())
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}
