//! The figures of a whole blob: how large it is, what memory it takes, how much work it is.

use serde::Serialize;
use tidbit::Model;
use tidbit::blob::{ConvParams, Cost, OpKind, op_cost};
use tidbit::kernels::Packing;

use crate::grid::{Grid, grouped};
use crate::recomputed::rows_made;

/// What a blob takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// Bytes of the blob: flash.
    pub blob_bytes: usize,
    /// Bytes of weights, biases, multipliers and tables in it.
    pub weights_bytes: usize,
    /// The target in whose order the weights lie.
    pub target: &'static str,
    /// Bytes of the arena, in which the rings lie.
    pub arena_bytes: usize,
    /// Bytes of scratch besides the arena.
    pub scratch_bytes: usize,
    /// Bytes of stack at most, on a 32-bit ARM core.
    pub stack_bytes: usize,
    /// Bytes of a whole image: what an arena would hold besides, if the image had to be there.
    pub input_bytes: usize,
    /// Multiply-accumulates of the net.
    pub macs: u64,
    /// Multiply-accumulates that the plan makes besides, of rows that it makes more than once.
    pub recomputed_macs: u64,
    /// Learnt numbers: weights and biases.
    pub parameters: u64,
}

/// The order of a model's weights; quantization gives all of them the same.
pub fn packing(model: &Model<'_>) -> Packing {
    let tables = model.tables();
    let mut ops = tables.flow.ops.iter();
    let convolution = ops.find(|op| {
        let kind = OpKind::from_byte(op.kind);
        matches!(kind, Some(OpKind::Conv | OpKind::Depthwise))
    });
    let params: Option<ConvParams> = convolution.and_then(|op| tables.data.params(&op));
    let order = params.and_then(|params| params.order());
    order.unwrap_or(Packing::Portable)
}

impl Facts {
    /// Of a model.
    ///
    /// # Errors
    /// None that validation has not ruled out.
    pub fn of(model: &Model<'_>) -> Result<Self, tidbit::Error> {
        let header = model.tables().header;
        let mut facts = Self {
            blob_bytes: header.blob_bytes as usize,
            arena_bytes: model.arena_bytes(),
            scratch_bytes: model.scratch_bytes(),
            stack_bytes: model.stack_bytes(),
            input_bytes: model.input_shape().bytes(),
            target: packing(model).name(),
            ..Self::default()
        };
        for (op, rows) in (0..header.op_count).zip(rows_made(model)) {
            let cost = cost(model, op)?;
            facts.recomputed_macs += rows.recomputed(cost.macs);
            facts.weights_bytes += cost.weights;
            facts.macs += cost.macs;
            facts.parameters += cost.parameters;
        }
        Ok(facts)
    }

    /// As a table, with the planner's lower bound of the arena where it is known.
    pub fn grid(&self, arena_bound: Option<usize>) -> Grid {
        let mut grid = Grid::new(["what it takes", "", ""]).right([1]);
        let mut row = |what: &str, figure: u64, note: &str| {
            grid.row([what.to_owned(), grouped(figure), note.to_owned()]);
        };
        row("blob", self.blob_bytes as u64, "bytes of flash");
        let note = format!("bytes, ordered for {}", self.target);
        row("  of it weights", self.weights_bytes as u64, &note);
        row("arena", self.arena_bytes as u64, "bytes of RAM");
        if let Some(bound) = arena_bound {
            let note = "bytes: needed at one time by the best cuts";
            row("  lower bound", bound as u64, note);
        }
        row("scratch", self.scratch_bytes as u64, "bytes of RAM");
        let note = "bytes of RAM on a 32-bit core";
        row("stack, at most", self.stack_bytes as u64, note);
        let note = "bytes more, if the image is in RAM as a whole";
        row("image", self.input_bytes as u64, note);
        row("work", self.macs, "multiply-accumulates");
        row("  recomputed", self.recomputed_macs, "multiply-accumulates");
        row("parameters", self.parameters, "weights and biases");
        grid
    }
}

/// What an operator costs.
///
/// # Errors
/// None that validation has not ruled out.
pub fn cost(model: &Model<'_>, index: u16) -> Result<Cost, tidbit::Error> {
    let tables = model.tables();
    let wrong = tidbit::Error::Inconsistent { op: index };
    let op = tables.flow.ops.get(index).ok_or(wrong)?;
    let kind = OpKind::from_byte(op.kind).ok_or(wrong)?;
    op_cost(&tables.flow, &tables.data, index, &op, kind)
}
