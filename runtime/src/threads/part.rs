//! The arena as one of several threads has it: some rows of a step's output to write, and what lies around
//! the whole output to read.

use crate::hands::Borrowed;

/// What one thread has of the arena.
pub(crate) struct Part<'a> {
    /// Its rows of the output, and the byte of the arena at which they begin.
    pub(super) own: (usize, &'a mut [u8]),
    /// The arena before the step's output.
    pub(super) before: &'a [u8],
    /// The arena behind it, and the byte at which that begins.
    pub(super) behind: (usize, &'a [u8]),
}

impl Part<'_> {
    /// Borrows bytes of its own to write, and what lies around the step's output to read.
    pub(crate) fn borrow(&mut self, start: usize, len: usize) -> Option<Borrowed<'_>> {
        let (first, own) = (self.own.0, &mut *self.own.1);
        let start = start.checked_sub(first)?;
        Some(Borrowed {
            out: own.get_mut(start..start.checked_add(len)?)?,
            before: self.before,
            behind: self.behind.1,
            behind_at: self.behind.0,
        })
    }
}
