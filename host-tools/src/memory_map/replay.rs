//! The plan, run without the arithmetic, by the planner's own replay.

use tidbit::Error;
use tidbit::blob::Checked;
use tidbit_quantize::plan::draft::Draft;
use tidbit_quantize::plan::replay::{Replay, Write};

use super::{Block, Segment, Span, Step, What};

/// What a replay finds.
pub(super) struct Replayed {
    pub(super) segments: Vec<Segment>,
    pub(super) steps: Vec<Step>,
    pub(super) blocks: Vec<Block>,
}

/// Runs all segments.
pub(super) fn replay(tables: &Checked<'_>) -> Result<Replayed, Error> {
    let draft = Draft::of_blob(tables);
    let mut film = Film::of(&draft);
    let mut segments = Vec::new();
    for segment in tables.segments.iter() {
        let first_step = film.steps.len();
        let (first_op, op_count) = (usize::from(segment.first_op), segment.op_count.into());
        let mut replay = Replay::new(&draft, first_op..first_op + op_count);
        let stalled = Error::Inconsistent {
            op: segment.first_op,
        };
        let ran = replay.run(|replay, write| {
            film.see(replay, write, first_step);
            true
        });
        ran.map_err(|_| stalled)?;
        film.look(&replay, None);
        segments.push(Segment {
            first_op,
            op_count,
            first_step,
            step_count: film.steps.len() - first_step,
        });
    }
    let steps = film.steps.len();
    let blocks = film.rolls.into_iter().flatten().map(|mut roll| {
        roll.change(steps, 0);
        roll.block
    });
    Ok(Replayed {
        segments,
        blocks: blocks.filter(|block| block.rows > 0).collect(),
        steps: film.steps,
    })
}

/// What is seen of a plan while it runs.
struct Film {
    /// For each tensor its ring and its landing.
    rolls: Vec<[Roll; 2]>,
    steps: Vec<Step>,
}

/// A block whose spans are being written: `held` rows from step `since` on.
struct Roll {
    block: Block,
    held: usize,
    since: usize,
}

impl Film {
    fn of(draft: &Draft) -> Self {
        let rolls = draft.tensors.iter().enumerate().map(|(tensor, record)| {
            let roll = |what, offset: u32, rows: u16, row_bytes| Roll {
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
            };
            let ring_row = draft.ring_row_bytes(tensor);
            [
                roll(What::Ring, record.ring_offset, record.ring_rows, ring_row),
                roll(
                    What::Landing,
                    record.landing_offset,
                    record.landing_rows,
                    record.row_bytes(),
                ),
            ]
        });
        Self {
            rolls: rolls.collect(),
            steps: Vec::new(),
        }
    }

    /// A row is about to be written.
    fn see(&mut self, replay: &Replay<'_>, write: &Write, first_step: usize) {
        let step = first_step + replay.steps as usize - 1;
        let begins = step >= self.steps.len();
        if begins {
            self.steps.push(Step {
                op: write.tensor,
                live_bytes: 0,
            });
        }
        self.look(replay, Some((write, begins)));
        let (rows, _) = replay.peak_at(write);
        let live_bytes = &mut self.steps[step].live_bytes;
        *live_bytes = rows.max(*live_bytes);
    }

    /// Notes what is held during the last step: what it reads as that was when the step began, what
    /// it makes with the row that is being written. Without a write, what is held from then on.
    fn look(&mut self, replay: &Replay<'_>, write: Option<(&Write, bool)>) {
        let now = self.steps.len() - usize::from(write.is_some());
        for &tensor in &replay.tensors {
            let own = write.filter(|(write, _)| write.tensor == tensor);
            if own.is_none() && write.is_some_and(|(_, begins)| !begins) {
                continue;
            }
            let needed = &replay.needed[tensor];
            let landed = needed.settled.clamp(needed.kept, needed.made);
            let summing = u16::from(needed.summing);
            let mut rows = [landed - needed.kept + summing, needed.made - landed];
            if let Some((write, _)) = own {
                rows[usize::from(write.lands)] += 1;
            }
            for (roll, rows) in self.rolls[tensor].iter_mut().zip(rows) {
                // Rows that nobody reads may overwrite one another within a step.
                roll.change(now, usize::from(rows).min(roll.block.rows));
            }
        }
    }
}

impl Roll {
    /// From step `now` on it holds `rows` rows.
    fn change(&mut self, now: usize, rows: usize) {
        if rows == self.held {
            return;
        }
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
