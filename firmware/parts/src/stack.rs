//! Measures the stack: paints what is free, and looks later how much of the paint is left.
//!
//! The linker script of the board has the symbol `_stack_end` at the stack's lowest address.

use core::arch::asm;
use core::ptr::{self, addr_of};

use tidbit_app::StackGauge;

/// What free stack is filled with; no code or data is likely to leave just this behind.
const PAINT: u32 = 0xdead_57ac;
/// Left unpainted below the stack pointer: the painting function's own frame.
const MARGIN: usize = 64;

unsafe extern "C" {
    /// Lowest address of the stack, from memory.x.
    static _stack_end: u32;
}

/// The main stack.
pub struct Painted;

impl Painted {
    fn bottom() -> usize {
        addr_of!(_stack_end).addr()
    }

    /// Where the stack ends now.
    #[inline(always)]
    fn pointer() -> usize {
        let pointer;
        // SAFETY: copies the stack pointer to a register, and does nothing else.
        unsafe { asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags)) };
        pointer
    }
}

impl StackGauge for Painted {
    #[inline(never)]
    fn paint(&mut self) {
        let top = Self::pointer().saturating_sub(MARGIN);
        let mut at = Self::bottom();
        while at < top {
            // SAFETY: `at` is aligned (the linker script aligns `_stack_end`, and steps are of four
            // bytes) and lies between the lowest address of the stack and the stack pointer less
            // a margin for this function's frame: nothing there is in use.
            unsafe { ptr::with_exposed_provenance_mut::<u32>(at).write_volatile(PAINT) };
            at = at.wrapping_add(size_of::<u32>());
        }
    }

    #[inline(never)]
    fn used(&self) -> u32 {
        let top = Self::pointer();
        let mut at = Self::bottom();
        while at < top {
            // SAFETY: `at` is aligned and within the stack, as in `paint`; a volatile read of
            // whatever a function left there is a read of memory that exists.
            let word = unsafe { ptr::with_exposed_provenance::<u32>(at).read_volatile() };
            if word != PAINT {
                break;
            }
            at = at.wrapping_add(size_of::<u32>());
        }
        u32::try_from(top.saturating_sub(at)).unwrap_or(u32::MAX)
    }

    fn free(&self) -> u32 {
        let free = Self::pointer().saturating_sub(Self::bottom());
        u32::try_from(free).unwrap_or(u32::MAX)
    }
}
