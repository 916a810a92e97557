//! Residual add of two tensors of the same shape.

use core::ops::Range;

use super::Site;
use crate::arena::Bench;
use crate::blob::AddParams;
use crate::kernels::{AddFactors, add};

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
    for y in rows {
        let io = bench.row(y)?;
        let y = i32::from(y);
        add(io.a.get(y)?, io.b.get(y)?, &by, io.out);
    }
    Some(())
}
