//! The schedule: which operator makes which rows next.
//!
//! Planner and executor call the same function, so what the planner proves is what runs. The rule
//! is greedy from the back: of all operators of the segment that can make their next step, the
//! last one does. An operator can when the rows under its window are there, and when its own ring
//! has room, that is, when no reader still needs what the new rows would overwrite. So a ring
//! never holds more than its readers ask for, and a ring that is too small stalls the plan (which
//! validation finds out) and never overwrites a row that is needed.

use crate::blob::plan::MAX_SEGMENT_OPS;
use crate::blob::{OpRecord, SegmentRecord, Table, TensorRecord};

/// Rows that each operator of a segment has made, by its index in the segment.
pub type Progress = [u16; MAX_SEGMENT_OPS];

/// Rows that one operator makes in one go.
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

/// Tensors and operators, as far as the schedule looks at them.
#[derive(Clone, Copy, Debug)]
pub struct Flow<'a> {
    /// The tensor table.
    pub tensors: Table<'a, TensorRecord>,
    /// The operator table.
    pub ops: Table<'a, OpRecord>,
}

impl Flow<'_> {
    /// The next step of a segment of which `made` rows are made.
    pub fn next(&self, segment: &SegmentRecord, made: &Progress) -> Next {
        let mut finished = true;
        for slot in (0..segment.op_count).rev() {
            let op = segment.first_op.saturating_add(slot);
            let Some(height) = self.tensors.get(op).map(|tensor| tensor.height) else {
                return Next::Stalled;
            };
            let first_row = rows_made(segment, made, op);
            if first_row >= height {
                continue;
            }
            finished = false;
            if let Some(step) = self.step(segment, made, op) {
                return Next::Step(step);
            }
        }
        if finished { Next::Done } else { Next::Stalled }
    }

    /// The next step of one operator, `None` if it has to wait.
    fn step(&self, segment: &SegmentRecord, made: &Progress, op: u16) -> Option<Step> {
        let record = self.ops.get(op)?;
        let tensor = self.tensors.get(op)?;
        let first_row = rows_made(segment, made, op);
        let left = tensor.height.checked_sub(first_row)?;
        let rows = record.step_rows.min(left);
        let end = first_row.saturating_add(rows);
        for input in [record.input_a, record.input_b] {
            if input < segment.first_op || input >= op {
                continue;
            }
            let height = self.tensors.get(input)?.height;
            if rows_made(segment, made, input) < record.end_row(end, height) {
                return None;
            }
        }
        let kept = self.kept_from(segment, made, op, &tensor)?;
        (rows > 0 && end.saturating_sub(kept) <= tensor.ring_rows).then_some(Step {
            op,
            first_row,
            rows,
        })
    }

    /// The first row of a tensor that a reader still needs; its height if none does.
    fn kept_from(
        &self,
        segment: &SegmentRecord,
        made: &Progress,
        tensor: u16,
        record: &TensorRecord,
    ) -> Option<u16> {
        let behind = segment.first_op.saturating_add(segment.op_count);
        if record.last_reader >= behind {
            return Some(0);
        }
        let mut kept = record.height;
        for reader in record.first_reader.max(segment.first_op)..=record.last_reader {
            let op = self.ops.get(reader)?;
            if op.input_a != tensor && op.input_b != tensor {
                continue;
            }
            let next = rows_made(segment, made, reader);
            if next < self.tensors.get(reader)?.height {
                kept = kept.min(op.first_row(next, record.height));
            }
        }
        Some(kept)
    }
}

/// Rows that an operator has made.
fn rows_made(segment: &SegmentRecord, made: &Progress, op: u16) -> u16 {
    op.checked_sub(segment.first_op)
        .and_then(|slot| made.get(usize::from(slot)))
        .copied()
        .unwrap_or(0)
}

/// Notes that a step was made.
pub fn note(segment: &SegmentRecord, made: &mut Progress, step: &Step) {
    let slot = step.op.checked_sub(segment.first_op);
    if let Some(rows) = slot.and_then(|slot| made.get_mut(usize::from(slot))) {
        *rows = step.first_row.saturating_add(step.rows);
    }
}
