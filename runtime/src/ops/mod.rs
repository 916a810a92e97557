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

use core::ops::Range;

use crate::arena::{Bench, Ring};
use crate::blob::{Checked, OpKind, OpRecord, SegmentRecord, TensorRecord};
use crate::kernels::Element;
use crate::schedule::{Progress, Step};

/// One operator with its tensors, as the files of this folder take it.
pub(crate) struct Site<'a> {
    pub(crate) model: &'a Checked<'a>,
    pub(crate) op: OpRecord,
    pub(crate) input: TensorRecord,
    pub(crate) output: TensorRecord,
}

/// Runs an operator for the elements that its input and its output have.
macro_rules! with_elements {
    ($module:ident::$run:ident, $site:expr, $bench:expr, $rows:expr) => {
        match ($site.input.element_bytes, $site.output.element_bytes) {
            (1, 1) => $module::$run::<i8, i8>($site, $bench, $rows),
            (1, _) => $module::$run::<i8, [u8; 2]>($site, $bench, $rows),
            (_, 1) => $module::$run::<[u8; 2], i8>($site, $bench, $rows),
            _ => $module::$run::<[u8; 2], [u8; 2]>($site, $bench, $rows),
        }
    };
}

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
        OpKind::Conv => with_elements!(conv::run, &site, &mut bench, rows),
        OpKind::Depthwise => with_elements!(depthwise::run, &site, &mut bench, rows),
        OpKind::AveragePool if op.accumulates != 0 => {
            with_elements!(accumulate::average, &site, &mut bench, rows)
        }
        OpKind::AveragePool => with_elements!(pool::average, &site, &mut bench, rows),
        OpKind::MaxPool if site.input.element_bytes == 1 => max_pool::<i8>(&site, &mut bench, rows),
        OpKind::MaxPool => max_pool::<[u8; 2]>(&site, &mut bench, rows),
        OpKind::Add => add::run(&site, &mut bench, rows),
        OpKind::Table => table::run(&site, &mut bench, rows),
        OpKind::Softmax => softmax::run(&site, &mut bench, rows),
        OpKind::Pad => pad::run(&site, &mut bench, rows),
    }
}

/// Either way of a maximum; the output has the elements of the input.
fn max_pool<A: Element>(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    if site.op.accumulates != 0 {
        accumulate::max::<A>(site, bench, rows)
    } else {
        pool::max::<A>(site, bench, rows)
    }
}

/// Copies if both are of the same length.
#[inline(always)]
pub(crate) fn copy<A: Copy>(to: &mut [A], from: &[A]) -> Option<()> {
    if to.len() != from.len() {
        return None;
    }
    to.copy_from_slice(from);
    Some(())
}
