//! Emission: an integer net and its plan become the bytes of a blob.
//!
//! Offsets are only known to the runtime's records; here pieces are appended one after another,
//! and every record learns where its pieces came to lie. The blob is validated before it is given
//! out, by the very pass that runs on the device.

mod builder;
mod ops;

use tidbit::Model;
use tidbit::blob::OpKind;
use tidbit::blob::header::{CHECKSUM_LEN, Header, MAGIC, VERSION};
use tidbit::blob::{
    Data, InputRecord, OpRecord, OutputRecord, Record, SegmentRecord, Table, TensorRecord,
    checksum::checksum, op_cost,
};
use tidbit::schedule::Flow;

use crate::lower::{IntNet, IntOp};
use crate::plan::{Plan, draft::Draft};
use crate::{Error, Normalization};
use builder::{Builder, Tables};
use ops::op_record;

/// Bytes of stack that the runtime takes at most on a 32-bit ARM core, whatever the blob: there is
/// no recursion and no buffer whose size depends on the net. The tests measure it on the emulated
/// board.
pub const STACK_BYTES: u32 = 4096;

/// What goes into a blob besides the net.
#[derive(Clone, Debug)]
pub struct Extras<'a> {
    /// What the net is fed, one number a channel.
    pub normalization: &'a Normalization,
    /// Class names.
    pub labels: &'a [String],
    /// `key=value` lines.
    pub provenance: String,
}

/// Writes a blob.
///
/// # Errors
/// [`Error::TooLarge`] and [`Error::TooMany`] for what the format does not take; [`Error::Refused`]
/// if the runtime's validation finds a fault, which would be a defect.
pub fn emit(net: &IntNet, plan: &Plan, extras: &Extras<'_>) -> Result<Vec<u8>, Error> {
    let mut builder = Builder(vec![0; Header::LEN]);
    let count = u16::try_from(net.ops.len()).map_err(|_| Error::TooMany {
        reason: format!("{} operators", net.ops.len()),
    })?;
    let tensors = builder.append(&vec![0; TensorRecord::LEN * net.ops.len()]);
    let ops = builder.append(&vec![0; OpRecord::LEN * net.ops.len()]);
    let segments = builder.append(&vec![0; SegmentRecord::LEN * plan.segments.len()]);
    net.ops.iter().try_for_each(check_shape)?;
    let draft = Draft::new(net, &plan.rings);
    for (index, (record, op)) in draft.tensors.iter().zip(&net.ops).enumerate() {
        let equalization = match op.equalization.as_slice() {
            [] => 0,
            exponents => builder.append_i8(exponents),
        };
        let record = TensorRecord {
            equalization,
            ..*record
        };
        builder.put(tensors + (index * TensorRecord::LEN) as u32, &record);
    }
    let mut first_op = 0;
    for (index, &op_count) in plan.segments.iter().enumerate() {
        let record = SegmentRecord {
            first_op,
            op_count: op_count as u16,
        };
        first_op += record.op_count;
        builder.put(segments + (index * SegmentRecord::LEN) as u32, &record);
    }
    let mut tables = Tables::default();
    let outputs = outputs(&mut builder, net, &mut tables)?;
    for (index, op) in net.ops.iter().enumerate() {
        let record = op_record(&mut builder, op, &draft.ops[index], &mut tables)?;
        builder.put(ops + (index * OpRecord::LEN) as u32, &record);
    }
    let input = input_record(&mut builder, extras.normalization);
    let input = builder.append_record(&input);
    let labels = append_labels(&mut builder, extras.labels);
    let provenance = builder.append(extras.provenance.as_bytes());
    let mut header = Header {
        magic: MAGIC,
        version: VERSION,
        header_bytes: Header::LEN as u16,
        blob_bytes: 0,
        arena_bytes: plan.arena_bytes as u32,
        scratch_bytes: 0,
        stack_bytes: STACK_BYTES,
        op_count: count,
        segment_count: plan.segments.len() as u16,
        output_count: net.outputs.len() as u16,
        label_count: extras.labels.len() as u16,
        tensors,
        ops,
        segments,
        outputs,
        input,
        labels,
        provenance,
        provenance_bytes: extras.provenance.len() as u32,
    };
    let bytes = builder.0.len() + CHECKSUM_LEN;
    header.blob_bytes = u32::try_from(bytes).map_err(|_| Error::TooMany {
        reason: format!("{bytes} bytes"),
    })?;
    header.scratch_bytes = scratch(&builder.0, &header)?;
    builder.put(0, &header);
    let mut blob = builder.0;
    let crc = checksum(&blob);
    blob.extend_from_slice(&crc.to_le_bytes());
    Model::new(&blob)?;
    Ok(blob)
}

