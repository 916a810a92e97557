//! A segment's schedule, run without the arithmetic: what is needed of each tensor when.
//!
//! The steps are those of the runtime ([`Schedule`]). At every row that is written a visitor sees
//! which rows of all other tensors are needed then: the most bytes at one time are the segment's
//! peak, and which pieces are needed together says how far apart they must lie.

use std::ops::Range;

use tidbit::blob::{InPlace, SegmentRecord};
use tidbit::schedule::{Next, Progress, Schedule, Step};

use super::draft::Draft;

/// Something is wrong with the rings of a segment: they stall it. A defect of the planner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stalled;

/// Rows of a tensor that are needed, and where they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needed {
    /// First row that a reader still needs.
    pub kept: u16,
    /// One past the last row that is made.
    pub made: u16,
    /// First row that is in the landing, if there is one.
    pub settled: u16,
    /// Sums are under way in the place of the only row.
    pub summing: bool,
}

impl Needed {
    /// Whether any row is needed.
    pub fn any(&self) -> bool {
        self.kept < self.made || self.summing
    }
}

/// A row is being written.
#[derive(Clone, Copy, Debug)]
pub struct Write {
    /// The tensor.
    pub tensor: usize,
    /// The row; 0 where sums grow.
    pub row: u16,
    /// Whether it goes to the landing.
    pub lands: bool,
    /// Rows of the operator's inputs that this very row is the last to read and that it may write
    /// over.
    pub dying: [Option<(usize, Range16)>; 2],
    /// How it may write over them.
    pub in_place: InPlace,
    /// Bytes of the row.
    pub bytes: usize,
}

/// A range of rows.
pub type Range16 = (u16, u16);

/// A segment under way.
pub struct Replay<'a> {
    /// The records.
    pub draft: &'a Draft,
    /// The segment.
    pub segment: Range<usize>,
    /// Tensors that are needed in it: those of earlier segments, then its own.
    pub tensors: Vec<usize>,
    /// What is needed of each tensor of the net (zero for those that are not in `tensors`).
    pub needed: Vec<Needed>,
    /// Bytes of all rows that are needed.
    pub row_bytes: usize,
    /// Bytes of all rings and landings that hold a needed row; of a whole tensor its needed rows.
    pub ring_bytes: usize,
    /// Steps so far.
    pub steps: u64,
    /// Bytes of weights that the steps read.
    pub weight_bytes: u64,
    /// Bytes that moved from landings to rings.
    pub moved_bytes: u64,
    record: SegmentRecord,
    progress: Progress,
}

impl<'a> Replay<'a> {
    /// At the start of a segment.
    pub fn new(draft: &'a Draft, segment: Range<usize>) -> Self {
        let record = SegmentRecord {
            first_op: segment.start as u16,
            op_count: segment.len() as u16,
        };
        let earlier = (0..segment.start).filter(|&tensor| draft.outlives(tensor, segment.start));
        let mut replay = Self {
            draft,
            tensors: earlier.chain(segment.clone()).collect(),
            needed: vec![Needed::default(); draft.ops.len()],
            row_bytes: 0,
            ring_bytes: 0,
            steps: 0,
            weight_bytes: 0,
            moved_bytes: 0,
            progress: Progress::new(&record),
            record,
            segment,
        };
        for tensor in replay.tensors.clone() {
            replay.refresh(tensor);
        }
        replay
    }

    /// Runs to the end, or until the visitor says so: it sees every row before it is written, and
    /// answers whether to go on.
    pub fn run(&mut self, mut go_on: impl FnMut(&Self, &Write) -> bool) -> Result<(), Stalled> {
        loop {
            let step = match self.draft.next(&self.record, &self.progress) {
                Next::Step(step) => step,
                Next::Done => return Ok(()),
                Next::Stalled => return Err(Stalled),
            };
            if !self.make(&step, &mut go_on).ok_or(Stalled)? {
                return Ok(());
            }
        }
    }

    fn make(&mut self, step: &Step, go_on: &mut impl FnMut(&Self, &Write) -> bool) -> Option<bool> {
        let op = usize::from(step.op);
        self.steps += 1;
        self.weight_bytes += self.draft.weights[op] as u64;
        let inputs: Vec<usize> = self.draft.inputs(op).collect();
        for row in step.first_row..step.first_row + step.rows {
            let one = Step {
                first_row: row,
                rows: 1,
                ..*step
            };
            self.draft.note(&self.record, &mut self.progress, &one)?;
            let mut dying = [None; 2];
            for (dying, &input) in dying.iter_mut().zip(&inputs) {
                let kept = self.kept(input)?;
                let old = self.needed[input].kept;
                let dies = kept > old && self.draft.may_write_over(op, input);
                *dying = dies.then_some((input, (old, kept)));
            }
            let record = &self.draft.ops[op];
            let lands = self.draft.tensors[op].landing_rows > 0;
            let write = Write {
                tensor: op,
                row: if record.accumulates == 0 { row } else { 0 },
                lands,
                dying,
                in_place: self.draft.in_place[op],
                bytes: self.draft.row_bytes(op as u16)?,
            };
            if !go_on(self, &write) {
                return Some(false);
            }
            self.refresh(op);
            for &input in &inputs {
                self.refresh(input);
            }
        }
        let settled = std::iter::once(op).chain(inputs);
        Some(settled.into_iter().all(|tensor| self.settle(tensor, go_on)))
    }

