//! Rings of rows in the arena, and how an operator gets at them.
//!
//! The arena is one slice of bytes of the caller. A row of an operator's output is borrowed out of
//! its middle, and what lies before and behind it stays readable: so the rows of the inputs are
//! there too, without copying and without `unsafe`. Validation has proved that they never overlap.

use core::ops::Range;

use crate::blob::TensorRecord;
use crate::kernels::bytes::{as_i8, as_i8_mut};

/// Where a tensor's rows are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ring {
    offset: usize,
    row_bytes: usize,
    rows: u16,
    height: u16,
}

impl Ring {
    pub(crate) fn of(tensor: &TensorRecord) -> Option<Self> {
        Some(Self {
            offset: usize::try_from(tensor.ring_offset).ok()?,
            row_bytes: tensor.row_bytes(),
            rows: tensor.ring_rows,
            height: tensor.height,
        })
    }

    /// Bytes of the arena that hold row `y`.
    pub(crate) fn range(&self, y: u16) -> Option<Range<usize>> {
        let slot = usize::from(y.checked_rem(self.rows)?);
        let start = slot.checked_mul(self.row_bytes)?.checked_add(self.offset)?;
        Some(start..start.checked_add(self.row_bytes)?)
    }
}

/// The readable rows of one input while an output row is being written.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    ring: Ring,
    before: &'a [u8],
    behind: &'a [u8],
    behind_at: usize,
}

impl<'a> Rows<'a> {
    /// Row `y` of the input; `None` above and below the image.
    pub(crate) fn get(&self, y: i32) -> Option<&'a [i8]> {
        let y = u16::try_from(y).ok().filter(|y| *y < self.ring.height)?;
        let range = self.ring.range(y)?;
        let bytes = match range.start.checked_sub(self.behind_at) {
            Some(start) => self
                .behind
                .get(start..start.checked_add(self.ring.row_bytes)?)?,
            None => self.before.get(range)?,
        };
        Some(as_i8(bytes))
    }
}

/// What an operator has at hand while it makes one row.
pub(crate) struct RowIo<'a> {
    /// Rows of the first input.
    pub(crate) a: Rows<'a>,
    /// Rows of the second input, those of the first again if there is none.
    pub(crate) b: Rows<'a>,
    /// The output row.
    pub(crate) out: &'a mut [i8],
    /// Scratch memory.
    pub(crate) scratch: &'a mut [u8],
}

/// The arena as one operator sees it.
pub(crate) struct Bench<'a> {
    pub(crate) arena: &'a mut [u8],
    pub(crate) scratch: &'a mut [u8],
    pub(crate) a: Ring,
    pub(crate) b: Ring,
    pub(crate) out: Ring,
}

impl Bench<'_> {
    /// Borrows output row `y` to write, and everything else to read.
    pub(crate) fn row(&mut self, y: u16) -> Option<RowIo<'_>> {
        let range = self.out.range(y)?;
        let (before, rest) = self.arena.split_at_mut_checked(range.start)?;
        let (out, behind) = rest.split_at_mut_checked(self.out.row_bytes)?;
        let (before, behind): (&[u8], &[u8]) = (before, behind);
        let rows = |ring| Rows {
            ring,
            before,
            behind,
            behind_at: range.end,
        };
        Some(RowIo {
            a: rows(self.a),
            b: rows(self.b),
            out: as_i8_mut(out),
            scratch: self.scratch,
        })
    }
}
