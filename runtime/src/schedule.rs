//! The schedule: which operator makes which rows next, and where rows are moved.
//!
//! Planner, validation and executor call the same functions, so what the planner proves is what
//! runs. The rule is greedy from the back: of all operators of the segment that can make their next
//! step, the last one does. An operator can when the rows under its window are there, and when its
//! own ring has room, that is, when no reader still needs what the new rows would overwrite. So a
//! ring never holds more than its readers ask for, and a ring that is too small stalls the plan
//! (which validation finds out) and never overwrites a row that is needed.
//!
//! A tensor may have a *landing*: new rows are made there, and move into the ring as soon as it has
//! room for all rows that are needed, at once or when a reader has run. The ring then holds only the
//! rows that wait for others, and the landings of all tensors can share one place.

use core::ops::Range;

use crate::blob::plan::MAX_SEGMENT_OPS;
use crate::blob::{OpKind, OpRecord, SegmentRecord, Table, TensorRecord};

/// How far each operator of the segment under way has come.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Steps' rows that each operator has done, by its index in the segment.
    made: [u16; MAX_SEGMENT_OPS],
    /// Rows of each tensor that are in its ring; those behind them are in its landing.
    settled: [u16; MAX_SEGMENT_OPS],
    /// No operator behind this index in the segment can run.
    last: u16,
    /// Operators that are not done.
    left: u16,
}

impl Progress {
    /// At the start of a segment.
    #[inline(never)]
    pub fn new(segment: &SegmentRecord) -> Self {
        Self {
            made: [0; MAX_SEGMENT_OPS],
            settled: [0; MAX_SEGMENT_OPS],
            last: segment.op_count.saturating_sub(1),
            left: segment.op_count,
        }
    }

    /// Operators that the last call of [`Flow::next`] could look at: bounds its time.
    pub fn looks(&self) -> u16 {
        self.last.saturating_add(1)
    }
}

/// Rows that one operator makes in one go; rows of its input, if it accumulates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Index of the operator.
    pub op: u16,
    /// First row.
    pub first_row: u16,
    /// Number of rows, at least one.
    pub rows: u16,
}

/// What a segment wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Make these rows.
    Step(Step),
    /// Every row of every operator is made.
    Done,
    /// Nothing can be made: a ring is too small.
    Stalled,
}

/// Rows `first..end` of a tensor that move from its landing into its ring; before the move, row
/// `landed` is the first of the landing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Index of the tensor.
    pub tensor: u16,
    /// Row in the first slot of the landing.
    pub landed: u16,
    /// First row that moves.
    pub first: u16,
    /// One past the last.
    pub end: u16,
}

/// Where the schedule finds tensors and operators: a blob's tables, or a plan in the making.
pub trait Records {
    /// The record of a tensor.
    fn tensor(&self, index: u16) -> Option<TensorRecord>;
    /// The record of an operator.
    fn op(&self, index: u16) -> Option<OpRecord>;
}

/// A blob's tables.
#[derive(Clone, Copy, Debug)]
pub struct Flow<'a> {
    /// The tensor table.
    pub tensors: Table<'a, TensorRecord>,
    /// The operator table.
    pub ops: Table<'a, OpRecord>,
}

impl Records for Flow<'_> {
    #[inline(always)]
    fn tensor(&self, index: u16) -> Option<TensorRecord> {
        self.tensors.get(index)
    }

    #[inline(always)]
    fn op(&self, index: u16) -> Option<OpRecord> {
        self.ops.get(index)
    }
}

impl<R: Records> Schedule for R {}

/// The rule, over any [`Records`]. Whatever is `None` here, validation has ruled out.
pub trait Schedule: Records {
    /// Bytes of a row in the arena: an average that accumulates keeps sums of 32 bits in its place.
    fn row_bytes(&self, tensor: u16) -> Option<usize> {
        let op = self.op(tensor)?;
        let sums = op.accumulates != 0 && op.kind == OpKind::AveragePool.byte();
        let record = self.tensor(tensor)?;
        Some(if sums {
            let elements = usize::from(record.width).saturating_mul(usize::from(record.channels));
            elements.saturating_mul(4)
        } else {
            record.row_bytes()
        })
    }

