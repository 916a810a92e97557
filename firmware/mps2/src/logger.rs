//! defmt's log on a UART. The host decodes it with the strings in this firmware's ELF file.

use core::cell::UnsafeCell;

use critical_section::RestoreState;
use defmt::Encoder;

use crate::uart::Uart;

/// What a log frame under way needs.
struct State {
    encoder: Encoder,
    restore: RestoreState,
    busy: bool,
    uart: Option<Uart>,
}

struct Shared(UnsafeCell<State>);

// SAFETY: the state is touched by the functions of this file alone, and there only within a critical
// section: by one context at a time. A UART is the same for every context.
unsafe impl Sync for Shared {}

static STATE: Shared = Shared(UnsafeCell::new(State {
    encoder: Encoder::new(),
    restore: RestoreState::invalid(),
    busy: false,
    uart: None,
}));

/// From now on the log goes there; what was logged before is lost.
pub fn log_to(uart: Uart) {
    critical_section::with(|_| {
        // SAFETY: within the critical section nobody else has a reference to the state, and this one
        // ends with the statement.
        unsafe { &mut *STATE.0.get() }.uart = Some(uart);
    });
}

#[defmt::global_logger]
struct Log;

// SAFETY: `acquire` begins a critical section and `release` ends it, so no other context can log in
// between; a context that logs while it logs finds `busy` set and stops.
unsafe impl defmt::Logger for Log {
    fn acquire() {
        // SAFETY: `release` is called exactly once for each call of this, and restores the state.
        let restore = unsafe { critical_section::acquire() };
        // SAFETY: within the critical section nobody else has a reference to the state, and the
        // functions of this file end theirs before they return.
        let state = unsafe { &mut *STATE.0.get() };
        if state.busy {
            cortex_m::asm::udf();
        }
        state.busy = true;
        state.restore = restore;
        let State { encoder, uart, .. } = state;
        encoder.start_frame(|bytes| send(uart.as_ref(), bytes));
    }

    unsafe fn flush() {
        // Bytes are on the wire before `write` returns.
    }

    unsafe fn release() {
        // SAFETY: the caller acquired the logger, so we are within its critical section.
        let state = unsafe { &mut *STATE.0.get() };
        let State { encoder, uart, .. } = state;
        encoder.end_frame(|bytes| send(uart.as_ref(), bytes));
        state.busy = false;
        let restore = state.restore;
        // SAFETY: ends the critical section of `acquire`, with the state that it gave.
        unsafe { critical_section::release(restore) };
    }

    unsafe fn write(bytes: &[u8]) {
        // SAFETY: the caller acquired the logger, so we are within its critical section.
        let state = unsafe { &mut *STATE.0.get() };
        let State { encoder, uart, .. } = state;
        encoder.write(bytes, |bytes| send(uart.as_ref(), bytes));
    }
}

fn send(uart: Option<&Uart>, bytes: &[u8]) {
    for byte in bytes {
        if let Some(uart) = uart {
            uart.put(*byte);
        }
    }
}
