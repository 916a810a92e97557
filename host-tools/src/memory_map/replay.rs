//! The plan, run without the arithmetic: the one place here that asks a schedule for its steps.

use tidbit::Error;
use tidbit::blob::{SegmentRecord, Table, TensorRecord};
use tidbit::schedule::{Flow, Next, Progress, note};

use super::{Block, Segment, Span, Step, What};

/// What a replay finds.
pub(super) struct Replayed {
    pub(super) segments: Vec<Segment>,
    pub(super) steps: Vec<Step>,
    pub(super) blocks: Vec<Block>,
}

/// Runs all segments.
pub(super) fn replay(
    flow: &Flow<'_>,
    segments: &Table<'_, SegmentRecord>,
) -> Result<Replayed, Error> {
    let mut replay = Replay::of(flow);
    for segment in segments.iter() {
        replay.segment(&segment)?;
    }
    replay.finish();
    Ok(Replayed {
        segments: replay.segments,
        steps: replay.steps,
        blocks: replay.rings.into_iter().map(|ring| ring.block).collect(),
    })
}

/// A plan that is being replayed.
struct Replay<'a> {
    flow: &'a Flow<'a>,
    rings: Vec<Ring>,
    segments: Vec<Segment>,
    steps: Vec<Step>,
    live_bytes: usize,
}

/// A block whose spans are being written: `held` rows from step `since` on.
struct Ring {
    block: Block,
    held: usize,
    since: usize,
}

impl<'a> Replay<'a> {
    fn of(flow: &'a Flow<'a>) -> Self {
        let ring = |(tensor, record): (usize, TensorRecord)| Ring {
            block: Block {
                tensor,
                what: What::Ring,
                offset: record.ring_offset as usize,
                rows: record.ring_rows.into(),
                row_bytes: record.row_bytes(),
                spans: Vec::new(),
            },
            held: 0,
            since: 0,
        };
        Self {
            flow,
            rings: flow.tensors.iter().enumerate().map(ring).collect(),
            segments: Vec::new(),
            steps: Vec::new(),
            live_bytes: 0,
        }
    }

    /// Runs a segment.
    fn segment(&mut self, segment: &SegmentRecord) -> Result<(), Error> {
        let first_step = self.steps.len();
        let mut made: Progress = [0; _];
        loop {
            let step = match self.flow.next(segment, &made) {
                Next::Step(step) => step,
                Next::Done => break,
                Next::Stalled => {
                    let op = segment.first_op;
                    return Err(Error::Inconsistent { op });
                }
            };
            let wrong = Error::Inconsistent { op: step.op };
            let op = self.flow.ops.get(step.op).ok_or(wrong)?;
            let needed = self.first_needed(segment, &made, step.op).ok_or(wrong)?;
            let end = step.first_row.saturating_add(step.rows);
            self.hold(step.op, end.saturating_sub(needed.min(step.first_row)));
            self.steps.push(Step {
                op: step.op.into(),
                live_bytes: self.live_bytes,
            });
            note(segment, &mut made, &step);
            for tensor in [step.op, op.input_a, op.input_b] {
                let Some(record) = self.flow.tensors.get(tensor) else {
                    continue;
                };
                let slot = tensor.checked_sub(segment.first_op);
                let rows = slot.map_or(record.height, |slot| made[usize::from(slot)]);
                let needed = self.first_needed(segment, &made, tensor).ok_or(wrong)?;
                self.hold(tensor, rows.saturating_sub(needed));
            }
        }
        self.segments.push(Segment {
            first_op: segment.first_op.into(),
            op_count: segment.op_count.into(),
            first_step,
            step_count: self.steps.len() - first_step,
        });
        Ok(())
    }

    /// The first row of a tensor that an unfinished reader, a later segment or the caller needs.
    fn first_needed(&self, segment: &SegmentRecord, made: &Progress, tensor: u16) -> Option<u16> {
        let record = self.flow.tensors.get(tensor)?;
        if record.last_reader >= segment.first_op.saturating_add(segment.op_count) {
            return Some(0);
        }
        let mut needed = record.height;
        for reader in record.first_reader.max(segment.first_op)..=record.last_reader {
            let op = self.flow.ops.get(reader)?;
            let next = made[usize::from(reader - segment.first_op)];
            let reads = op.input_a == tensor || op.input_b == tensor;
            if reads && next < self.flow.tensors.get(reader)?.height {
                needed = needed.min(op.first_row(next, record.height));
            }
        }
        Some(needed)
    }

    /// Notes that, from the step on that comes next, a ring holds so many rows that are needed.
    fn hold(&mut self, tensor: u16, rows: u16) {
        let now = self.steps.len();
        let Some(ring) = self.rings.get_mut(usize::from(tensor)) else {
            return;
        };
        // Rows that nobody reads may overwrite one another within a step.
        let rows = usize::from(rows).min(ring.block.rows);
        if ring.held != rows {
            self.live_bytes += rows * ring.block.row_bytes;
            self.live_bytes -= ring.held * ring.block.row_bytes;
            ring.change(now, rows);
        }
    }

    /// Closes the spans of what the caller keeps.
    fn finish(&mut self) {
        let now = self.steps.len();
        for ring in &mut self.rings {
            ring.change(now, 0);
        }
    }
}

impl Ring {
    /// From step `now` on it holds `rows` rows.
    fn change(&mut self, now: usize, rows: usize) {
        if self.held > 0 && self.since < now {
            let span = Span {
                first_step: self.since,
                last_step: now - 1,
                rows_held: self.held,
            };
            match self.block.spans.last_mut() {
                Some(last) if last.last_step + 1 == self.since && last.rows_held == self.held => {
                    last.last_step = span.last_step;
                }
                _ => self.block.spans.push(span),
            }
        }
        (self.held, self.since) = (rows, now);
    }
}
