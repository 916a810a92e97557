//! Residual add of two tensors of the same shape; the sum may take the place of either.

use core::ops::Range;

use super::{Site, of_element};
use crate::arena::Bench;
use crate::blob::AddParams;
use crate::kernels::{AddFactors, Element, add, add_to};

pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: AddParams = site.model.data.params(&site.op)?;
    let by = AddFactors {
        ma: params.ma,
        mb: params.mb,
        c: params.c,
        shift: params.shift,
        lo: params.lo,
        hi: params.hi,
    };
    let size = |tensor: u16| site.model.flow.tensors.get(tensor).map(|t| t.element_bytes);
    let (a, b) = (size(site.op.input_a)?, size(site.op.input_b)?);
    let out = site.output.element_bytes;
    if (a, b) == (out, out) {
        return of_element!(out, A => same::<A>(bench, rows, &by));
    }
    mixed(bench, rows, &by, [a, b, out])
}

/// Operands and sum have the same elements, so the sum may take the place of an operand.
fn same<A: Element>(bench: &mut Bench<'_>, rows: Range<u16>, by: &AddFactors) -> Option<()> {
    let swapped = AddFactors {
        ma: by.mb,
        mb: by.ma,
        ..*by
    };
    for y in rows {
        let in_place = bench.in_place(y)?;
        let io = bench.row(y)?;
        let (y, out) = (i32::from(y), A::view_mut(io.out));
        match in_place {
            (true, false) => add_to(out, io.b.elements::<A>(y)?, by),
            (false, true) => add_to(out, io.a.elements::<A>(y)?, &swapped),
            _ => add(io.a.elements::<A>(y)?, io.b.elements::<A>(y)?, by, out),
        }
    }
    Some(())
}

/// Some are int8 and some int16; the sum has a place of its own.
fn mixed(
    bench: &mut Bench<'_>,
    rows: Range<u16>,
    by: &AddFactors,
    [a, b, out]: [u8; 3],
) -> Option<()> {
    for y in rows {
        let io = bench.row(y)?;
        let y = i32::from(y);
        let (row_a, row_b) = (io.a.get(y)?, io.b.get(y)?);
        of_element!(out, Q => {
            for (at, q) in Q::view_mut(io.out).iter_mut().enumerate() {
                *q = by.sum(value(row_a, a, at)?, value(row_b, b, at)?);
            }
        });
    }
    Some(())
}

/// An element of a row of elements of so many bytes.
fn value(row: &[i8], element_bytes: u8, at: usize) -> Option<i32> {
    of_element!(element_bytes, A => A::view(row).get(at).map(|x| x.value()))
}
