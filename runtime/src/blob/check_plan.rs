//! What the validation pass asks of the plan.
//!
//! The schedule is run, without the arithmetic, to its end. For every row that is made, and for
//! every row that moves from a landing into a ring, the bytes that it takes are held against the
//! rows of all other tensors that somebody still needs at that moment: so rings may share bytes as
//! long as no row is lost, whether because they are needed at different times, because the one
//! grows into what the other gives free, or because an operator works in place.

use core::ops::Range;

use super::header::MAX_SCHEDULE;
use super::in_place::{InPlace, in_place};
use super::plan::MAX_SEGMENT_OPS;
use super::{Checked, SegmentRecord};
use crate::arena::Ring;
use crate::error::Error;
use crate::schedule::{Move, Next, Progress, Schedule, Step, shares_bytes};

/// Proves that the plan is one.
#[inline(never)]
pub(super) fn check_plan(checked: &Checked<'_>) -> Result<(), Error> {
    coverage(checked)?;
    let mut looked_at = 0;
    for (index, segment) in (0u16..).zip(checked.segments.iter()) {
        let mut run = Run {
            checked,
            segment,
            progress: Progress::new(&segment),
            oldest: oldest(checked, &segment),
            spans: spans(checked, &segment),
            looked_at,
        };
        while run.step(index)? {}
        looked_at = run.looked_at;
    }
    Ok(())
}

/// Segments follow one another and cover all operators; what leaves a segment is kept whole.
fn coverage(checked: &Checked<'_>) -> Result<(), Error> {
    let mut next = 0u16;
    for (segment, record) in (0u16..).zip(checked.segments.iter()) {
        let end = next.saturating_add(record.op_count);
        let count = usize::from(record.op_count);
        let fits = (1..=MAX_SEGMENT_OPS).contains(&count) && end <= checked.header.op_count;
        if record.first_op != next || !fits {
            return Err(Error::Segment { segment });
        }
        for tensor in next..end {
            let ring = checked.flow.tensors.get(tensor).ok_or(Error::Contract)?;
            let whole = ring.ring_rows == ring.height && ring.landing_rows == 0;
            if ring.last_reader >= end && !whole {
                return Err(Error::Ring { tensor });
            }
        }
        next = end;
    }
    if next != checked.header.op_count {
        let segment = checked.header.segment_count;
        return Err(Error::Segment { segment });
    }
    Ok(())
}

/// The first tensor that is needed in a segment; what lies before it is never looked at.
fn oldest(checked: &Checked<'_>, segment: &SegmentRecord) -> u16 {
    let earlier = (0..segment.first_op).zip(checked.flow.tensors.iter());
    earlier
        .filter(|(_, tensor)| tensor.last_reader >= segment.first_op)
        .map(|(index, _)| index)
        .next()
        .unwrap_or(segment.first_op)
}

/// Operators that are looked at to find the first row of a tensor that a reader still needs.
fn span(checked: &Checked<'_>, segment: &SegmentRecord, tensor: u16) -> u16 {
    let end = segment.first_op.saturating_add(segment.op_count);
    let Some(record) = checked.flow.tensors.get(tensor) else {
        return 0;
    };
    if record.last_reader >= end {
        return 1;
    }
    let first = record.first_reader.max(segment.first_op);
    record.last_reader.saturating_add(1).saturating_sub(first)
}

/// The sum of all spans of a segment's tensors, and the greatest.
fn spans(checked: &Checked<'_>, segment: &SegmentRecord) -> (u16, u16) {
    let end = segment.first_op.saturating_add(segment.op_count);
    let spans = (segment.first_op..end).map(|tensor| span(checked, segment, tensor));
    spans.fold((0, 0), |(sum, most), span| {
        (sum.saturating_add(span), most.max(span))
    })
}

/// A segment under way.
struct Run<'c, 'b> {
    checked: &'c Checked<'b>,
    segment: SegmentRecord,
    progress: Progress,
    oldest: u16,
    spans: (u16, u16),
    looked_at: u32,
}

impl Run<'_, '_> {
    /// Makes the next step; `false` if there is none left.
    fn step(&mut self, index: u16) -> Result<bool, Error> {
        // Each operator that is looked at may have its tensor's readers looked at, once; so may the
        // three tensors that then settle.
        let (sum, most) = self.spans;
        let looks = self.progress.looks();
        self.spend(looks)?;
        self.spend(sum.min(looks.saturating_mul(most)))?;
        self.spend(most.saturating_mul(3))?;
        match self.checked.flow.next(&self.segment, &self.progress) {
            Next::Step(step) => self.make(&step)?,
            Next::Done => return Ok(false),
            Next::Stalled => return Err(Error::Stalled { segment: index }),
        }
        Ok(true)
    }

    /// Counts what was looked at.
    fn spend(&mut self, looks: u16) -> Result<(), Error> {
        self.looked_at = self.looked_at.saturating_add(u32::from(looks));
        if self.looked_at > MAX_SCHEDULE {
            return Err(Error::TooMuchWork);
        }
        Ok(())
    }

