//! Rows of two operands side by side: whole rows where they are as wide, else pixel by pixel, since
//! a second operand of one column, one channel or both stands for all.

use core::ops::Range;

use super::{Site, copy};
use crate::arena::Bench;
use crate::blob::TensorRecord;

/// An operator on pairs of elements.
pub(crate) trait Pairs {
    /// Makes the result in the place of the first operand; a second of one element stands for all.
    fn make(&self, first: &mut [i8], second: &[i8]);
}

/// Makes rows of an operator on pairs; `swapped` is the same with its operands the other way round.
pub(crate) fn run(
    pairs: &dyn Pairs,
    swapped: &dyn Pairs,
    site: &Site<'_>,
    bench: &mut Bench<'_>,
    rows: Range<u16>,
) -> Option<()> {
    let b = site.model.flow.tensors.get(site.op.input_b)?;
    let (whole, second) = pieces(&site.output, &b);
    let last = i32::from(b.height).wrapping_sub(1);
    for y in rows {
        let in_place = bench.in_place(y)?;
        let io = bench.row(y)?;
        let y = i32::from(y);
        if in_place == (false, true) {
            swapped.make(io.out, io.a.get(y)?);
            continue;
        }
        if !in_place.0 {
            copy(io.out, io.a.get(y)?)?;
        }
        // One piece for all comes again and again.
        let b = io.b.get(y.min(last))?.chunks(second.max(1)).cycle();
        for (first, second) in io.out.chunks_mut(whole.max(1)).zip(b) {
            pairs.make(first, second);
        }
    }
    Some(())
}

/// Elements of the pieces that rows are cut into: of the output and the first operand, and of the
/// second.
fn pieces(out: &TensorRecord, b: &TensorRecord) -> (usize, usize) {
    let [pixel, second] = [out, b].map(|tensor| usize::from(tensor.channels));
    let row = |tensor: &TensorRecord, pixel: usize| usize::from(tensor.width).wrapping_mul(pixel);
    let (row, second_row) = (row(out, pixel), row(b, second));
    if second_row == row || second_row == 1 {
        (row, second_row)
    } else {
        (pixel, second)
    }
}
