//! The one validation pass.
//!
//! What is proved here, once, when a [`Model`](crate::Model) is made: every offset lies in the
//! blob, every ring in the arena, shapes fit the operators and their weights, scratch suffices, and
//! the plan runs to its end without overwriting a row that is needed. What runs afterwards relies on
//! it, and still reads through `Option`s.

use super::check_op::{check_op, check_readers};
use super::check_plan::check_plan;
use super::checksum::checksum;
use super::header::{
    CHECKSUM_LEN, Header, MAGIC, MAX_CHANNELS, MAX_MACS, MAX_OPS, MAX_OUTPUTS, MAX_SIDE, VERSION,
};
use super::utf8::is_utf8;
use super::{Data, InputRecord, OpKind, OutputRecord, Record, SegmentRecord, Table, TensorRecord};
use crate::error::Error;
use crate::schedule::{Flow, Schedule, shares_bytes};

/// A blob's header and tables, proved sound.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    /// The header.
    pub header: Header,
    /// Tensors and operators.
    pub flow: Flow<'a>,
    /// The plan.
    pub segments: Table<'a, SegmentRecord>,
    /// The answers, at least one.
    pub outputs: Table<'a, OutputRecord>,
    /// The input contract.
    pub input: InputRecord,
    /// The blob.
    pub data: Data<'a>,
}

/// Validates a blob.
///
/// # Errors
/// The first thing that is wrong with it.
#[inline(never)]
pub fn check(blob: &[u8]) -> Result<Checked<'_>, Error> {
    let header = frame(blob)?;
    let data = Data(blob);
    if header.op_count == 0 || header.op_count > MAX_OPS {
        return Err(Error::Count {
            count: header.op_count,
        });
    }
    let outside = |offset| Error::OutOfBlob { offset };
    let tensors =
        Table::new(blob, header.tensors, header.op_count).ok_or(outside(header.tensors))?;
    let ops = Table::new(blob, header.ops, header.op_count).ok_or(outside(header.ops))?;
    let segments =
        Table::new(blob, header.segments, header.segment_count).ok_or(outside(header.segments))?;
    let outputs =
        Table::new(blob, header.outputs, header.output_count).ok_or(outside(header.outputs))?;
    let input = data.record(header.input).ok_or(outside(header.input))?;
    let checked = Checked {
        header,
        flow: Flow { tensors, ops },
        segments,
        outputs,
        input,
        data,
    };
    checked.tensors()?;
    checked.operators()?;
    checked.contract()?;
    check_plan(&checked)?;
    Ok(checked)
}

/// Length, magic, version and checksum: whether these bytes are a whole blob of this version.
fn frame(blob: &[u8]) -> Result<Header, Error> {
    if blob.is_empty() {
        return Err(Error::Empty);
    }
    let have = blob.len();
    let short = |need| Error::TooShort { have, need };
    let found: [u8; 4] = *blob.first_chunk().ok_or(short(Header::LEN))?;
    if found != MAGIC {
        return Err(Error::NotABlob { found });
    }
    let version = blob.get(4..).and_then(<[u8]>::first_chunk);
    let version = u16::from_le_bytes(*version.ok_or(short(Header::LEN))?);
    if version != VERSION {
        return Err(Error::Version {
            found: version,
            supported: VERSION,
        });
    }
    let header = Header::parse(blob).ok_or(short(Header::LEN))?;
    let expected = usize::try_from(header.blob_bytes).unwrap_or(usize::MAX);
    if have < expected {
        return Err(short(expected));
    }
    if have > expected {
        return Err(Error::TrailingBytes { have, expected });
    }
    let body = have
        .checked_sub(CHECKSUM_LEN)
        .filter(|body| *body >= Header::LEN);
    let (body, tail) = body
        .and_then(|body| blob.split_at_checked(body))
        .ok_or(short(Header::LEN.saturating_add(CHECKSUM_LEN)))?;
    let stored = tail.first_chunk().copied().unwrap_or_default();
    let stored = u32::from_le_bytes(stored);
    let computed = checksum(body);
    if stored != computed {
        return Err(Error::Checksum { stored, computed });
    }
    Ok(header)
}

