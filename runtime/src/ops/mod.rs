//! Operators: shapes, windows, padding and rows, in safe Rust, one operator a file.
//!
//! An operator makes a run of rows of its output. It finds the rows under its window, gathers what
//! a micro-kernel wants to see next to each other, and leaves all arithmetic to
//! [`kernels`](crate::kernels).

mod accumulate;
mod add;
mod conv;
mod depthwise;
mod pad;
mod pool;
mod softmax;
mod table;
mod window;

pub(crate) use depthwise::CHANNELS;

use crate::arena::{Bench, Ring};
use crate::blob::{Checked, OpKind, OpRecord, SegmentRecord, TensorRecord};
use crate::schedule::{Progress, Step};

/// One operator with its tensors, as the files of this folder take it.
pub(crate) struct Site<'a> {
    pub(crate) model: &'a Checked<'a>,
    pub(crate) op: OpRecord,
    pub(crate) input: TensorRecord,
    pub(crate) output: TensorRecord,
}

/// Calls a kernel for elements of this many bytes: operators move bytes, kernels know elements.
macro_rules! of_element {
    ($bytes:expr, $element:ident => $call:expr) => {
        if $bytes == 1 {
            type $element = i8;
            $call
        } else {
            type $element = [u8; 2];
            $call
        }
    };
}
pub(crate) use of_element;

/// Makes the rows of a step; `None` on what validation rules out.
pub(crate) fn run_step(
    model: &Checked<'_>,
    (segment, progress): (&SegmentRecord, &Progress),
    step: &Step,
    arena: &mut [u8],
    scratch: &mut [u8],
) -> Option<()> {
    let op = model.flow.ops.get(step.op)?;
    let output = model.flow.tensors.get(step.op)?;
    let input = model.flow.tensors.get(op.input_a)?;
    let ring = |tensor| Ring::of(&model.flow, segment, progress, tensor);
    let a = ring(op.input_a)?;
    let mut bench = Bench {
        arena,
        scratch,
        a,
        b: ring(op.input_b).unwrap_or(a),
        out: Ring::to_write(&model.flow, segment, progress, step.op)?,
    };
    let site = Site {
        model,
        op,
        input,
        output,
    };
    let rows = step.first_row..step.first_row.checked_add(step.rows)?;
    match OpKind::from_byte(op.kind)? {
        OpKind::Input => None,
        OpKind::Conv => conv::run(&site, &mut bench, rows),
        OpKind::Depthwise => depthwise::run(&site, &mut bench, rows),
        OpKind::AveragePool | OpKind::MaxPool if op.accumulates != 0 => {
            accumulate::run(&site, &mut bench, rows)
        }
        OpKind::AveragePool => pool::average(&site, &mut bench, rows),
        OpKind::MaxPool => pool::max(&site, &mut bench, rows),
        OpKind::Add => add::run(&site, &mut bench, rows),
        OpKind::Table => table::run(&site, &mut bench, rows),
        OpKind::Softmax => softmax::run(&site, &mut bench, rows),
        OpKind::Pad => pad::run(&site, &mut bench, rows),
    }
}

/// Copies if both are of the same length.
#[inline(always)]
pub(crate) fn copy(to: &mut [i8], from: &[i8]) -> Option<()> {
    if to.len() != from.len() {
        return None;
    }
    to.copy_from_slice(from);
    Some(())
}
