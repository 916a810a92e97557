//! Holds every backend of the micro-kernels against the scalar definition where it matters: on the core
//! that it is written for. The test `kernels_on_boards` boots it and reads its report, lines of text on
//! the link:
//!
//! ```text
//! counted INSTRUCTIONS
//! NAME: JOBS jobs
//! NAME: failed: KERNEL job NUMBER: byte PLACE of output is FOUND, not EXPECTED; sizes [...]
//! end
//! ```
#![no_std]

use core::arch::asm;
use core::fmt::{self, Write};

use tidbit::kernels::backends;
use tidbit_app::Counter;
pub use tidbit_kernel_suite::Bench;
use tidbit_kernel_suite::run;

/// Jobs of each kind, by the suite's scale.
const SCALE: u32 = 4;
/// Instructions of the loop by which the counter is tried.
pub const LOOP: u32 = 2_000_000;

/// Runs all, and reports it on the link.
pub fn report(link: &mut impl embedded_io::Write, counter: &mut impl Counter, bench: &mut Bench) {
    // A line that is broken has nobody to tell.
    let _ = report_to(&mut Text(link), counter, bench);
}

fn report_to(out: &mut impl Write, counter: &mut impl Counter, bench: &mut Bench) -> fmt::Result {
    writeln!(out, "counted {}", counted(counter))?;
    for backend in backends() {
        match run(backend, bench, SCALE) {
            Ok(jobs) => writeln!(out, "{}: {jobs} jobs", backend.name)?,
            Err(failure) => writeln!(
                out,
                "{}: failed: {} job {}: byte {} of {} is {}, not {}; sizes {:?}",
                backend.name,
                failure.kernel,
                failure.job,
                failure.byte,
                failure.place,
                failure.found,
                failure.expected,
                failure.detail
            )?,
        }
    }
    writeln!(out, "end")
}

/// What the counter says of a loop of [`LOOP`] instructions.
fn counted(counter: &mut impl Counter) -> u64 {
    counter.begin();
    // SAFETY: counts a register down, and does nothing else.
    unsafe {
        asm!(
            "2:",
            "subs {turns}, {turns}, #1",
            "bne 2b",
            turns = inout(reg) LOOP as usize / 2 => _,
            options(nomem, nostack),
        );
    }
    counter.end()
}

/// Text on a line of bytes.
struct Text<'a, L>(&'a mut L);

impl<L: embedded_io::Write> Write for Text<'_, L> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let sent = self.0.write_all(text.as_bytes());
        sent.and_then(|()| self.0.flush()).map_err(|_| fmt::Error)
    }
}
