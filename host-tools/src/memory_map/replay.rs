//! The plan, run without the arithmetic: the one place here that asks a schedule for its steps.

use tidbit::Error;
use tidbit::blob::{SegmentRecord, Table, TensorRecord};
use tidbit::schedule::{Flow, Next, Progress, Schedule};

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
        segments: std::mem::take(&mut replay.segments),
        steps: std::mem::take(&mut replay.steps),
        blocks: replay.blocks(),
    })
}

/// A plan that is being replayed.
struct Replay<'a> {
    flow: &'a Flow<'a>,
    rings: Vec<Ring>,
    landings: Vec<Ring>,
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
        let block = |what: What| {
            let of = move |(tensor, record): (usize, TensorRecord)| {
                let (offset, rows) = match what {
                    What::Ring => (record.ring_offset, record.ring_rows),
                    What::Landing => (record.landing_offset, record.landing_rows),
                };
                let row_bytes = match what {
                    What::Ring => flow.row_bytes(tensor as u16).unwrap_or(0),
                    What::Landing => record.row_bytes(),
                };
                Ring {
                    block: Block {
                        tensor,
                        what,
                        offset: offset as usize,
                        rows: rows.into(),
                        row_bytes,
                        spans: Vec::new(),
                    },
                    held: 0,
                    since: 0,
                }
            };
            flow.tensors.iter().enumerate().map(of).collect()
        };
        Self {
            flow,
            rings: block(What::Ring),
            landings: block(What::Landing),
            segments: Vec::new(),
            steps: Vec::new(),
            live_bytes: 0,
        }
    }

    /// Rings and landings in order of their tensors, without those that there are none of.
    fn blocks(self) -> Vec<Block> {
        let pairs = self.rings.into_iter().zip(self.landings);
        pairs
            .flat_map(|(ring, landing)| [ring.block, landing.block])
            .filter(|block| block.rows > 0)
            .collect()
    }

    /// Runs a segment.
    fn segment(&mut self, segment: &SegmentRecord) -> Result<(), Error> {
        let first_step = self.steps.len();
        let mut progress = Progress::new(segment);
        let flow = self.flow;
        loop {
            let step = match flow.next(segment, &progress) {
                Next::Step(step) => step,
                Next::Done => break,
                Next::Stalled => {
                    let op = segment.first_op;
                    return Err(Error::Inconsistent { op });
                }
            };
            let wrong = Error::Inconsistent { op: step.op };
            let op = flow.ops.get(step.op).ok_or(wrong)?;
            // While a step is made, what it reads is needed and what it makes is there.
            let kept = flow.kept_from(segment, &progress, step.op).ok_or(wrong)?;
            let landed = flow.landed_from(segment, &progress, step.op).ok_or(wrong)?;
            flow.note(segment, &mut progress, &step).ok_or(wrong)?;
            let end = match op.accumulates {
                0 => step.first_row.saturating_add(step.rows),
                _ => 1,
            };
            self.hold(step.op, (kept.min(end), end), landed);
            self.steps.push(Step {
                op: step.op.into(),
                live_bytes: self.live_bytes,
            });
            for tensor in [step.op, op.input_a, op.input_b] {
                flow.settle(segment, &mut progress, tensor);
            }
            for tensor in [step.op, op.input_a, op.input_b] {
                if flow.tensors.get(tensor).is_some() {
                    self.look(segment, &progress, tensor).ok_or(wrong)?;
                }
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

    /// Notes what is needed of a tensor now.
    fn look(&mut self, segment: &SegmentRecord, progress: &Progress, tensor: u16) -> Option<()> {
        let made = self.flow.rows_made(segment, progress, tensor)?;
        let summing = made == 0
            && self.flow.ops.get(tensor)?.accumulates != 0
            && self.flow.is_begun(segment, progress, tensor)?;
        let kept = self.flow.kept_from(segment, progress, tensor)?;
        let landed = self.flow.landed_from(segment, progress, tensor)?;
        let rows = if summing { (0, 1) } else { (kept.min(made), made) };
        self.hold(tensor, rows, landed);
        Some(())
    }

    /// Notes that, from the step on that comes next, these rows of a tensor are needed, of which
    /// those from `landed` on are in its landing.
    fn hold(&mut self, tensor: u16, (kept, end): (u16, u16), landed: u16) {
        let now = self.steps.len();
        let at = usize::from(tensor);
        let (Some(ring), Some(landing)) = (self.rings.get_mut(at), self.landings.get_mut(at)) else {
            return;
        };
        let split = match landing.block.rows {
            0 => end,
            _ => landed.clamp(kept, end),
        };
        for (ring, rows) in [(ring, split - kept), (landing, end - split)] {
            // Rows that nobody reads may overwrite one another within a step.
            let rows = usize::from(rows).min(ring.block.rows);
            if ring.held != rows {
                self.live_bytes += rows * ring.block.row_bytes;
                self.live_bytes -= ring.held * ring.block.row_bytes;
                ring.change(now, rows);
            }
        }
    }

    /// Closes the spans of what the caller keeps.
    fn finish(&mut self) {
        let now = self.steps.len();
        for ring in self.rings.iter_mut().chain(&mut self.landings) {
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
