//! defmt's log, byte by byte to the emulator. The host decodes it with the strings in this
//! firmware's ELF file.

use core::cell::UnsafeCell;

use defmt::Encoder;
use semihosting::sys::arm_compat::sys_writec;

struct Shared(UnsafeCell<Encoder>);

// SAFETY: the encoder is touched by the functions of `Log` alone, on a board of one core, where no
// interrupt is ever let through and an exception never returns: by one context at a time.
unsafe impl Sync for Shared {}

static ENCODER: Shared = Shared(UnsafeCell::new(Encoder::new()));

#[defmt::global_logger]
struct Log;

// SAFETY: there is one context, see above; a log within a log is impossible, as no function of
// `Encoder` or of this file logs.
unsafe impl defmt::Logger for Log {
    fn acquire() {
        // SAFETY: nobody else has a reference to the encoder, and the functions of this file end
        // theirs before they return.
        unsafe { &mut *ENCODER.0.get() }.start_frame(send);
    }

    unsafe fn flush() {
        // Bytes are out before `write` returns.
    }

    unsafe fn release() {
        // SAFETY: as in `acquire`.
        unsafe { &mut *ENCODER.0.get() }.end_frame(send);
    }

    unsafe fn write(bytes: &[u8]) {
        // SAFETY: as in `acquire`.
        unsafe { &mut *ENCODER.0.get() }.write(bytes, send);
    }
}

fn send(bytes: &[u8]) {
    for byte in bytes {
        sys_writec(*byte);
    }
}
