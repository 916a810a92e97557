//! The executor: runs a model, step by step, over memory of the caller.
//!
//! A session asks for the image's rows one at a time ([`Progress::NeedRow`]) and makes whatever
//! rows it can in between. Whole images and row sources are loops around that.

use crate::answer::Answer;
use crate::arena::Ring;
use crate::blob::SegmentRecord;
use crate::blob::header::NONE;
use crate::error::Error;
use crate::hands::Hands;
use crate::kernels::bytes::as_i8;
use crate::kernels::{Kernels, kernels};
use crate::model::Model;
use crate::ops::run_step;
use crate::schedule::{Next, Progress as RowsMade, Schedule, Step};

/// Sees every row of every tensor as it is made, in order of rows: for debugging and for the proof
/// that two targets compute the same bytes.
pub trait Observer {
    /// Row `row` of tensor `tensor` was made.
    fn row(&mut self, tensor: u16, row: u16, bytes: &[u8]);
    /// Whether it looks at all; rows are not even looked up for one that does not.
    fn looks(&self) -> bool {
        true
    }
}

/// Looks away.
impl Observer for () {
    fn row(&mut self, _tensor: u16, _row: u16, _bytes: &[u8]) {}
    fn looks(&self) -> bool {
        false
    }
}

/// Where an image's rows come from: a camera, a link, a slice.
pub trait RowSource {
    /// What can go wrong while fetching a row.
    type Error;
    /// Writes row `y` of raw pixels into `row`.
    ///
    /// # Errors
    /// Whatever the source says; the inference is then abandoned.
    fn read_row(&mut self, y: u16, row: &mut [u8]) -> Result<(), Self::Error>;
}

/// What an inference waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Progress {
    /// The image's row of this number.
    NeedRow(u16),
    /// Nothing: the answer is there.
    Done,
}

/// Why [`Session::run_rows`] stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunError<E> {
    /// The runtime's reason.
    Runtime(Error),
    /// The row source's reason.
    Source(E),
}

/// An inference over memory of the caller: arena first, scratch behind it.
///
/// The value itself takes 664 bytes on a 32-bit core, besides [`Model::stack_bytes`].
pub struct Session<'b, 'm> {
    kernels: &'static Kernels,
    model: Model<'b>,
    arena: &'m mut [u8],
    hands: Hands<'m>,
    progress: RowsMade,
    segment: u16,
    /// The row of the image that was asked for.
    asked: Option<Step>,
}

impl<'b, 'm> Session<'b, 'm> {
    /// A session over `memory`, of which it uses the first [`Model::memory_bytes`].
    ///
    /// # Errors
    /// [`Error::MemoryTooSmall`].
    pub fn new(model: &Model<'b>, memory: &'m mut [u8]) -> Result<Self, Error> {
        Self::with_kernels(model, memory, kernels())
    }

    /// As [`new`](Self::new), with a backend of the caller's choice.
    ///
    /// # Errors
    /// [`Error::MemoryTooSmall`].
    #[inline(never)]
    pub fn with_kernels(
        model: &Model<'b>,
        memory: &'m mut [u8],
        kernels: &'static Kernels,
    ) -> Result<Self, Error> {
        let (have, need) = (memory.len(), model.memory_bytes());
        let small = Error::MemoryTooSmall { have, need };
        let (memory, _) = memory.split_at_mut_checked(need).ok_or(small)?;
        let (arena, scratch) = memory
            .split_at_mut_checked(model.arena_bytes())
            .ok_or(small)?;
        Ok(Self::over(model, arena, Hands::alone(scratch), kernels))
    }

    /// As [`with_kernels`](Self::with_kernels), on threads that the caller lends; it uses the first
    /// [`Model::memory_bytes_for`] of `memory`.
    ///
    /// # Errors
    /// [`Error::MemoryTooSmall`].
    #[cfg(feature = "threads")]
    pub fn with_pool(
        model: &Model<'b>,
        memory: &'m mut [u8],
        kernels: &'static Kernels,
        pool: &'m dyn crate::Pool,
    ) -> Result<Self, Error> {
        let threads = pool.threads();
        let (have, need) = (memory.len(), model.memory_bytes_for(threads));
        let small = Error::MemoryTooSmall { have, need };
        let arena = model.arena_bytes();
        let (arena, scratch) = memory.split_at_mut_checked(arena).ok_or(small)?;
        let hands = Hands::many(scratch, model.scratch_bytes(), (pool, threads)).ok_or(small)?;
        Ok(Self::over(model, arena, hands, kernels))
    }