impl Checked<'_> {
    /// Dimensions within the limits, rings within the arena.
    fn tensors(&self) -> Result<(), Error> {
        for (tensor, record) in (0u16..).zip(self.flow.tensors.iter()) {
            let limits = [
                (record.height, MAX_SIDE),
                (record.width, MAX_SIDE),
                (record.channels, MAX_CHANNELS),
            ];
            for (value, limit) in limits {
                if value == 0 || value > limit {
                    let value = u32::from(value);
                    return Err(Error::Dimension { tensor, value });
                }
            }
            let fits = self.blocks_fit(tensor, &record).unwrap_or(false);
            let sized =
                matches!(record.element_bytes, 1 | 2) && (tensor > 0 || record.element_bytes == 1);
            if !fits || !sized || record.layout != 0 {
                return Err(Error::Ring { tensor });
            }
        }
        Ok(())
    }

    /// Whether ring and landing hold 1 to `height` rows (or no landing), lie in the arena, and share
    /// no byte.
    fn blocks_fit(&self, tensor: u16, record: &TensorRecord) -> Option<bool> {
        let arena = usize::try_from(self.header.arena_bytes).ok()?;
        let [ring, landing] = self.flow.blocks(tensor)?;
        let rows = 1..=record.height;
        let accumulates = self.flow.ops.get(tensor)?.accumulates != 0;
        let landed = record.landing_rows == 0
            || (rows.contains(&record.landing_rows)
                && !accumulates
                && landing.end <= arena
                && !shares_bytes(&ring, &landing));
        Some(rows.contains(&record.ring_rows) && ring.end <= arena && landed)
    }

    /// Kinds, operands, parameters, scratch and work.
    fn operators(&self) -> Result<(), Error> {
        let scratch = usize::try_from(self.header.scratch_bytes).unwrap_or(usize::MAX);
        let mut work = 0u64;
        for (index, op) in (0u16..).zip(self.flow.ops.iter()) {
            let kind = OpKind::from_byte(op.kind).ok_or(Error::UnknownOperator {
                op: index,
                kind: op.kind,
            })?;
            let need = check_op(&self.flow, &self.data, index, &op, kind)?;
            work = work.saturating_add(need.work);
            let need = need.scratch;
            if need > scratch {
                return Err(Error::Scratch { op: index, need });
            }
            self.text(op.name, op.name_bytes.into())?;
        }
        for (tensor, record) in (0u16..).zip(self.flow.tensors.iter()) {
            check_readers(&self.flow, tensor, &record)?;
        }
        if work > MAX_MACS {
            return Err(Error::TooMuchWork);
        }
        Ok(())
    }

    /// Answers, labels, provenance and input contract.
    fn contract(&self) -> Result<(), Error> {
        let Header {
            labels,
            label_count,
            output_count,
            ..
        } = self.header;
        if !(1..=MAX_OUTPUTS).contains(&output_count) {
            return Err(Error::Contract);
        }
        let outside = |offset| Error::OutOfBlob { offset };
        for output in self.outputs.iter() {
            self.answer(&output)?;
        }
        let channels = usize::from(self.input.channels);
        for list in [self.input.mean, self.input.std] {
            self.data.words(list, channels).ok_or(outside(list))?;
        }
        let pixels = self.flow.tensors.get(0).ok_or(Error::Contract)?;
        if usize::from(pixels.channels) != channels {
            return Err(Error::Contract);
        }
        for label in 0..label_count {
            let text = self.label_bytes(label).filter(|text| is_utf8(text));
            text.ok_or(outside(labels))?;
        }
        self.text(self.header.provenance, self.header.provenance_bytes)
    }

    /// A text of so many bytes.
    fn text(&self, offset: u32, len: u32) -> Result<(), Error> {
        let bytes = usize::try_from(len).ok();
        let bytes = bytes.and_then(|len| self.data.bytes(offset, len));
        match bytes {
            Some(bytes) if is_utf8(bytes) => Ok(()),
            _ => Err(Error::OutOfBlob { offset }),
        }
    }

    /// One answer: kept whole for the caller, with its table of exp and its name.
    fn answer(&self, output: &OutputRecord) -> Result<(), Error> {
        for tensor in [output.tensor, output.logits] {
            let record = self.flow.tensors.get(tensor).ok_or(Error::Contract)?;
            let whole = record.last_reader == u16::MAX && record.ring_rows == record.height;
            if !whole || record.element_bytes != 1 {
                return Err(Error::Contract);
            }
        }
        let outside = |offset| Error::OutOfBlob { offset };
        let table = output.exp_table;
        self.data.u16_table(table).ok_or(outside(table))?;
        self.text(output.name, output.name_bytes.into())
    }

    /// The text of a label.
    pub fn label(&self, index: u16) -> Option<&str> {
        core::str::from_utf8(self.label_bytes(index)?).ok()
    }

    fn label_bytes(&self, index: u16) -> Option<&[u8]> {
        if index >= self.header.label_count {
            return None;
        }
        let index = usize::from(index);
        let start = self.data.u32_at(self.header.labels, index)?;
        let end = self
            .data
            .u32_at(self.header.labels, index.checked_add(1)?)?;
        let len = usize::try_from(end.checked_sub(start)?).ok()?;
        self.data.bytes(start, len)
    }
}
