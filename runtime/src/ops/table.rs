//! Any function of one element, as a table that the host made; the result may take its place.
//!
//! Of an int8 the table has every value; of an int16 points, and lines between them.

use core::ops::Range;

use super::Site;
use crate::arena::Bench;
use crate::blob::TableParams;
use crate::kernels::{Element, interpolate};

#[inline(never)]
pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: TableParams = site.model.data.params(site.op)?;
    if site.input.element_bytes != 1 {
        let points = site.model.data.i16_points(params.table)?;
        return if site.output.element_bytes == 1 {
            between::<i8>(bench, rows, points, 14)
        } else {
            between::<[u8; 2]>(bench, rows, points, 7)
        };
    }
    let table = site.model.data.i8_table(params.table)?;
    for y in rows {
        let (in_place, _) = bench.in_place(y)?;
        let Some(io) = &mut bench.row(y) else {
            return None;
        };
        if in_place {
            (site.kernels.lookup_in_place)(table, io.out);
        } else {
            (site.kernels.lookup)(table, io.a.get(i32::from(y))?, io.out);
        }
    }
    Some(())
}

/// Of int16, by lines between points.
fn between<Q: Element>(
    bench: &mut Bench<'_>,
    rows: Range<u16>,
    points: &[[u8; 2]; 257],
    shift: u8,
) -> Option<()> {
    for y in rows {
        let Some(io) = &mut bench.row(y) else {
            return None;
        };
        let row = io.a.elements(i32::from(y))?;
        interpolate(points, shift, row, Q::view_mut(io.out));
    }
    Some(())
}
