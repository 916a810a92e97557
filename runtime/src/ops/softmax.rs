//! Softmax over the channels of each pixel.

use core::ops::Range;

use super::Site;
use crate::arena::Bench;
use crate::blob::TableParams;
use crate::kernels::softmax_i8;

#[inline(never)]
pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: TableParams = site.model.data.params(site.op)?;
    let table = site.model.data.u16_table(params.table)?;
    let channels = usize::from(site.output.channels).max(1);
    for y in rows {
        let Some(io) = &mut bench.row(y) else {
            return None;
        };
        let row = io.a.get(i32::from(y))?;
        let pixels = row.chunks_exact(channels);
        for (pixel, out) in pixels.zip(io.out.chunks_exact_mut(channels)) {
            softmax_i8(table, pixel, out);
        }
    }
    Some(())
}