/// The table of the answers.
fn outputs(builder: &mut Builder, net: &IntNet, tables: &mut Tables) -> Result<u32, Error> {
    let mut records = Vec::with_capacity(net.outputs.len());
    for output in &net.outputs {
        let exp_table = tables.place(builder, &output.exp_table);
        let (name, name_bytes) = builder.append_name(&output.name)?;
        records.push(OutputRecord {
            tensor: output.tensor as u16,
            logits: output.logits as u16,
            exp_table,
            name,
            name_bytes,
            reserved: 0,
        });
    }
    let table = builder.append(&vec![0; OutputRecord::LEN * records.len()]);
    for (index, record) in records.iter().enumerate() {
        builder.put(table + (index * OutputRecord::LEN) as u32, record);
    }
    Ok(table)
}

/// The scratch that the hungriest operator needs, by the validation's own account.
fn scratch(bytes: &[u8], header: &Header) -> Result<u32, Error> {
    let lost = tidbit::Error::OutOfBlob { offset: header.ops };
    let flow = Flow {
        tensors: Table::new(bytes, header.tensors, header.op_count).ok_or(lost)?,
        ops: Table::new(bytes, header.ops, header.op_count).ok_or(lost)?,
    };
    let mut most = 0;
    for (index, op) in (0..).zip(flow.ops.iter()) {
        let kind = OpKind::from_byte(op.kind).ok_or(lost)?;
        most = most.max(op_cost(&flow, &Data(bytes), index, &op, kind)?.scratch);
    }
    Ok(most as u32)
}

/// Refuses a tensor beyond the format's limits.
fn check_shape(op: &IntOp) -> Result<(), Error> {
    let shape = op.shape;
    let limits = [
        (shape.height, 8192),
        (shape.width, 8192),
        (shape.channels, 32768),
    ];
    if limits.iter().any(|(size, limit)| size > limit) {
        return Err(Error::TooLarge {
            tensor: op.name.clone(),
            height: shape.height,
            width: shape.width,
            channels: shape.channels,
        });
    }
    Ok(())
}

fn input_record(builder: &mut Builder, normalization: &Normalization) -> InputRecord {
    InputRecord {
        bgr: u8::from(normalization.bgr),
        channels: normalization.mean.len() as u8,
        reserved: 0,
        mean: builder.append_floats(&normalization.mean),
        std: builder.append_floats(&normalization.std),
    }
}

/// A table of offsets, one more than there are labels, and the texts between them.
fn append_labels(builder: &mut Builder, labels: &[String]) -> u32 {
    if labels.is_empty() {
        return 0;
    }
    let table = builder.append(&vec![0; 4 * (labels.len() + 1)]);
    let mut offsets = vec![builder.0.len() as u32];
    for label in labels {
        builder.0.extend_from_slice(label.as_bytes());
        offsets.push(builder.0.len() as u32);
    }
    for (index, offset) in offsets.iter().enumerate() {
        let at = table as usize + 4 * index;
        builder.0[at..at + 4].copy_from_slice(&offset.to_le_bytes());
    }
    table
}
