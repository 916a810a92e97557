//! What happens when all is lost: the log says where, and the emulator ends.

use core::panic::PanicInfo;

use semihosting::process::ExitCode;

/// Nothing in this firmware panics after optimization, which a test proves; so this is not linked
/// unless somebody adds code that does.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if let Some(place) = info.location() {
        defmt::error!("panic in {=str}:{=u32}", place.file(), place.line());
    }
    halt()
}

/// Ends the emulator: the host sees the end at once, instead of waiting for an answer.
pub fn halt() -> ! {
    ExitCode::FAILURE.exit_process()
}
