//! A border of zeros around a tensor, where no convolution could take it in.

use core::ops::Range;

use super::{Site, copy};
use crate::arena::Bench;
use crate::blob::PadParams;

#[inline(never)]
pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: PadParams = site.model.data.params(site.op)?;
    let left = usize::from(params.pad_left).wrapping_mul(usize::from(site.input.channels));
    for y in rows {
        let Some(io) = &mut bench.row(y) else {
            return None;
        };
        io.out.fill(site.input.zero_point);
        let row = i32::from(y).wrapping_sub(i32::from(site.op.pad_top));
        if let Some(row) = io.a.get(row) {
            let end = left.wrapping_add(row.len());
            copy(io.out.get_mut(left..end)?, row)?;
        }
    }
    Some(())
}
