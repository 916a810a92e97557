//! An image of another size: each pixel is one of the input, or lies between two or four of them.

use core::ops::Range;

use super::{Site, copy};
use crate::arena::Bench;
use crate::blob::{Position, Record, ResizeParams};
use crate::kernels::between;

#[inline(never)]
pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: ResizeParams = site.model.data.params(site.op)?;
    let data = &site.model.data;
    let places = data.words(params.rows, usize::from(site.output.height))?;
    let columns = data.words(params.columns, usize::from(site.output.width))?;
    let channels = usize::from(site.output.channels).max(1);
    let pixel = |at: u16| {
        usize::from(at).wrapping_mul(channels)
            ..usize::from(at).wrapping_add(1).wrapping_mul(channels)
    };
    for y in rows {
        let Some(io) = &mut bench.row(y) else {
            return None;
        };
        let place = Position::parse(places.get(usize::from(y))?)?;
        let above = io.a.get(i32::from(place.first))?;
        let below = io.a.get(i32::from(place.last()))?;
        for (out, column) in io.out.chunks_exact_mut(channels).zip(columns) {
            let column = Position::parse(column)?;
            let first = above.get(pixel(column.first))?;
            if (place.share, column.share) == (0, 0) {
                copy(out, first)?;
                continue;
            }
            let above = [first, above.get(pixel(column.last()))?];
            let below = [
                below.get(pixel(column.first))?,
                below.get(pixel(column.last()))?,
            ];
            between(above, below, (column.share, place.share), out);
        }
    }
    Some(())
}
