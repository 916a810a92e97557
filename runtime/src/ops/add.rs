//! Residual add of two tensors of the same shape; the sum may take the place of either.

use core::ops::Range;

use super::Site;
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
    let elements = |tensor: u16| site.model.flow.tensors.get(tensor).map(|t| t.element_bytes);
    let of = [elements(site.op.input_a)?, elements(site.op.input_b)?];
    match (of, site.output.element_bytes) {
        ([1, 1], 1) => same::<i8>(bench, rows, &by),
        ([2, 2], 2) => same::<[u8; 2]>(bench, rows, &by),
        ([1, 1], _) => mixed::<i8, i8, [u8; 2]>(bench, rows, &by),
        ([1, _], 1) => mixed::<i8, [u8; 2], i8>(bench, rows, &by),
        ([1, _], _) => mixed::<i8, [u8; 2], [u8; 2]>(bench, rows, &by),
        ([_, 1], 1) => mixed::<[u8; 2], i8, i8>(bench, rows, &by),
        ([_, 1], _) => mixed::<[u8; 2], i8, [u8; 2]>(bench, rows, &by),
        ([_, _], _) => mixed::<[u8; 2], [u8; 2], i8>(bench, rows, &by),
    }
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
fn mixed<A: Element, B: Element, Q: Element>(
    bench: &mut Bench<'_>,
    rows: Range<u16>,
    by: &AddFactors,
) -> Option<()> {
    for y in rows {
        let io = bench.row(y)?;
        let y = i32::from(y);
        let (a, b) = (io.a.elements::<A>(y)?, io.b.elements::<B>(y)?);
        add(a, b, by, Q::view_mut(io.out));
    }
    Some(())
}