    /// Bytes of the arena that a tensor's ring and its landing take.
    fn blocks(&self, tensor: u16) -> Option<[Range<usize>; 2]> {
        let record = self.tensor(tensor)?;
        let rows = usize::from(record.ring_rows);
        let ring = self.row_bytes(tensor)?.saturating_mul(rows);
        let block = |offset: u32, bytes: usize| {
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            start..start.saturating_add(bytes)
        };
        Some([
            block(record.ring_offset, ring),
            block(record.landing_offset, record.landing_bytes()),
        ])
    }

    /// Whether rings or landings of two tensors have a byte in common.
    fn shares_memory(&self, a: u16, b: u16) -> bool {
        let pair = self.blocks(a).zip(self.blocks(b));
        pair.is_some_and(|(a, b)| a.iter().any(|a| b.iter().any(|b| shares_bytes(a, b))))
    }

    /// Rows that an operator counts its steps in: those of its output, or of its input if it
    /// accumulates.
    #[inline(always)]
    fn height(&self, op: u16) -> Option<u16> {
        self.height_of(op, &self.op(op)?)
    }

    /// As [`height`](Self::height), of an operator with this record.
    #[inline(always)]
    fn height_of(&self, op: u16, record: &OpRecord) -> Option<u16> {
        let counted = if record.accumulates == 0 {
            op
        } else {
            record.input_a
        };
        self.tensor(counted).map(|tensor| tensor.height)
    }

    /// The next step of a segment.
    fn next(&self, segment: &SegmentRecord, progress: &Progress) -> Next {
        if progress.left == 0 {
            return Next::Done;
        }
        (0..progress.looks())
            .rev()
            .find_map(|slot| self.step(segment, progress, segment.first_op.checked_add(slot)?))
            .map_or(Next::Stalled, Next::Step)
    }

    /// The next step of one operator, `None` if it has to wait or is done.
    ///
    /// Most looks are in vain, so what is most often missing is looked at first, and of the records
    /// only what that takes.
    #[inline(always)]
    fn step(&self, segment: &SegmentRecord, progress: &Progress, op: u16) -> Option<Step> {
        let first_row = counted(segment, &progress.made, op)?;
        let record = self.op(op)?;
        let output = self.tensor(op)?;
        let height = match record.accumulates {
            0 => output.height,
            _ => self.tensor(record.input_a)?.height,
        };
        let rows = record.step_rows.min(height.checked_sub(first_row)?);
        let end = first_row.checked_add(rows)?;
        let last = end.checked_sub(1).filter(|_| rows > 0)?;
        let bottom = record.bottom(last);
        if !self.has_rows(segment, progress, op, (record.input_a, bottom))?
            || !self.has_rows(segment, progress, op, (record.input_b, bottom))?
        {
            return None;
        }
        let room = match (record.accumulates, output.landing_rows) {
            (0, 0) => {
                let kept = self.kept_from(segment, progress, op)?;
                end.saturating_sub(kept) <= output.ring_rows
            }
            (0, landing_rows) => {
                let landed = counted(segment, &progress.settled, op)?;
                end.saturating_sub(landed) <= landing_rows
            }
            _ => true,
        };
        room.then_some(Step {
            op,
            first_row,
            rows,
        })
    }

    /// Whether the rows of an operator's input before `bottom` are made, as far as it has so many.
    #[inline(always)]
    fn has_rows(
        &self,
        segment: &SegmentRecord,
        progress: &Progress,
        op: u16,
        (input, bottom): (u16, u32),
    ) -> Option<bool> {
        // What lies before the segment is whole; `NONE` lies behind every operator.
        if input < segment.first_op || input >= op {
            return Some(true);
        }
        let height = self.tensor(input)?.height;
        let made = self.rows_of(segment, progress, (input, height))?;
        Some(u32::from(made) >= bottom.min(height.into()))
    }

    /// Rows of a tensor that are made; a tensor of an earlier segment is whole.
    fn rows_made(&self, segment: &SegmentRecord, progress: &Progress, tensor: u16) -> Option<u16> {
        let height = self.tensor(tensor)?.height;
        self.rows_of(segment, progress, (tensor, height))
    }

