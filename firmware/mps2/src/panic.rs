//! What happens when all is lost: the log says where, and the emulator ends.

use core::panic::PanicInfo;

use cortex_m_rt::{ExceptionFrame, exception};

/// Nothing in this firmware panics after optimization, which a test proves; so this is not linked
/// unless somebody adds code that does.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if let Some(place) = info.location() {
        defmt::error!("panic in {=str}:{=u32}", place.file(), place.line());
    }
    halt()
}

/// A memory access that the hardware refused, such as that of a stack that grew too far.
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    defmt::error!("hard fault at {=u32:#010x}", frame.pc());
    halt()
}

/// Stops for good, by an instruction that there is none of. A fault within a fault locks the core
/// up, and QEMU ends with a dump of all registers: the host sees the end at once, instead of
/// waiting for an answer.
fn halt() -> ! {
    cortex_m::asm::udf()
}