    /// At the start of an image.
    #[inline(always)]
    fn over(
        model: &Model<'b>,
        arena: &'m mut [u8],
        hands: Hands<'m>,
        kernels: &'static Kernels,
    ) -> Self {
        Self {
            kernels,
            model: *model,
            arena,
            hands,
            progress: first_segment(model),
            segment: 0,
            asked: None,
        }
    }

    /// Forgets the inference under way; the next row is row 0 of a new image.
    pub fn restart(&mut self) {
        self.segment = 0;
        self.asked = None;
        self.progress = first_segment(&self.model);
    }

    /// Makes all rows that can be made, until a row of the image is needed or the answer is there.
    ///
    /// # Errors
    /// None that [`Model::new`] has not ruled out.
    #[inline(never)]
    pub fn advance(&mut self, observer: &mut dyn Observer) -> Result<Progress, Error> {
        while let Some(segment) = self.model.checked.segments.get(self.segment) {
            match self.model.checked.flow.next(&segment, &self.progress) {
                Next::Step(step) => {
                    if step.op == 0 {
                        self.asked = Some(step);
                        return Ok(Progress::NeedRow(step.first_row));
                    }
                    self.step(&segment, &step, observer)
                        .ok_or(Error::Inconsistent { op: step.op })?;
                }
                Next::Done => {
                    self.segment = self.segment.saturating_add(1);
                    if let Some(next) = self.model.checked.segments.get(self.segment) {
                        self.progress = RowsMade::new(&next);
                    }
                }
                Next::Stalled => {
                    return Err(Error::Inconsistent {
                        op: segment.first_op,
                    });
                }
            }
        }
        Ok(Progress::Done)
    }

    /// Makes one step, and moves what then can move from landings into rings.
    fn step(
        &mut self,
        segment: &SegmentRecord,
        step: &Step,
        observer: &mut dyn Observer,
    ) -> Option<()> {
        let checked = &self.model.checked;
        let at = (segment, &self.progress);
        run_step(self.kernels, checked, at, step, self.arena, &mut self.hands)?;
        if observer.looks() {
            self.show(segment, step, observer)?;
        }
        let op = checked.flow.ops.get(step.op)?;
        checked.flow.note(segment, &mut self.progress, step)?;
        for tensor in &[step.op, op.input_a, op.input_b] {
            self.settle(segment, *tensor)?;
        }
        Some(())
    }

    /// Moves what there is to move of a tensor from its landing into its ring.
    fn settle(&mut self, segment: &SegmentRecord, tensor: u16) -> Option<()> {
        let flow = &self.model.checked.flow;
        match flow.settle(segment, &mut self.progress, tensor) {
            Some(rows) => {
                let tensor = flow.tensors.get(tensor)?;
                Ring::settle(self.kernels, &tensor, &rows, self.arena)
            }
            None => Some(()),
        }
    }

    /// Shows the rows of a step to an observer.
    fn show(
        &self,
        segment: &SegmentRecord,
        step: &Step,
        observer: &mut dyn Observer,
    ) -> Option<()> {
        let flow = &self.model.checked.flow;
        let tensor = flow.tensors.get(step.op)?;
        let ring = Ring::of(flow, segment, &self.progress, step.op)?;
        let end = step.first_row.checked_add(step.rows)?;
        let rows = if flow.ops.get(step.op)?.accumulates == 0 {
            step.first_row..end
        } else {
            u16::from(end < flow.height(step.op)?)..1
        };
        for row in rows {
            let bytes = self.arena.get(ring.range(row)?)?;
            observer.row(step.op, row, bytes.get(..tensor.row_bytes())?);
        }
        Some(())
    }

    /// Takes the row of raw pixels that [`advance`](Self::advance) asked for.
    ///
    /// # Errors
    /// [`Error::OutOfTurn`] if none was asked for; [`Error::Length`] if it is not one row long.
    pub fn push_row(&mut self, pixels: &[u8], observer: &mut dyn Observer) -> Result<(), Error> {
        let expected = self.model.input_shape().row_bytes();
        let have = pixels.len();
        if have != expected {
            return Err(Error::Length { have, expected });
        }
        self.fill_row(observer, |row| {
            row.iter_mut().zip(pixels).for_each(|(q, p)| *q = *p);
            Ok(())
        })
    }

