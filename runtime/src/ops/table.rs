//! Any function of one element, as a table that the host made; the result may take its place.

use core::ops::Range;

use super::Site;
use crate::arena::Bench;
use crate::blob::TableParams;
use crate::kernels::{lookup, lookup_in_place};

pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: TableParams = site.model.data.params(&site.op)?;
    let table = site.model.data.i8_table(params.table)?;
    for y in rows {
        let (in_place, _) = bench.in_place(y)?;
        let io = bench.row(y)?;
        if in_place {
            lookup_in_place(table, io.out);
        } else {
            lookup(table, io.a.get(i32::from(y))?, io.out);
        }
    }
    Some(())
}
