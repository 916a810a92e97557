//! Rows of two operands side by side: whole rows where they are as wide, else pixel by pixel, since
//! a second operand of one column, one channel or both stands for all.

use core::ops::Range;

use super::Site;
use crate::arena::Bench;
use crate::blob::TensorRecord;

/// An operator on pairs of elements.
pub(crate) trait Pairs {
    /// Makes `out` of `a` and `b`; a `b` of one element stands for all.
    fn make(&self, a: &[i8], b: &[i8], out: &mut [i8]);
    /// As [`make`](Self::make), in the place of the first operand.
    fn make_on_first(&self, a: &mut [i8], b: &[i8]);
    /// As [`make`](Self::make), in the place of the second operand, which is as large as the first.
    fn make_on_second(&self, a: &[i8], b: &mut [i8]);
}

/// Makes rows of an operator on pairs.
pub(crate) fn run(
    pairs: &impl Pairs,
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
            pairs.make_on_second(io.a.get(y)?, io.out);
            continue;
        }
        // One piece for all comes again and again.
        let b = io.b.get(y.min(last))?.chunks(second.max(1)).cycle();
        if in_place == (true, false) {
            for (a, b) in io.out.chunks_mut(whole.max(1)).zip(b) {
                pairs.make_on_first(a, b);
            }
            continue;
        }
        let a = io.a.get(y)?.chunks(whole.max(1));
        for ((out, a), b) in io.out.chunks_mut(whole.max(1)).zip(a).zip(b) {
            pairs.make(a, b, out);
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