    /// Has `fill` write the raw pixels of the row that is needed, and notes that it is made.
    fn fill_row<E: From<Error>>(
        &mut self,
        observer: &mut dyn Observer,
        fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let segment = self.model.checked.segments.get(self.segment);
        let segment = segment.ok_or(Error::OutOfTurn)?;
        let step = self.asked.ok_or(Error::OutOfTurn)?;
        let wrong = Error::Inconsistent { op: 0 };
        let flow = &self.model.checked.flow;
        let ring = Ring::of(flow, &segment, &self.progress, 0);
        let range = ring.and_then(|ring| ring.range(step.first_row));
        let row = range.and_then(|range| self.arena.get_mut(range));
        let row = row.ok_or(wrong)?;
        fill(row)?;
        self.asked = None;
        for pixel in row.iter_mut() {
            *pixel ^= 0x80;
        }
        observer.row(0, step.first_row, row);
        flow.note(&segment, &mut self.progress, &step)
            .ok_or(wrong)?;
        self.settle(&segment, 0).ok_or(wrong)?;
        Ok(())
    }

    /// A whole inference over rows that are fetched as they are needed.
    ///
    /// # Errors
    /// The source's.
    pub fn run_rows<S: RowSource>(
        &mut self,
        source: &mut S,
        observer: &mut dyn Observer,
    ) -> Result<Answer<'_>, RunError<S::Error>> {
        self.restart();
        while let Progress::NeedRow(y) = self.advance(observer)? {
            self.fill_row(observer, |row| {
                source.read_row(y, row).map_err(RunError::Source)
            })?;
        }
        Ok(self.answer()?)
    }

    /// A whole inference over an image of raw `u8`, rows from the top, red first.
    ///
    /// # Errors
    /// [`Error::Length`] if it is not of the net's size.
    pub fn run(&mut self, image: &[u8]) -> Result<Answer<'_>, Error> {
        self.run_observed(image, &mut ())
    }

    /// As [`run`](Self::run), with an observer of every tensor.
    ///
    /// # Errors
    /// [`Error::Length`] if it is not of the net's size.
    pub fn run_observed(
        &mut self,
        image: &[u8],
        observer: &mut dyn Observer,
    ) -> Result<Answer<'_>, Error> {
        let shape = self.model.input_shape();
        let (have, expected) = (image.len(), shape.bytes());
        if have != expected {
            return Err(Error::Length { have, expected });
        }
        self.restart();
        while let Progress::NeedRow(y) = self.advance(observer)? {
            let start = usize::from(y).wrapping_mul(shape.row_bytes());
            let row = image.get(start..start.wrapping_add(shape.row_bytes()));
            self.push_row(row.ok_or(Error::OutOfTurn)?, observer)?;
        }
        self.answer()
    }

    /// The first answer of the inference that just ended.
    ///
    /// # Errors
    /// [`Error::OutOfTurn`] while one is under way.
    pub fn answer(&self) -> Result<Answer<'_>, Error> {
        self.answer_of(0)
    }

    /// Answer `index`, below [`Model::outputs`], of the inference that just ended.
    ///
    /// # Errors
    /// [`Error::OutOfTurn`] while one is under way; [`Error::NoSuchOutput`].
    pub fn answer_of(&self, index: u16) -> Result<Answer<'_>, Error> {
        let checked = &self.model.checked;
        if checked.segments.get(self.segment).is_some() {
            return Err(Error::OutOfTurn);
        }
        let tensor = |index: u16| {
            let record = checked.flow.tensors.get(index);
            record
                .and_then(|record| {
                    let start = record.ring_offset as usize;
                    self.arena
                        .get(start..start.checked_add(record.ring_bytes())?)
                })
                .map(as_i8)
                .ok_or(Error::Inconsistent { op: index })
        };
        let outputs = checked.header.output_count;
        let output = checked.outputs.get(index);
        let output = output.ok_or(Error::NoSuchOutput { index, outputs })?;
        let logits = checked.flow.tensors.get(output.logits);
        let ranked = logits.is_some_and(|logits| logits.is_pixel());
        Ok(Answer {
            output: tensor(output.tensor)?,
            logits: if ranked { tensor(output.logits)? } else { &[] },
            exp_table: checked
                .data
                .u16_table(output.exp_table)
                .ok_or(Error::Inconsistent { op: NONE })?,
        })
    }
}

/// The progress at the start of an inference.
fn first_segment(model: &Model<'_>) -> RowsMade {
    let none = SegmentRecord {
        first_op: 0,
        op_count: 0,
    };
    RowsMade::new(&model.checked.segments.get(0).unwrap_or(none))
}

impl<E> From<Error> for RunError<E> {
    fn from(error: Error) -> Self {
        Self::Runtime(error)
    }
}
