//! Rows of two operands side by side: whole rows where they are as wide, else pixel by pixel, since
//! a second operand of one column, one channel or both stands for all.

use core::ops::Range;

use super::{Site, copy, of_element};
use crate::arena::Bench;
use crate::blob::TensorRecord;
use crate::kernels::{Element, Kernels};

/// An operator on pairs of elements.
pub(crate) trait Pairs {
    /// Makes the result in the place of the first operand; a second of one element stands for all.
    fn make(&self, kernels: &Kernels, first: &mut [i8], second: &[i8]);
    /// The value made of those of two elements.
    fn value(&self, first: i32, second: i32) -> i32;
}

/// Makes rows of an operator on pairs; `swapped` is the same with its operands the other way round.
pub(crate) fn run(
    pairs: &dyn Pairs,
    swapped: &dyn Pairs,
    site: &Site<'_>,
    bench: &mut Bench<'_>,
    rows: Range<u16>,
) -> Option<()> {
    let Some(b) = &site.model.flow.tensors.whole(site.op.input_b) else {
        return None;
    };
    let of_bytes = |tensor: &TensorRecord| tensor.element_bytes == 1;
    if !(of_bytes(site.input) && of_bytes(b) && of_bytes(site.output)) {
        return mixed(pairs, site, bench, rows, b);
    }
    let (whole, second) = pieces(site.output, b);
    let last = i32::from(b.height).wrapping_sub(1);
    for y in rows {
        let in_place = bench.in_place(y)?;
        let Some(io) = &mut bench.row(y) else {
            return None;
        };
        let y = i32::from(y);
        if in_place == (false, true) {
            swapped.make(site.kernels, io.out, io.a.get(y)?);
            continue;
        }
        if !in_place.0 {
            copy(io.out, io.a.get(y)?)?;
        }
        // One piece for all comes again and again.
        let b = io.b().get(y.min(last))?.chunks(second.max(1)).cycle();
        for (first, second) in io.out.chunks_mut(whole.max(1)).zip(b) {
            pairs.make(site.kernels, first, second);
        }
    }
    Some(())
}

/// Where some elements are int16: one after another, into a place of their own.
fn mixed(
    pairs: &dyn Pairs,
    site: &Site<'_>,
    bench: &mut Bench<'_>,
    rows: Range<u16>,
    b: &TensorRecord,
) -> Option<()> {
    let channels = usize::from(site.output.channels);
    let last = i32::from(b.height).wrapping_sub(1);
    // What a step by one column and by one channel is in the second operand.
    let second = usize::from(b.channels);
    let column = if b.width == 1 { 0 } else { second };
    let channel = usize::from(second > 1 || channels == 1);
    for y in rows {
        let Some(io) = &mut bench.row(y) else {
            return None;
        };
        let y = i32::from(y);
        let (row_a, row_b) = (io.a.get(y)?, io.b().get(y.min(last))?);
        let mut at = 0usize;
        for x in 0..usize::from(site.output.width) {
            for c in 0..channels {
                let place = x.wrapping_mul(column).wrapping_add(c.wrapping_mul(channel));
                let first = value(row_a, site.input.element_bytes, at)?;
                let q = pairs.value(first, value(row_b, b.element_bytes, place)?);
                of_element!(site.output.element_bytes, Q => {
                    *Q::view_mut(io.out).get_mut(at)? = Q::of(q);
                });
                at = at.wrapping_add(1);
            }
        }
    }
    Some(())
}

/// An element of a row of elements of so many bytes.
fn value(row: &[i8], element_bytes: u8, at: usize) -> Option<i32> {
    of_element!(element_bytes, A => A::view(row).get(at).map(|x| x.value()))
}

/// Elements of the pieces that rows are cut into: of the output and the first operand, and of the
/// second.
fn pieces(out: &TensorRecord, b: &TensorRecord) -> (usize, usize) {
    let pixel = |tensor: &TensorRecord| usize::from(tensor.channels);
    let row = |tensor: &TensorRecord| usize::from(tensor.width).wrapping_mul(pixel(tensor));
    if row(b) == row(out) || row(b) == 1 {
        (row(out), row(b))
    } else {
        (pixel(out), pixel(b))
    }
}
