//! Who makes a step, and what of the caller's memory he has.
//!
//! It is the caller's thread alone, which may write to all of the arena. With the feature `threads` a caller
//! can lend more: then each makes some rows of the step, and may write to these and nothing else.

#[cfg(feature = "threads")]
use crate::threads::{Others, Part};

/// The arena, as far as whoever makes a step has it.
pub(crate) enum Arena<'a> {
    Whole(&'a mut [u8]),
    #[cfg(feature = "threads")]
    Part(Part<'a>),
}

/// Bytes to write, and what can be read meanwhile.
pub(crate) struct Borrowed<'a> {
    pub(crate) out: &'a mut [u8],
    /// The arena from its first byte on.
    pub(crate) before: &'a [u8],
    /// The arena from byte `behind_at` on.
    pub(crate) behind: &'a [u8],
    pub(crate) behind_at: usize,
}

impl Arena<'_> {
    /// Borrows `len` bytes from byte `start` on to write, and what lies around them to read.
    #[inline(always)]
    pub(crate) fn borrow(&mut self, start: usize, len: usize) -> Option<Borrowed<'_>> {
        match self {
            Self::Whole(arena) => {
                let behind_at = start.checked_add(len)?;
                let (before, rest) = arena.split_at_mut_checked(start)?;
                let (out, behind) = rest.split_at_mut_checked(len)?;
                Some(Borrowed {
                    out,
                    before,
                    behind,
                    behind_at,
                })
            }
            #[cfg(feature = "threads")]
            Self::Part(part) => part.borrow(start, len),
        }
    }

    /// All of it to write; `None` if others write to it too.
    #[inline(always)]
    pub(crate) fn all(&mut self) -> Option<&mut [u8]> {
        match self {
            Self::Whole(arena) => Some(arena),
            #[cfg(feature = "threads")]
            Self::Part(_) => None,
        }
    }
}

/// Scratch memory of the caller's thread, and the threads that make steps with it.
pub(crate) struct Hands<'m> {
    pub(crate) scratch: &'m mut [u8],
    #[cfg(feature = "threads")]
    pub(crate) others: Option<Others<'m>>,
}

impl<'m> Hands<'m> {
    /// The caller's thread.
    pub(crate) fn alone(scratch: &'m mut [u8]) -> Self {
        Self {
            scratch,
            #[cfg(feature = "threads")]
            others: None,
        }
    }
}
