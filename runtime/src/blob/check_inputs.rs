//! What the validation pass asks of operators that may have two inputs.

use super::check_op::{Cost, bounds, elementwise, same_shape};
use super::{AddParams, Data, GatherParams, MulParams, NO_CHANNEL, OpRecord, TensorRecord};

pub(super) fn add(
    data: &Data<'_>,
    op: &OpRecord,
    inputs: (&TensorRecord, Option<TensorRecord>),
    out: &TensorRecord,
) -> Option<Cost> {
    let params: AddParams = data.params(op)?;
    let fits = pairs(op, inputs, out)? && params.shift < 32;
    (fits && bounds(params.lo, params.hi, out)).then(|| elementwise(out))
}

pub(super) fn mul(
    data: &Data<'_>,
    op: &OpRecord,
    inputs: (&TensorRecord, Option<TensorRecord>),
    out: &TensorRecord,
) -> Option<Cost> {
    let params: MulParams = data.params(op)?;
    let fits = pairs(op, inputs, out)? && params.shift < 31;
    (fits && bounds(params.lo, params.hi, out)).then(|| elementwise(out))
}

/// Whether the first of two operands has the output's shape, and the second the same or one that
/// broadcasts to it.
fn pairs(
    op: &OpRecord,
    (a, b): (&TensorRecord, Option<TensorRecord>),
    out: &TensorRecord,
) -> Option<bool> {
    Some(same_shape(op, a, out) && b?.broadcasts_to(out))
}

pub(super) fn gather(
    data: &Data<'_>,
    op: &OpRecord,
    (a, b): (&TensorRecord, Option<TensorRecord>),
    out: &TensorRecord,
) -> Option<Cost> {
    let params: GatherParams = data.params(op)?;
    let picks = |input: &TensorRecord| {
        let rows = last_pick(out.height, op.stride_rows, op.window_rows.checked_sub(1)?)?;
        let columns = last_pick(out.width, params.stride_w, params.first_column)?;
        Some(rows < input.height.into() && columns < input.width.into())
    };
    let second = b.map_or(0, |b| u32::from(b.channels));
    let channels = u32::from(a.channels)
        .checked_add(second)
        .filter(|channels| *channels <= NO_CHANNEL.into())?;
    let fits = picks(a)? && b.as_ref().map_or(Some(true), picks)? && op.pad_top == 0;
    let map = data.u16s(params.map, out.channels.into())?;
    let known = |picked: &[u8; 2]| {
        let picked = u16::from_le_bytes(*picked);
        picked == NO_CHANNEL || u32::from(picked) < channels
    };
    let mut weights = usize::from(out.channels).checked_mul(2)?;
    for table in [params.table_a, params.table_b] {
        if table != 0 {
            weights = weights.checked_add(data.i8_table(table)?.len())?;
        }
    }
    (fits && map.iter().all(known)).then(|| Cost {
        weights,
        ..elementwise(out)
    })
}

/// The last of `count` rows or columns that are picked in steps of `stride` from `first` on.
fn last_pick(count: u16, stride: u16, first: u16) -> Option<u32> {
    let steps = u32::from(count.checked_sub(1)?).checked_mul(stride.into())?;
    steps.checked_add(first.into()).filter(|_| stride > 0)
}
