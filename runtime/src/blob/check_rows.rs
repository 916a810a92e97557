//! What the validation pass asks of operators whose output has other rows and columns than their
//! input without a window that moves in whole steps.

use super::check_op::{Asked, Need};
use super::{DepthToSpaceParams, Position, Record, ResizeParams};

/// Most channels that an `ArgMax` tells apart: the number of one is a byte.
const MAX_CLASSES: u16 = 256;

/// Every position lies on the input, and every row on those that the schedule keeps for it.
pub(super) fn resize(asked: &Asked<'_>, need: &mut Need) -> Option<()> {
    let Asked {
        data, op, a, out, ..
    } = asked;
    let params: ResizeParams = asked.params()?;
    let rows = data.words(params.rows, usize::from(out.height))?;
    let columns = data.words(params.columns, usize::from(out.width))?;
    let on = |place: &[u8; 4], first: u16, end: u16| {
        let position = Position::read(place)?;
        let fits = position.share < 256 && position.first >= first && position.last() < end;
        fits.then_some(())
    };
    for (y, place) in (0u16..).zip(rows) {
        let first = op.first_row(y, a.height);
        let end = op.end_row(y.checked_add(1)?, a.height);
        on(place, first, end)?;
    }
    for place in columns {
        on(place, 0, a.width)?;
    }
    let positions = rows.len().checked_add(columns.len())?;
    need.tables = positions.checked_mul(Position::LEN)?;
    need.times(4)?;
    (a.channels == out.channels).then_some(())
}

/// The input's channels fill blocks, and the output ends in the last row and column of them.
pub(super) fn depth_to_space(asked: &Asked<'_>) -> Option<()> {
    let Asked { op, a, out, .. } = asked;
    let params: DepthToSpaceParams = asked.params()?;
    let (rows, columns) = (params.block_h, params.block_w);
    let depth = u32::from(out.channels)
        .checked_mul(u32::from(rows))?
        .checked_mul(u32::from(columns))?;
    let ends = |extent: u16, block: u16, blocks: u16| {
        let last = extent.checked_sub(1)?.checked_div(block)?;
        Some(last.checked_add(1)? == blocks)
    };
    let fits = asked.row_by_row()
        && op.divide_rows == rows
        && params.order < 2
        && depth == u32::from(a.channels)
        && ends(out.height, rows, a.height)?
        && ends(out.width, columns, a.width)?;
    fits.then_some(())
}

/// One number for each pixel.
pub(super) fn arg_max(asked: &Asked<'_>, need: &mut Need) -> Option<()> {
    let Asked { a, out, .. } = asked;
    let fits = (a.height, a.width, 1) == (out.height, out.width, out.channels)
        && asked.row_by_row()
        && a.channels <= MAX_CLASSES;
    need.work = a.elements();
    fits.then_some(())
}
