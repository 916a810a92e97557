//! Operators: shapes, windows, padding and rows, in safe Rust, one operator a file.
//!
//! An operator makes a run of rows of its output. It finds the rows under its window, gathers what
//! a micro-kernel wants to see next to each other, and leaves all arithmetic to
//! [`kernels`](crate::kernels).

mod accumulate;
mod add;
mod arg_max;
mod conv;
mod depth_to_space;
mod depthwise;
mod gather;
mod mul;
mod pad;
mod pair;
mod patches;
mod pool;
mod resize;
mod softmax;
mod table;
mod window;

use core::ops::Range;

use crate::arena::{Bench, Ring};
use crate::blob::header::NONE;
use crate::blob::{Checked, OpKind, OpRecord, SegmentRecord, TensorRecord};
use crate::hands::{Arena, Hands};
use crate::kernels::Kernels;
pub(crate) use crate::kernels::scalar::of_element;
use crate::schedule::{Progress, Step};

/// One operator with its tensors, as the files of this folder take it.
pub(crate) struct Site<'a> {
    pub(crate) kernels: &'static Kernels,
    pub(crate) model: &'a Checked<'a>,
    pub(crate) op: &'a OpRecord,
    pub(crate) input: &'a TensorRecord,
    pub(crate) output: &'a TensorRecord,
}

/// Makes the rows of a step; `None` on what validation rules out.
pub(crate) fn run_step(
    kernels: &'static Kernels,
    model: &Checked<'_>,
    (segment, progress): (&SegmentRecord, &Progress),
    step: &Step,
    arena: &mut [u8],
    hands: &mut Hands<'_>,
) -> Option<()> {
    let flow = &model.flow;
    let (Some(op), Some(output)) = (&flow.ops.whole(step.op), &flow.tensors.whole(step.op)) else {
        return None;
    };
    let Some(input) = &flow.tensors.whole(op.input_a) else {
        return None;
    };
    let ring = |tensor: (u16, &TensorRecord)| Ring::of_record(flow, segment, progress, tensor);
    let a = ring((op.input_a, input))?;
    let b = match op.input_b {
        NONE => a,
        index => Ring::of(flow, segment, progress, index)?,
    };
    let out = match op.accumulates {
        0 => ring((step.op, output))?,
        _ => Ring::to_write(flow, segment, progress, step.op)?,
    };
    let site = Site {
        kernels,
        model,
        op,
        input,
        output,
    };
    let rows = step.first_row..step.first_row.checked_add(step.rows)?;
    #[cfg(feature = "threads")]
    if hands.others.is_some()
        && let Some(made) = crate::threads::share(&site, arena, hands, [a, b, out], &rows)
    {
        return made;
    }
    let bench = Bench {
        arena: Arena::Whole(arena),
        scratch: hands.scratch,
        a,
        b,
        out,
    };
    make(&site, bench, rows)
}

/// Makes rows of an operator.
pub(crate) fn make(site: &Site<'_>, mut bench: Bench<'_>, rows: Range<u16>) -> Option<()> {
    let (op, kernels) = (site.op, site.kernels);
    match OpKind::from_byte(op.kind)? {
        OpKind::Input => None,
        OpKind::Conv => conv::run(site, &mut bench, rows),
        OpKind::Depthwise => depthwise::run(site, &mut bench, rows),
        OpKind::AveragePool | OpKind::MaxPool | OpKind::MinPool if op.accumulates != 0 => {
            accumulate::run(site, &mut bench, rows)
        }
        OpKind::AveragePool => pool::average(site, &mut bench, rows),
        OpKind::MaxPool => pool::extreme(site, &mut bench, rows, kernels.max_into),
        OpKind::Add => add::run(site, &mut bench, rows),
        OpKind::Table => table::run(site, &mut bench, rows),
        OpKind::Softmax => softmax::run(site, &mut bench, rows),
        OpKind::Pad => pad::run(site, &mut bench, rows),
        OpKind::Mul => mul::run(site, &mut bench, rows),
        OpKind::Gather => gather::run(site, &mut bench, rows),
        OpKind::Resize => resize::run(site, &mut bench, rows),
        OpKind::DepthToSpace => depth_to_space::run(site, &mut bench, rows),
        OpKind::MinPool => pool::extreme(site, &mut bench, rows, kernels.min_into),
        OpKind::ArgMax => arg_max::run(site, &mut bench, rows),
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
