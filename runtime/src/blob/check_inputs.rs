//! What the validation pass asks of operators that may have two inputs.

use super::check_op::{Asked, Need};
use super::{AddParams, GatherParams, MulParams, NO_CHANNEL, TensorRecord};

pub(super) fn add(asked: &Asked<'_>) -> Option<()> {
    let params: AddParams = asked.params()?;
    pairs(asked, (params.lo, params.hi), params.shift < 32)
}

pub(super) fn mul(asked: &Asked<'_>) -> Option<()> {
    let params: MulParams = asked.params()?;
    pairs(asked, (params.lo, params.hi), params.shift < 31)
}

/// Whether the first of two operands has the output's shape, the second the same or one that
/// broadcasts to it, and the parameters are as they should.
fn pairs(asked: &Asked<'_>, (lo, hi): (i16, i16), shifts: bool) -> Option<()> {
    let fits =
        shifts && asked.same_shape() && asked.b?.broadcasts_to(asked.out) && asked.bounds(lo, hi);
    fits.then_some(())
}

pub(super) fn gather(asked: &Asked<'_>, need: &mut Need) -> Option<()> {
    let Asked {
        data,
        op,
        a,
        b,
        out,
        ..
    } = asked;
    let params: GatherParams = asked.params()?;
    let rows = last_pick(out.height, op.stride_rows, op.window_rows.checked_sub(1)?)?;
    let columns = last_pick(out.width, params.stride_w, params.first_column)?;
    let picks = |input: &TensorRecord| rows < input.height.into() && columns < input.width.into();
    let second = b.map_or(0, |b| u32::from(b.channels));
    let channels = u32::from(a.channels)
        .checked_add(second)
        .filter(|channels| *channels <= NO_CHANNEL.into())?;
    let fits = picks(a) && b.is_none_or(picks) && op.pad_top == 0;
    let map = data.u16s(params.map, out.channels.into())?;
    let known = |picked: &[u8; 2]| {
        let picked = u16::from_le_bytes(*picked);
        picked == NO_CHANNEL || u32::from(picked) < channels
    };
    need.tables = usize::from(out.channels).checked_mul(2)?;
    for table in [params.table_a, params.table_b] {
        if table != 0 {
            need.tables = need.tables.checked_add(data.i8_table(table)?.len())?;
        }
    }
    (fits && map.iter().all(known)).then_some(())
}

/// The last of `count` rows or columns that are picked in steps of `stride` from `first` on.
fn last_pick(count: u16, stride: u16, first: u16) -> Option<u32> {
    let steps = u32::from(count.checked_sub(1)?).checked_mul(stride.into())?;
    steps.checked_add(first.into()).filter(|_| stride > 0)
}
