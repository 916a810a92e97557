//! Emission: an integer net and its plan become the bytes of a blob.
//!
//! Offsets are only known to the runtime's records; here pieces are appended one after another,
//! and every record learns where its pieces came to lie. The blob is validated before it is given
//! out, by the very pass that runs on the device.

use byteorder::{LittleEndian, WriteBytesExt};
use tidbit::Model;
use tidbit::blob::OpKind;
use tidbit::blob::header::{CHECKSUM_LEN, Header, MAGIC, VERSION};
use tidbit::blob::{
    AddParams, ConvParams, Data, InputRecord, OpRecord, PadParams, PoolParams, Record,
    SegmentRecord, Table, TableParams, TensorRecord, checksum::checksum, op_cost,
};
use tidbit::schedule::Flow;

use crate::lower::{IntConv, IntNet, IntOp, IntPool, Params};
use crate::plan::{Plan, draft::Draft};
use crate::{Error, Normalization};

/// Bytes of stack that the runtime takes at most on a 32-bit ARM core, whatever the blob: there is
/// no recursion and no buffer whose size depends on the net. The tests measure it on the emulated
/// board.
pub const STACK_BYTES: u32 = 1536;

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

/// A blob that grows.
struct Builder(Vec<u8>);

impl Builder {
    /// Appends bytes at a multiple of four, and says where.
    fn append(&mut self, bytes: &[u8]) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        let offset = self.0.len() as u32;
        self.0.extend_from_slice(bytes);
        offset
    }

    fn append_i8(&mut self, values: &[i8]) -> u32 {
        self.append(tidbit::kernels::bytes::as_u8(values))
    }

    fn append_words(&mut self, values: &[i32]) -> u32 {
        self.append(&collect(values, |bytes, value| {
            bytes.write_i32::<LittleEndian>(value)
        }))
    }

    fn append_floats(&mut self, values: &[f32]) -> u32 {
        self.append(&collect(values, |bytes, value| {
            bytes.write_f32::<LittleEndian>(value)
        }))
    }

    fn append_table(&mut self, values: &[u16]) -> u32 {
        self.append(&collect(values, |bytes, value| {
            bytes.write_u16::<LittleEndian>(value)
        }))
    }

    fn append_record<R: Record>(&mut self, record: &R) -> u32 {
        let offset = self.append(&vec![0; R::LEN]);
        self.put(offset, record);
        offset
    }

    /// Writes a record where there is room for it already.
    fn put<R: Record>(&mut self, offset: u32, record: &R) {
        let written = self
            .0
            .get_mut(offset as usize..)
            .and_then(|room| record.emit(room));
        assert!(
            written.is_some(),
            "room for every record is reserved before it is written"
        );
    }
}

/// Bytes of a list, value by value. Writing to a vector cannot fail.
fn collect<T: Copy>(
    values: &[T],
    write: impl Fn(&mut Vec<u8>, T) -> std::io::Result<()>,
) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size_of_val(values));
    for &value in values {
        write(&mut bytes, value).unwrap_or_else(|_| unreachable!("a vector takes every byte"));
    }
    bytes
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
    for (index, record) in draft.tensors.iter().enumerate() {
        builder.put(tensors + (index * TensorRecord::LEN) as u32, record);
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
    let exp_table = builder.append_table(net.exp_table.as_slice());
    for (index, op) in net.ops.iter().enumerate() {
        let record = op_record(&mut builder, op, &draft.ops[index], exp_table, net)?;
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
        output: net.output as u16,
        logits: net.logits as u16,
        tensors,
        ops,
        segments,
        input,
        exp_table,
        labels,
        label_count: extras.labels.len() as u16,
        reserved: 0,
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

fn op_record(
    builder: &mut Builder,
    op: &IntOp,
    planned: &OpRecord,
    exp_table: u32,
    net: &IntNet,
) -> Result<OpRecord, Error> {
    let (lo, hi) = op.clamp;
    let params = match &op.params {
        Params::Input => 0,
        Params::Conv(conv) => {
            let record = conv_params(builder, conv, op.clamp);
            builder.append_record(&record)
        }
        Params::Pool(pool) => {
            let record = pool_params(builder, pool, op.clamp);
            builder.append_record(&record)
        }
        Params::Add(params) => builder.append_record(&AddParams { lo, hi, ..*params }),
        Params::Table(table) => {
            let table = builder.append_i8(table.as_slice());
            builder.append_record(&TableParams { table })
        }
        Params::Softmax(table) => {
            let table = if *table == net.exp_table {
                exp_table
            } else {
                builder.append_table(table.as_slice())
            };
            builder.append_record(&TableParams { table })
        }
        Params::Pad(_, left) => builder.append_record(&PadParams {
            pad_left: *left as u16,
            reserved: 0,
        }),
    };
    let name_bytes = u16::try_from(op.name.len()).map_err(|_| Error::TooMany {
        reason: "a name of more than 65,535 bytes".into(),
    })?;
    let name = builder.0.len() as u32;
    builder.0.extend_from_slice(op.name.as_bytes());
    Ok(OpRecord {
        name_bytes,
        params,
        name,
        ..*planned
    })
}

fn conv_params(builder: &mut Builder, conv: &IntConv, (lo, hi): (i8, i8)) -> ConvParams {
    let window = &conv.window;
    ConvParams {
        kernel_h: window.kernel[0] as u16,
        kernel_w: window.kernel[1] as u16,
        stride_w: window.stride[1] as u16,
        dilation_h: window.dilation[0] as u16,
        dilation_w: window.dilation[1] as u16,
        pad_left: window.padding.left as u16,
        groups: conv.groups as u16,
        shift: conv.shift,
        packing: 0,
        lo,
        hi,
        reserved: 0,
        weights: builder.append_i8(&conv.weights),
        bias: builder.append_words(&conv.bias),
        multipliers: builder.append_words(&conv.multipliers),
        pad_pixel: conv
            .pad_pixel
            .as_ref()
            .map_or(0, |pixel| builder.append_i8(pixel)),
    }
}

fn pool_params(builder: &mut Builder, pool: &IntPool, (lo, hi): (i8, i8)) -> PoolParams {
    PoolParams {
        kernel_h: pool.window.kernel[0] as u16,
        kernel_w: pool.window.kernel[1] as u16,
        stride_w: pool.window.stride[1] as u16,
        pad_left: pool.window.padding.left as u16,
        shift: pool.shift,
        by_count: u8::from(pool.multipliers.len() > 1),
        lo,
        hi,
        multipliers: if pool.multipliers.is_empty() {
            0
        } else {
            builder.append_words(&pool.multipliers)
        },
    }
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