    /// As [`rows_made`](Self::rows_made), of a tensor of this height.
    #[inline(always)]
    fn rows_of(
        &self,
        segment: &SegmentRecord,
        progress: &Progress,
        (tensor, height): (u16, u16),
    ) -> Option<u16> {
        if tensor < segment.first_op {
            return Some(height);
        }
        let made = counted(segment, &progress.made, tensor)?;
        // Whoever accumulates makes a single row.
        if height != 1 || self.op(tensor)?.accumulates == 0 {
            return Some(made);
        }
        let whole = made >= self.height(tensor)?;
        Some(if whole { height } else { 0 })
    }

    /// Whether an operator of the segment has made (or taken) a row.
    fn is_begun(&self, segment: &SegmentRecord, progress: &Progress, op: u16) -> Option<bool> {
        Some(op >= segment.first_op && counted(segment, &progress.made, op)? > 0)
    }

    /// The first row of a tensor that a reader still needs; its height if none does.
    fn kept_from(&self, segment: &SegmentRecord, progress: &Progress, tensor: u16) -> Option<u16> {
        let record = self.tensor(tensor)?;
        let behind = segment.first_op.saturating_add(segment.op_count);
        if record.last_reader >= behind {
            return Some(0);
        }
        let mut kept = record.height;
        let mut reader = record.first_reader.max(segment.first_op);
        while reader <= record.last_reader {
            let op = self.op(reader)?;
            if op.input_a == tensor || op.input_b == tensor {
                let next = counted(segment, &progress.made, reader)?;
                let needed = op.first_row(next, record.height);
                // A reader that is done needs none.
                if needed < kept && next < self.height_of(reader, &op)? {
                    kept = needed;
                }
            }
            reader = reader.checked_add(1)?;
        }
        Some(kept)
    }

    /// The first row of a tensor that lies in its landing, where it has one.
    fn landed_from(
        &self,
        segment: &SegmentRecord,
        progress: &Progress,
        tensor: u16,
    ) -> Option<u16> {
        if tensor < segment.first_op {
            return Some(u16::MAX);
        }
        counted(segment, &progress.settled, tensor)
    }

    /// Empties a tensor's landing if its ring has room for what is needed of it, and says what has
    /// to move. To be called after every step, for the tensor that it makes and for those that it
    /// reads; does nothing where there is no landing.
    fn settle(
        &self,
        segment: &SegmentRecord,
        progress: &mut Progress,
        tensor: u16,
    ) -> Option<Move> {
        let slot = usize::from(tensor.checked_sub(segment.first_op)?);
        let record = self.tensor(tensor)?;
        if record.landing_rows == 0 {
            return None;
        }
        let landed = counted(segment, &progress.settled, tensor)?;
        let end = counted(segment, &progress.made, tensor)?;
        if landed == end {
            return None;
        }
        let kept = self.kept_from(segment, progress, tensor)?;
        if end.saturating_sub(kept) > record.ring_rows {
            return None;
        }
        *progress.settled.get_mut(slot)? = end;
        Some(Move {
            tensor,
            landed,
            first: kept.max(landed).min(end),
            end,
        })
    }

    /// Notes that a step was made.
    fn note(&self, segment: &SegmentRecord, progress: &mut Progress, step: &Step) -> Option<()> {
        let slot = step.op.checked_sub(segment.first_op)?;
        let end = step.first_row.checked_add(step.rows)?;
        *progress.made.get_mut(usize::from(slot))? = end;
        if end >= self.height(step.op)? {
            progress.left = progress.left.saturating_sub(1);
        }
        // What the step changed lets its readers run, itself, and whoever makes its inputs.
        let reader = self.tensor(step.op)?.last_reader;
        let behind = segment.op_count.saturating_sub(1);
        progress.last = reader
            .saturating_sub(segment.first_op)
            .max(slot)
            .min(behind);
        Some(())
    }
}

/// Whether two ranges of the arena have a byte in common.
pub(crate) fn shares_bytes(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// What a list of the progress says of an operator of the segment.
#[inline(always)]
fn counted(segment: &SegmentRecord, list: &[u16; MAX_SEGMENT_OPS], op: u16) -> Option<u16> {
    let slot = op.checked_sub(segment.first_op)?;
    list.get(usize::from(slot)).copied()
}
