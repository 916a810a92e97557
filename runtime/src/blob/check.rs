//! The one validation pass.
//!
//! What is proved here, once, when a [`Model`](crate::Model) is made: every offset lies in the
//! blob, every ring in the arena, rings that live at the same time share no byte, shapes fit the
//! operators and their weights, scratch suffices, and the plan runs to its end. What runs
//! afterwards relies on it, and still reads through `Option`s.

use super::check_op::op_cost;
use super::checksum::checksum;
use super::header::{
    CHECKSUM_LEN, Header, MAGIC, MAX_CHANNELS, MAX_MACS, MAX_OPS, MAX_SCHEDULE, MAX_SIDE, VERSION,
};
use super::plan::MAX_SEGMENT_OPS;
use super::{Data, InputRecord, OpKind, Record, SegmentRecord, Table, TensorRecord};
use crate::error::Error;
use crate::schedule::{Flow, Next, note};

/// A blob's header and tables, proved sound.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    /// The header.
    pub header: Header,
    /// Tensors and operators.
    pub flow: Flow<'a>,
    /// The plan.
    pub segments: Table<'a, SegmentRecord>,
    /// The input contract.
    pub input: InputRecord,
    /// The blob.
    pub data: Data<'a>,
}

/// Validates a blob.
///
/// # Errors
/// The first thing that is wrong with it.
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
    let input = data.record(header.input).ok_or(outside(header.input))?;
    let checked = Checked {
        header,
        flow: Flow { tensors, ops },
        segments,
        input,
        data,
    };
    checked.tensors()?;
    checked.operators()?;
    checked.contract()?;
    checked.coverage()?;
    checked.overlaps()?;
    checked.simulate()?;
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
            let end = usize::try_from(record.ring_offset)
                .unwrap_or(usize::MAX)
                .saturating_add(record.ring_bytes());
            let arena = usize::try_from(self.header.arena_bytes).unwrap_or(usize::MAX);
            let rows = record.ring_rows;
            if rows == 0 || rows > record.height || end > arena || record.layout != 0 {
                return Err(Error::Ring { tensor });
            }
        }
        Ok(())
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
            let cost = op_cost(&self.flow, &self.data, index, &op, kind)?;
            if cost.scratch > scratch {
                let need = cost.scratch;
                return Err(Error::Scratch { op: index, need });
            }
            work = work.saturating_add(cost.work);
            self.data
                .text(op.name, usize::from(op.name_bytes))
                .ok_or(Error::OutOfBlob { offset: op.name })?;
        }
        if work > MAX_MACS {
            return Err(Error::TooMuchWork);
        }
        Ok(())
    }

    /// Output, logits, labels, provenance and input contract.
    fn contract(&self) -> Result<(), Error> {
        let Header {
            output,
            logits,
            labels,
            label_count,
            ..
        } = self.header;
        for tensor in [output, logits] {
            let record = self.flow.tensors.get(tensor).ok_or(Error::Contract)?;
            if record.last_reader != u16::MAX || record.ring_rows != record.height {
                return Err(Error::Contract);
            }
        }
        let outside = |offset| Error::OutOfBlob { offset };
        let table = self.header.exp_table;
        self.data.u16_table(table).ok_or(outside(table))?;
        let channels = usize::from(self.input.channels);
        for list in [self.input.mean, self.input.std] {
            self.data.words(list, channels).ok_or(outside(list))?;
        }
        let pixels = self.flow.tensors.get(0).ok_or(Error::Contract)?;
        if usize::from(pixels.channels) != channels {
            return Err(Error::Contract);
        }
        for label in 0..label_count {
            self.label(label).ok_or(outside(labels))?;
        }
        let text = self.header.provenance;
        usize::try_from(self.header.provenance_bytes)
            .ok()
            .and_then(|len| self.data.text(text, len))
            .ok_or(outside(text))?;
        Ok(())
    }

    /// The text of a label.
    pub fn label(&self, index: u16) -> Option<&str> {
        if index >= self.header.label_count {
            return None;
        }
        let index = usize::from(index);
        let start = self.data.u32_at(self.header.labels, index)?;
        let end = self
            .data
            .u32_at(self.header.labels, index.checked_add(1)?)?;
        let len = usize::try_from(end.checked_sub(start)?).ok()?;
        self.data.text(start, len)
    }

    /// Segments follow one another and cover all operators; what leaves a segment is kept whole.
    fn coverage(&self) -> Result<(), Error> {
        let mut next = 0u16;
        for (segment, record) in (0u16..).zip(self.segments.iter()) {
            let end = next.saturating_add(record.op_count);
            let count = usize::from(record.op_count);
            let fits = (1..=MAX_SEGMENT_OPS).contains(&count) && end <= self.header.op_count;
            if record.first_op != next || !fits {
                return Err(Error::Segment { segment });
            }
            for tensor in next..end {
                let ring = self.flow.tensors.get(tensor).ok_or(Error::Contract)?;
                if ring.last_reader >= end && ring.ring_rows != ring.height {
                    return Err(Error::Ring { tensor });
                }
            }
            next = end;
        }
        if next != self.header.op_count {
            let segment = self.header.segment_count;
            return Err(Error::Segment { segment });
        }
        Ok(())
    }

    /// No two rings that are needed in the same segment share a byte.
    fn overlaps(&self) -> Result<(), Error> {
        for (at, segment) in self.segments.iter().enumerate() {
            let end = segment.first_op.saturating_add(segment.op_count);
            for tensor in segment.first_op..end {
                let ring = self.flow.tensors.get(tensor).ok_or(Error::Contract)?;
                for later in self.segments.iter().skip(at) {
                    if later.first_op > ring.last_reader && later.first_op >= end {
                        break;
                    }
                    let later_end = later.first_op.saturating_add(later.op_count);
                    for other in later.first_op.max(tensor.saturating_add(1))..later_end {
                        let record = self.flow.tensors.get(other).ok_or(Error::Contract)?;
                        if shares_bytes(&ring, &record) {
                            return Err(Error::Overlap { tensor, other });
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Runs the schedule, without the arithmetic, to its end.
    fn simulate(&self) -> Result<(), Error> {
        let mut looked_at = 0u32;
        for (index, segment) in (0u16..).zip(self.segments.iter()) {
            let mut made = [0; MAX_SEGMENT_OPS];
            loop {
                looked_at = looked_at.saturating_add(u32::from(segment.op_count));
                if looked_at > MAX_SCHEDULE {
                    return Err(Error::TooMuchWork);
                }
                match self.flow.next(&segment, &made) {
                    Next::Step(step) => note(&segment, &mut made, &step),
                    Next::Done => break,
                    Next::Stalled => return Err(Error::Stalled { segment: index }),
                }
            }
        }
        Ok(())
    }
}

/// Whether two rings overlap.
fn shares_bytes(a: &TensorRecord, b: &TensorRecord) -> bool {
    let span = |ring: &TensorRecord| {
        let start = usize::try_from(ring.ring_offset).unwrap_or(usize::MAX);
        (start, start.saturating_add(ring.ring_bytes()))
    };
    let ((a, a_end), (b, b_end)) = (span(a), span(b));
    a < b_end && b < a_end
}
