//! Residual add of two tensors of the same shape; the sum may take the place of either.

use core::ops::Range;

use super::Site;
use crate::arena::Bench;
use crate::blob::AddParams;
use crate::kernels::{AddFactors, add, add_to};

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
    let swapped = AddFactors {
        ma: params.mb,
        mb: params.ma,
        ..by
    };
    for y in rows {
        let in_place = bench.in_place(y)?;
        let io = bench.row(y)?;
        let y = i32::from(y);
        match in_place {
            (true, false) => add_to(io.out, io.b.get(y)?, &by),
            (false, true) => add_to(io.out, io.a.get(y)?, &swapped),
            _ => add(io.a.get(y)?, io.b.get(y)?, &by, io.out),
        }
    }
    Some(())
}
