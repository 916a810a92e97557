//! Which operators may make a row where one lies that they read for the last time.

use super::{ConvParams, Data, OpKind};
use crate::schedule::Records;

/// How an operator may write over a row of its input that nobody reads after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InPlace {
    /// Not at all.
    Never,
    /// Its row just on that row: it works element by element.
    Exactly,
    /// Its row from that row's first byte or one before it on: it works pixel by pixel, and what it
    /// writes never overtakes what it reads.
    Behind,
}

/// How operator `op` may write over a row of tensor `input`.
pub fn in_place<R: Records>(records: &R, data: &Data<'_>, op: u16, input: u16) -> InPlace {
    place(records, data, op, input).unwrap_or(InPlace::Never)
}

fn place<R: Records>(records: &R, data: &Data<'_>, op: u16, input: u16) -> Option<InPlace> {
    let record = records.op(op)?;
    let reads = input == record.input_a || input == record.input_b;
    if !reads || record.input_a == record.input_b {
        return None;
    }
    let (from, to) = (records.tensor(input)?, records.tensor(op)?);
    match OpKind::from_byte(record.kind)? {
        OpKind::Table => {
            let narrow = (from.element_bytes, to.element_bytes) == (1, 1);
            narrow.then_some(InPlace::Exactly)
        }
        OpKind::Add | OpKind::Mul => {
            let of_bytes = |tensor: u16| {
                let tensor = records.tensor(tensor);
                tensor.is_none_or(|tensor| tensor.element_bytes == 1)
            };
            let narrow = of_bytes(record.input_a) && of_bytes(record.input_b) && of_bytes(op);
            // An operand that broadcasts is needed again, or is smaller than what is made of it.
            (narrow && from.is_shaped_like(&to)).then_some(InPlace::Exactly)
        }
        OpKind::Conv => {
            let params: ConvParams = data.params(&record)?;
            let step = from
                .pixel_bytes()
                .saturating_mul(usize::from(params.stride_w));
            let behind = params.is_pointwise(&record) && to.pixel_bytes() <= step;
            behind.then_some(InPlace::Behind)
        }
        _ => None,
    }
}