    /// Moves what there is to move of a tensor.
    fn settle(&mut self, tensor: usize, go_on: &mut impl FnMut(&Self, &Write) -> bool) -> bool {
        let moved = self
            .draft
            .settle(&self.record, &mut self.progress, tensor as u16);
        let Some(moved) = moved else {
            return true;
        };
        let bytes = self.draft.tensors[tensor].row_bytes();
        for row in moved.first..moved.end {
            self.moved_bytes += bytes as u64;
            let write = Write {
                tensor,
                row,
                lands: false,
                dying: [None; 2],
                in_place: InPlace::Never,
                bytes,
            };
            if !go_on(self, &write) {
                return false;
            }
        }
        self.refresh(tensor);
        true
    }

    fn kept(&self, tensor: usize) -> Option<u16> {
        self.draft
            .kept_from(&self.record, &self.progress, tensor as u16)
    }

    fn needed_now(&self, tensor: usize) -> Needed {
        let index = tensor as u16;
        let (record, progress) = (&self.record, &self.progress);
        let draft = self.draft;
        let made = draft.rows_made(record, progress, index).unwrap_or(0);
        let begun = draft.is_begun(record, progress, index).unwrap_or(false);
        Needed {
            kept: self.kept(tensor).unwrap_or(0).min(made),
            made,
            settled: if draft.tensors[tensor].landing_rows == 0 {
                made
            } else {
                draft.landed_from(record, progress, index).unwrap_or(0)
            },
            summing: draft.ops[tensor].accumulates != 0 && made == 0 && begun,
        }
    }

    /// Looks anew what is needed of a tensor.
    fn refresh(&mut self, tensor: usize) {
        let (rows, rings) = self.bytes_of(tensor);
        self.row_bytes -= rows;
        self.ring_bytes -= rings;
        self.needed[tensor] = self.needed_now(tensor);
        let (rows, rings) = self.bytes_of(tensor);
        self.row_bytes += rows;
        self.ring_bytes += rings;
    }

    /// Bytes of a tensor's needed rows, and of what is reserved for them.
    fn bytes_of(&self, tensor: usize) -> (usize, usize) {
        let needed = &self.needed[tensor];
        let row = self.draft.ring_row_bytes(tensor);
        if needed.summing {
            return (row, row);
        }
        let rows = usize::from(needed.made - needed.kept) * row;
        let ranges = self.ranges(tensor);
        let rings = ranges.iter().map(Range::len).sum();
        (rows, rings)
    }

    /// Whether a tensor's ring is as high as the tensor, so that rows lie in their order.
    pub fn is_whole(&self, tensor: usize) -> bool {
        let record = &self.draft.tensors[tensor];
        record.ring_rows == record.height
            && record.landing_rows == 0
            && self.draft.ops[tensor].accumulates == 0
    }

    /// Bytes that are needed of a tensor's ring, and of its landing: all of it where rows rotate.
    pub fn ranges(&self, tensor: usize) -> [Range<usize>; 2] {
        let needed = &self.needed[tensor];
        let record = &self.draft.tensors[tensor];
        if !needed.any() {
            return [0..0, 0..0];
        }
        let row = self.draft.ring_row_bytes(tensor);
        if self.is_whole(tensor) {
            return [
                usize::from(needed.kept) * row..usize::from(needed.made) * row,
                0..0,
            ];
        }
        let settled = needed.summing || needed.kept < needed.settled;
        let landed = record.landing_rows > 0 && needed.kept.max(needed.settled) < needed.made;
        let ring = usize::from(record.ring_rows) * row;
        [
            0..if settled { ring } else { 0 },
            0..if landed { record.landing_bytes() } else { 0 },
        ]
    }

    /// Bytes that are needed while a row is written: of rows alone, and of rings.
    pub fn peak_at(&self, write: &Write) -> (usize, usize) {
        let tensor = write.tensor;
        let [ring, landing] = self.ranges(tensor);
        let record = &self.draft.tensors[tensor];
        let more = if self.is_whole(tensor) {
            write.bytes
        } else if write.lands {
            record.landing_bytes() - landing.len()
        } else {
            usize::from(record.ring_rows) * self.draft.ring_row_bytes(tensor) - ring.len()
        };
        let moves = !write.lands && record.landing_rows > 0;
        let row = if moves || self.needed[tensor].summing {
            0
        } else {
            write.bytes
        };
        let saved = self.saved_in_place(write);
        (
            self.row_bytes + row - saved.0,
            self.ring_bytes + more - saved.1,
        )
    }
}
