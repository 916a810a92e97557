//! Rings of rows in the arena, and how an operator gets at them.
//!
//! The arena is one slice of bytes of the caller. A row of an operator's output is borrowed out of
//! its middle, and what lies before and behind it stays readable: so the rows of the inputs are
//! there too, without copying and without `unsafe`. Validation has proved that they overlap only
//! where an operator works in place.

use core::ops::Range;

use crate::blob::{SegmentRecord, TensorRecord};
use crate::hands::{Arena, Borrowed};
use crate::kernels::bytes::{as_i8, as_i8_mut};
use crate::kernels::{Element, Kernels, Runs};
use crate::schedule::{Flow, Move, Progress, Schedule};

/// Where a tensor's rows are at a moment of the schedule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ring {
    offset: usize,
    row_bytes: usize,
    rows: u16,
    height: u16,
    landing: usize,
    landed: u16,
}

impl Ring {
    /// The ring of tensor `index`, as its readers see it.
    pub(crate) fn of(
        flow: &Flow<'_>,
        segment: &SegmentRecord,
        progress: &Progress,
        index: u16,
    ) -> Option<Self> {
        Self::of_record(flow, segment, progress, (index, &flow.tensors.get(index)?))
    }

    /// As [`of`](Self::of), of a tensor with this record.
    pub(crate) fn of_record(
        flow: &Flow<'_>,
        segment: &SegmentRecord,
        progress: &Progress,
        (index, tensor): (u16, &TensorRecord),
    ) -> Option<Self> {
        let landed = if tensor.landing_rows == 0 {
            u16::MAX
        } else {
            flow.landed_from(segment, progress, index)?
        };
        Self::with(tensor, tensor.row_bytes(), landed)
    }

    /// The ring of tensor `index`, as its operator sees it: one that accumulates averages has room
    /// for its sums.
    pub(crate) fn to_write(
        flow: &Flow<'_>,
        segment: &SegmentRecord,
        progress: &Progress,
        index: u16,
    ) -> Option<Self> {
        Some(Self {
            row_bytes: flow.row_bytes(index)?,
            ..Self::of(flow, segment, progress, index)?
        })
    }

    /// The ring of a tensor whose rows from `landed` on are in its landing.
    pub(crate) fn with(tensor: &TensorRecord, row_bytes: usize, landed: u16) -> Option<Self> {
        Some(Self {
            offset: usize::try_from(tensor.ring_offset).ok()?,
            row_bytes,
            rows: tensor.ring_rows,
            height: tensor.height,
            landing: usize::try_from(tensor.landing_offset).ok()?,
            landed,
        })
    }

    /// Bytes of the arena that hold row `y`. It is called in many places: a function of its own where code is to be small.
    #[cfg_attr(target_arch = "arm", inline(never))]
    pub(crate) fn range(&self, y: u16) -> Option<Range<usize>> {
        let (offset, slot) = match y.checked_sub(self.landed) {
            Some(slot) => (self.landing, slot),
            None => (self.offset, y.checked_rem(self.rows)?),
        };
        let start = usize::from(slot)
            .checked_mul(self.row_bytes)?
            .checked_add(offset)?;
        Some(start..start.checked_add(self.row_bytes)?)
    }

    /// Rows of the tensor.
    #[cfg(feature = "threads")]
    pub(crate) fn height(&self) -> u16 {
        self.height
    }

    /// How many of these rows lie one behind the other, from the first on: those up to the ring's end, or all
    /// that are in the landing.
    pub(crate) fn run(&self, rows: Range<u16>) -> Option<u16> {
        let most = match self.landed.checked_sub(rows.start) {
            None | Some(0) => u16::MAX,
            Some(settled) => {
                let slot = rows.start.checked_rem(self.rows)?;
                self.rows.checked_sub(slot)?.min(settled)
            }
        };
        rows.end
            .checked_sub(rows.start)
            .map(|count| count.min(most))
    }

    /// Moves rows from the landing into the ring.
    pub(crate) fn settle(
        kernels: &Kernels,
        tensor: &TensorRecord,
        rows: &Move,
        arena: &mut [u8],
    ) -> Option<()> {
        let from = Self::with(tensor, tensor.row_bytes(), rows.landed)?;
        let to = Self::with(tensor, tensor.row_bytes(), u16::MAX)?;
        for y in rows.first..rows.end {
            copy_row(kernels, arena, from.range(y)?, to.range(y)?)?;
        }
        Some(())
    }
}

/// Copies a row to another place, which it does not overlap.
fn copy_row(
    kernels: &Kernels,
    arena: &mut [u8],
    from: Range<usize>,
    to: Range<usize>,
) -> Option<()> {
    let split = from.start.max(to.start);
    let (before, behind) = arena.split_at_mut_checked(split)?;
    let len = from.len();
    let (source, target) = if split == to.start {
        (before.get(from)?, behind.get_mut(..len)?)
    } else {
        (behind.get(..len)?, before.get_mut(to)?)
    };
    let run = Runs {
        count: 1,
        len,
        step: 0,
        pitch: 0,
    };
    (kernels.copy_runs)(&run, as_i8(source), as_i8_mut(target));
    Some(())
}

/// The readable rows of one input while an output row is being written.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    ring: &'a Ring,
    before: &'a [u8],
    behind: &'a [u8],
    behind_at: usize,
}