    /// As the executor does it: row by row, then what the landings hold.
    fn make(&mut self, step: &Step) -> Result<(), Error> {
        let wrong = Error::Inconsistent { op: step.op };
        for row in step.first_row..step.first_row.saturating_add(step.rows) {
            let out = self.written(step.op, row).ok_or(wrong)?;
            let before = self.progress.clone();
            let one = Step {
                first_row: row,
                rows: 1,
                ..*step
            };
            let flow = &self.checked.flow;
            flow.note(&self.segment, &mut self.progress, &one)
                .ok_or(wrong)?;
            self.guard(&out, step.op, &before)?;
        }
        let op = self.checked.flow.ops.get(step.op).ok_or(wrong)?;
        for tensor in &[step.op, op.input_a, op.input_b] {
            self.settle(*tensor)?;
        }
        Ok(())
    }

    /// Bytes that an operator writes for a row.
    fn written(&self, op: u16, row: u16) -> Option<Range<usize>> {
        let flow = &self.checked.flow;
        let accumulates = flow.ops.get(op)?.accumulates != 0;
        let ring = Ring::to_write(flow, &self.segment, &self.progress, op)?;
        ring.range(if accumulates { 0 } else { row })
    }

    /// Moves what there is to move of a tensor, and looks what the moved rows overwrite.
    fn settle(&mut self, tensor: u16) -> Result<(), Error> {
        let flow = &self.checked.flow;
        let Some(rows) = flow.settle(&self.segment, &mut self.progress, tensor) else {
            return Ok(());
        };
        let Move { first, end, .. } = rows;
        for row in first..end {
            let to = self.checked.flow.tensors.get(tensor);
            let to = to.and_then(|to| Ring::with(&to, to.row_bytes(), u16::MAX)?.range(row));
            let to = to.ok_or(Error::Inconsistent { op: tensor })?;
            let before = self.progress.clone();
            self.guard(&to, tensor, &before)?;
        }
        Ok(())
    }

    /// Proves that writing `bytes` of tensor `writer` overwrites no row of another tensor that was
    /// needed before and is not given up by this very row, or else that the operator works in place.
    fn guard(&mut self, bytes: &Range<usize>, writer: u16, before: &Progress) -> Result<(), Error> {
        let end = self.segment.first_op.saturating_add(self.segment.op_count);
        self.spend(end.saturating_sub(self.oldest))?;
        for tensor in self.oldest..end {
            let Some([ring, landing]) = self.checked.flow.blocks(tensor) else {
                return Err(Error::Contract);
            };
            if tensor == writer || !(shares_bytes(bytes, &ring) || shares_bytes(bytes, &landing)) {
                continue;
            }
            let safe = self.is_safe(bytes, (writer, tensor), before)?;
            if !safe.ok_or(Error::Contract)? {
                return Err(Error::Overlap {
                    tensor: tensor.min(writer),
                    other: tensor.max(writer),
                });
            }
        }
        Ok(())
    }

    /// The part of [`guard`](Self::guard) for one tensor whose ring the bytes touch.
    fn is_safe(
        &mut self,
        bytes: &Range<usize>,
        (writer, tensor): (u16, u16),
        before: &Progress,
    ) -> Result<Option<bool>, Error> {
        let span = span(self.checked, &self.segment, tensor);
        self.spend(span.saturating_mul(2))?;
        let (flow, segment) = (&self.checked.flow, &self.segment);
        let look = || -> Option<(Range<u16>, u16, bool)> {
            let needed = flow.kept_from(segment, before, tensor)?;
            let made = flow.rows_made(segment, before, tensor)?;
            let kept = flow.kept_from(segment, &self.progress, tensor)?;
            // Sums that grow are needed as long as they are no averages yet.
            let growing = made == 0 && flow.is_begun(segment, before, tensor)?;
            Some((needed..made, kept, growing))
        };
        let Some((needed, kept, growing)) = look() else {
            return Ok(None);
        };
        if growing {
            return Ok(Some(false));
        }
        self.spend(needed.end.saturating_sub(needed.start))?;
        let (flow, segment) = (&self.checked.flow, &self.segment);
        let Some(ring) = Ring::of(flow, segment, before, tensor) else {
            return Ok(None);
        };
        for row in needed {
            let Some(range) = ring.range(row) else {
                return Ok(None);
            };
            if shares_bytes(bytes, &range)
                && (row >= kept || !self.works_in_place(writer, tensor, bytes, &range))
            {
                return Ok(Some(false));
            }
        }
        Ok(Some(true))
    }

    /// Whether an operator may write `out` while it reads a row at `row` of one of its inputs for
    /// the last time.
    fn works_in_place(&self, op: u16, input: u16, out: &Range<usize>, row: &Range<usize>) -> bool {
        match in_place(&self.checked.flow, &self.checked.data, op, input) {
            InPlace::Never => false,
            InPlace::Exactly => out == row,
            InPlace::Behind => out.start <= row.start,
        }
    }
}
