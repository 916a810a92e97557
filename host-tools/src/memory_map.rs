//! The arena over time: which ring holds how many rows that are still needed, at every step.
//!
//! [`MemoryMap::of`] replays the plan. What is needed during a step is the most at any of the rows
//! that it makes: the rows that are needed then, and the new one, unless it takes the place of one.

mod replay;

use tidbit::{Error, Model};

use crate::layers::layers;
use replay::replay;

/// What lies in the arena, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryMap {
    /// Bytes of the arena.
    pub arena_bytes: usize,
    /// Bytes of scratch besides the arena.
    pub scratch_bytes: usize,
    /// The tensors, each with the operator that makes it.
    pub tensors: Vec<Tensor>,
    /// The segments, in order.
    pub segments: Vec<Segment>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Pieces of the arena, in order of their tensors.
    pub blocks: Vec<Block>,
}

/// A tensor and the operator that makes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Name of the operator in the ONNX file.
    pub name: String,
    /// What the operator is.
    pub operator: &'static str,
    /// Rows, columns, channels.
    pub shape: [u16; 3],
    /// Multiply-accumulates that it takes.
    pub macs: u64,
}

/// Operators that run interleaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// First operator.
    pub first_op: usize,
    /// Number of operators.
    pub op_count: usize,
    /// First step.
    pub first_step: usize,
    /// Number of steps.
    pub step_count: usize,
}

/// Rows that one operator makes in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The operator.
    pub op: usize,
    /// Bytes of all rows that are needed meanwhile.
    pub live_bytes: usize,
}

/// What a piece of the arena is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The ring of a tensor's rows.
    Ring,
    /// Where new rows of a tensor land before those that are still needed move into the ring.
    Landing,
}

/// A piece of the arena, and how full it is over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The tensor whose rows it holds.
    pub tensor: usize,
    /// What it is for.
    pub what: What,
    /// First byte in the arena.
    pub offset: usize,
    /// Rows that it has room for.
    pub rows: usize,
    /// Bytes of a row.
    pub row_bytes: usize,
    /// When it holds rows that are needed; moments at which it holds none are left out.
    pub spans: Vec<Span>,
}

/// Steps during which a block holds the same number of rows that are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First step.
    pub first_step: usize,
    /// Last step.
    pub last_step: usize,
    /// Rows that are needed, at least one.
    pub rows_held: usize,
}

impl Block {
    /// Its number: that of its tensor, with a stroke if it is the landing.
    pub fn number(&self) -> String {
        match self.what {
            What::Ring => self.tensor.to_string(),
            What::Landing => format!("{}′", self.tensor),
        }
    }

    /// Its length in bytes.
    pub fn bytes(&self) -> usize {
        self.rows * self.row_bytes
    }

    /// Bytes in it that are needed during a step.
    pub fn held_bytes(&self, step: usize) -> usize {
        let at = self.spans.partition_point(|span| span.last_step < step);
        let span = self.spans.get(at).filter(|span| span.first_step <= step);
        span.map_or(0, |span| span.rows_held * self.row_bytes)
    }
}

impl MemoryMap {
    /// Of a model.
    ///
    /// # Errors
    /// None that validation has not ruled out.
    pub fn of(model: &Model<'_>) -> Result<Self, Error> {
        let tables = model.tables();
        let tensors = layers(model)?.into_iter().map(|layer| Tensor {
            name: layer.name,
            operator: layer.operator,
            shape: layer.output_shape,
            macs: layer.macs,
        });
        let replayed = replay(tables)?;
        Ok(Self {
            arena_bytes: model.arena_bytes(),
            scratch_bytes: model.scratch_bytes(),
            tensors: tensors.collect(),
            segments: replayed.segments,
            steps: replayed.steps,
            blocks: replayed.blocks,
        })
    }

    /// The first of the steps at which most bytes are needed.
    pub fn peak(&self) -> usize {
        let steps = self.steps.iter().enumerate();
        let peak = steps.rev().max_by_key(|(_, step)| step.live_bytes);
        peak.map_or(0, |(index, _)| index)
    }

    /// Most bytes that are needed at a time.
    pub fn peak_bytes(&self) -> usize {
        self.steps
            .get(self.peak())
            .map_or(0, |step| step.live_bytes)
    }
}