impl<'a> Rows<'a> {
    /// Row `y` of the input; `None` above and below the image, and for a row that the output row
    /// lies on.
    pub(crate) fn get(&self, y: i32) -> Option<&'a [i8]> {
        self.run(y, 1)
    }

    /// Whether row `y` is above or below the image.
    pub(crate) fn lacks(&self, y: i32) -> bool {
        !(0..i32::from(self.ring.height)).contains(&y)
    }

    /// `count` rows from row `y` on, where they lie one behind the other.
    pub(crate) fn run(&self, y: i32, count: u16) -> Option<&'a [i8]> {
        let y = u16::try_from(y).ok().filter(|y| *y < self.ring.height)?;
        let start = self.ring.range(y)?.start;
        let len = usize::from(count).checked_mul(self.ring.row_bytes)?;
        let bytes = match start.checked_sub(self.behind_at) {
            Some(start) => self.behind.get(start..start.checked_add(len)?)?,
            None => self.before.get(start..start.checked_add(len)?)?,
        };
        Some(as_i8(bytes))
    }

    /// As [`get`](Self::get), for elements of 1 or 2 bytes.
    pub(crate) fn elements<A: Element>(&self, y: i32) -> Option<&'a [A]> {
        self.get(y).map(A::view)
    }

    /// All rows one behind another, where the ring holds the whole input; `None` if the output row
    /// lies on them.
    pub(crate) fn whole(&self) -> Option<&'a [i8]> {
        self.run(0, self.ring.height)
    }
}

/// What an operator has at hand while it makes one row.
pub(crate) struct RowIo<'a> {
    /// Rows of the first input.
    pub(crate) a: Rows<'a>,
    /// Where the rows of the second input are.
    ring_b: &'a Ring,
    /// The output row.
    pub(crate) out: &'a mut [i8],
    /// Scratch memory.
    pub(crate) scratch: &'a mut [u8],
}

impl<'a> RowIo<'a> {
    /// Rows of the second input, those of the first again if there is none.
    pub(crate) fn b(&self) -> Rows<'a> {
        Rows {
            ring: self.ring_b,
            ..self.a
        }
    }
}

/// The arena as one operator sees it.
pub(crate) struct Bench<'a> {
    pub(crate) arena: Arena<'a>,
    pub(crate) scratch: &'a mut [u8],
    pub(crate) a: Ring,
    pub(crate) b: Ring,
    pub(crate) out: Ring,
}

impl Bench<'_> {
    /// Borrows output row `y` to write, and everything else to read.
    pub(crate) fn row(&mut self, y: u16) -> Option<RowIo<'_>> {
        self.rows(y, 1)
    }

    /// How many of these rows lie one behind the other, both of the output and of the first input, and none of
    /// the output on one of the input; 0 if the first row lies on that of the input.
    pub(crate) fn run(&self, rows: Range<u16>) -> Option<u16> {
        let first = rows.start;
        let (out, a) = (self.out.range(first)?, self.a.range(first)?);
        let count = self.out.run(rows.clone())?.min(self.a.run(rows)?);
        let apart = |count: u16| {
            let end = |ring: &Ring, start: usize| {
                start.checked_add(usize::from(count).checked_mul(ring.row_bytes)?)
            };
            let (out_end, a_end) = (end(&self.out, out.start)?, end(&self.a, a.start)?);
            Some(out.start >= a_end || a.start >= out_end)
        };
        Some(match (apart(count)?, apart(1)?) {
            (true, _) => count,
            (_, apart) => apart.into(),
        })
    }

    /// How many of these rows of the output lie one behind the other; at least one.
    pub(crate) fn run_out(&self, rows: Range<u16>) -> Option<u16> {
        self.out.run(rows)
    }

    /// As [`row`](Self::row), for `count` rows that lie one behind the other.
    pub(crate) fn rows(&mut self, y: u16, count: u16) -> Option<RowIo<'_>> {
        let start = self.out.range(y)?.start;
        let len = usize::from(count).checked_mul(self.out.row_bytes)?;
        let Borrowed {
            out,
            before,
            behind,
            behind_at,
        } = self.arena.borrow(start, len)?;
        Some(RowIo {
            a: Rows {
                ring: &self.a,
                before,
                behind,
                behind_at,
            },
            ring_b: &self.b,
            out: as_i8_mut(out),
            scratch: self.scratch,
        })
    }

    /// Whether output row `y` lies on row `y_in` of the first input, in part or as a whole.
    pub(crate) fn overlaps_a(&self, y: u16, y_in: u16) -> Option<bool> {
        let (out, a) = (self.out.range(y)?, self.a.range(y_in)?);
        Some(out.start < a.end && a.start < out.end)
    }

    /// For an operator that works pixel by pixel in place: the arena and the scratch to write to,
    /// and where row `y_in` of the first input and output row `y` begin in the arena.
    pub(crate) fn rows_in_place(
        &mut self,
        y: u16,
        y_in: u16,
    ) -> Option<(&mut [u8], &mut [u8], usize, usize)> {
        let (from, to) = (self.a.range(y_in)?.start, self.out.range(y)?.start);
        Some((self.arena.all()?, self.scratch, from, to))
    }

    /// Whether output row `y` lies just on row `y` of the first and of the second input, or on the
    /// last row of one that has fewer.
    pub(crate) fn in_place(&self, y: u16) -> Option<(bool, bool)> {
        let out = self.out.range(y)?;
        let on = |ring: &Ring| Some(ring.range(y.min(ring.height.saturating_sub(1)))? == out);
        Some((on(&self.a)?, on(&self.b)?))
    }
}
