//! Blobs of a single operator behind the input: what one kind of operator takes can be measured on
//! them. A kind has several variants where the runtime goes different ways for them.

use tidbit::blob::header::{MAGIC, NONE, VERSION};
use tidbit::blob::{
    AddParams, ConvParams, DepthToSpaceParams, GatherParams, Header, InputRecord, MulParams,
    NO_CHANNEL, OpKind, OpRecord, PadParams, Record, ResizeParams, SegmentRecord, TableParams,
    TensorRecord,
};

use crate::every_op::{conv, pool};
use crate::handmade::{Builder, op, output, tensor};

/// Shape of the image that they take: rows, columns, channels.
pub const IMAGE: [u16; 3] = [8, 8, 4];

/// The operator of a net, and the shape of its output.
type Single = (OpRecord, [u16; 3]);

/// A blob for each variant of a kind.
pub fn variants(kind: OpKind) -> Vec<Vec<u8>> {
    let makers: &[fn(&mut Builder) -> Single] = match kind {
        OpKind::Input => return vec![finish(Builder(vec![0; Header::LEN]), None)],
        OpKind::Conv => &[
            pointwise,
            pointwise_strided,
            dense,
            dilated,
            grouped,
            taken_whole,
        ],
        OpKind::Depthwise => &[depthwise, depthwise_strided, depthwise_multiplied],
        OpKind::AveragePool => &[global_average, padded_average, accumulating_average],
        OpKind::MaxPool => &[max, accumulating_max],
        OpKind::Add => &[add],
        OpKind::Table => &[table],
        OpKind::Softmax => &[softmax],
        OpKind::Pad => &[pad],
        OpKind::Mul => &[mul],
        OpKind::Gather => &[gather, gather_by_table],
        OpKind::Resize => &[nearest, bilinear],
        OpKind::DepthToSpace => &[places_first, channel_first],
        OpKind::MinPool => &[min, global_min],
        OpKind::ArgMax => &[arg_max],
    };
    let one = |make: &fn(&mut Builder) -> Single| {
        let mut blob = Builder(vec![0; Header::LEN]);
        let single = make(&mut blob);
        finish(blob, Some(single))
    };
    makers.iter().map(one).collect()
}

/// A convolution, or a depthwise one, of these parameters.
fn convolution(
    blob: &mut Builder,
    kind: OpKind,
    rows: [u16; 3],
    params: ConvParams,
    out: [u16; 3],
) -> Single {
    (op(kind, 0, rows, blob.records(&[params])), out)
}

fn pointwise(blob: &mut Builder) -> Single {
    let params = conv(blob, [1, 1], 4, 9);
    convolution(blob, OpKind::Conv, [1, 1, 0], params, [8, 8, 9])
}

fn pointwise_strided(blob: &mut Builder) -> Single {
    let params = ConvParams {
        stride_w: 2,
        ..conv(blob, [1, 1], 4, 9)
    };
    convolution(blob, OpKind::Conv, [1, 2, 0], params, [4, 4, 9])
}

fn dense(blob: &mut Builder) -> Single {
    let pad_pixel = blob.bytes(&[1, 2, 3, 4]);
    let params = ConvParams {
        pad_left: 1,
        pad_pixel,
        ..conv(blob, [3, 3], 4, 8)
    };
    convolution(blob, OpKind::Conv, [3, 1, 1], params, [8, 8, 8])
}

fn dilated(blob: &mut Builder) -> Single {
    let params = ConvParams {
        dilation_h: 2,
        dilation_w: 2,
        pad_left: 2,
        stride_w: 2,
        ..conv(blob, [3, 3], 4, 5)
    };
    convolution(blob, OpKind::Conv, [5, 2, 2], params, [4, 4, 5])
}

fn grouped(blob: &mut Builder) -> Single {
    let params = ConvParams {
        groups: 2,
        pad_left: 1,
        ..conv(blob, [3, 3], 2, 6)
    };
    convolution(blob, OpKind::Conv, [3, 1, 1], params, [8, 8, 6])
}

fn depthwise(blob: &mut Builder) -> Single {
    let params = ConvParams {
        groups: 4,
        pad_left: 1,
        ..conv(blob, [3, 3], 1, 4)
    };
    convolution(blob, OpKind::Depthwise, [3, 1, 1], params, IMAGE)
}

fn depthwise_strided(blob: &mut Builder) -> Single {
    let params = ConvParams {
        groups: 4,
        pad_left: 2,
        stride_w: 2,
        ..conv(blob, [5, 5], 1, 4)
    };
    convolution(blob, OpKind::Depthwise, [5, 2, 2], params, [4, 4, 4])
}

fn depthwise_multiplied(blob: &mut Builder) -> Single {
    let params = ConvParams {
        groups: 4,
        pad_left: 1,
        ..conv(blob, [3, 3], 1, 8)
    };
    convolution(blob, OpKind::Depthwise, [3, 1, 1], params, [8, 8, 8])
}

fn global_average(blob: &mut Builder) -> Single {
    let params = pool(blob, 8, 1, &[1 << 25]);
    let record = op(OpKind::AveragePool, 0, [8, 1, 0], blob.records(&[params]));
    (record, [1, 1, 4])
}

/// As [`global_average`], but row by row; it keeps sums of 32 bits in the place of the output.
fn accumulating_average(blob: &mut Builder) -> Single {
    let (record, shape) = global_average(blob);
    (accumulating(record), shape)
}

fn accumulating_max(blob: &mut Builder) -> Single {
    let params = pool(blob, 8, 1, &[]);
    let record = op(OpKind::MaxPool, 0, [8, 1, 0], blob.records(&[params]));
    (accumulating(record), [1, 1, 4])
}

fn accumulating(record: OpRecord) -> OpRecord {
    OpRecord {
        accumulates: 1,
        window_rows: 1,
        ..record
    }
}

fn padded_average(blob: &mut Builder) -> Single {
    let shares: Vec<i32> = (1..=9).map(|count| i32::MAX / count).collect();
    let mut params = pool(blob, 3, 1, &shares);
    params.pad_left = 1;
    let record = op(OpKind::AveragePool, 0, [3, 1, 1], blob.records(&[params]));
    (record, IMAGE)
}

fn max(blob: &mut Builder) -> Single {
    let mut params = pool(blob, 3, 2, &[]);
    params.pad_left = 1;
    let record = op(OpKind::MaxPool, 0, [3, 2, 1], blob.records(&[params]));
    (record, [4, 4, 4])
}

fn add(blob: &mut Builder) -> Single {
    let params = AddParams {
        ma: 9000,
        mb: 15_000,
        c: 8192,
        shift: 14,
        reserved: 0,
        lo: -128,
        hi: 127,
    };
    let record = OpRecord {
        input_b: 0,
        ..op(OpKind::Add, 0, [1, 1, 0], blob.records(&[params]))
    };
    (record, IMAGE)
}

fn table(blob: &mut Builder) -> Single {
    let bytes: Vec<u8> = (0..=255u8).rev().collect();
    let table = blob.bytes(&bytes);
    let params = blob.records(&[TableParams { table }]);
    (op(OpKind::Table, 0, [1, 1, 0], params), IMAGE)
}

fn softmax(blob: &mut Builder) -> Single {
    let table = exp_table(blob);
    let params = blob.records(&[TableParams { table }]);
    (op(OpKind::Softmax, 0, [1, 1, 0], params), IMAGE)
}

fn pad(blob: &mut Builder) -> Single {
    let params = PadParams {
        pad_left: 1,
        reserved: 0,
    };
    let record = op(OpKind::Pad, 0, [1, 1, 1], blob.records(&[params]));
    (record, [10, 10, 4])
}

/// A dense layer over the whole image.
fn taken_whole(blob: &mut Builder) -> Single {
    let params = conv(blob, [8, 8], 4, 5);
    convolution(blob, OpKind::Conv, [8, 1, 0], params, [1, 1, 5])
}

/// A resize to twice the rows and columns; rows and columns between two lie on the first, or in the
/// middle.
fn resize(blob: &mut Builder, window_rows: u16, share: u16) -> Single {
    let positions: Vec<i32> = (0..16)
        .map(|at: i32| match at {
            15 => 7,
            _ => at / 2 + at % 2 * (i32::from(share) << 16),
        })
        .collect();
    let places = blob.words(&positions);
    let params = ResizeParams {
        rows: places,
        columns: places,
    };
    let record = OpRecord {
        divide_rows: 2,
        ..op(
            OpKind::Resize,
            0,
            [window_rows, 1, 0],
            blob.records(&[params]),
        )
    };
    (record, [16, 16, 4])
}

fn nearest(blob: &mut Builder) -> Single {
    resize(blob, 1, 0)
}

fn bilinear(blob: &mut Builder) -> Single {
    resize(blob, 2, 128)
}

fn depth_to_space(blob: &mut Builder, order: u16) -> Single {
    let params = DepthToSpaceParams {
        block_h: 2,
        block_w: 2,
        order,
        reserved: 0,
    };
    let record = OpRecord {
        divide_rows: 2,
        ..op(OpKind::DepthToSpace, 0, [1, 1, 0], blob.records(&[params]))
    };
    (record, [15, 16, 1])
}

fn places_first(blob: &mut Builder) -> Single {
    depth_to_space(blob, 0)
}

fn channel_first(blob: &mut Builder) -> Single {
    depth_to_space(blob, 1)
}

fn min(blob: &mut Builder) -> Single {
    let mut params = pool(blob, 3, 2, &[]);
    params.pad_left = 1;
    let record = op(OpKind::MinPool, 0, [3, 2, 1], blob.records(&[params]));
    (record, [4, 4, 4])
}

fn global_min(blob: &mut Builder) -> Single {
    let params = pool(blob, 8, 1, &[]);
    let record = op(OpKind::MinPool, 0, [8, 1, 0], blob.records(&[params]));
    (record, [1, 1, 4])
}

fn arg_max(_blob: &mut Builder) -> Single {
    (op(OpKind::ArgMax, 0, [1, 1, 0], 0), [8, 8, 1])
}

fn mul(blob: &mut Builder) -> Single {
    let params = MulParams {
        multiplier: 1 << 24,
        shift: 0,
        reserved: 0,
        lo: -128,
        hi: 127,
    };
    let record = OpRecord {
        input_b: 0,
        ..op(OpKind::Mul, 0, [1, 1, 0], blob.records(&[params]))
    };
    (record, IMAGE)
}

/// Every other row and column, channels in another order, one of zeros.
fn gather(blob: &mut Builder) -> Single {
    let params = picked(blob, 0);
    (op(OpKind::Gather, 0, [2, 2, 0], params), [4, 4, 5])
}

fn gather_by_table(blob: &mut Builder) -> Single {
    let bytes: Vec<u8> = (0..=255u8).rev().collect();
    let table = blob.bytes(&bytes);
    let params = picked(blob, table);
    let record = OpRecord {
        input_b: 0,
        ..op(OpKind::Gather, 0, [1, 2, 0], params)
    };
    (record, [4, 4, 5])
}

fn picked(blob: &mut Builder, table: u32) -> u32 {
    let map = [2u16, 3, NO_CHANNEL, 0, 1].map(u16::to_le_bytes).concat();
    let params = GatherParams {
        map: blob.bytes(&map),
        table_a: table,
        table_b: table,
        stride_w: 2,
        first_column: 1,
    };
    blob.records(&[params])
}

fn exp_table(blob: &mut Builder) -> u32 {
    blob.words(&[0x1000_1000; 128])
}

/// Convolutions of 32 channels behind a pointwise one that makes these: what backends take special ways
/// for, as they do not for the few channels of the image.
pub fn wide_convolutions() -> Vec<Vec<u8>> {
    let windows = [
        (OpKind::Conv, 1, 1),
        (OpKind::Conv, 3, 1),
        (OpKind::Conv, 3, 2),
        (OpKind::Conv, 7, 1),
        (OpKind::Depthwise, 3, 1),
        (OpKind::Depthwise, 3, 2),
        (OpKind::Depthwise, 5, 1),
        (OpKind::Depthwise, 5, 2),
        (OpKind::Depthwise, 7, 1),
        (OpKind::Depthwise, 8, 1),
    ];
    let one = |(kind, kernel, stride): (OpKind, u16, u16)| {
        let mut blob = Builder(vec![0; Header::LEN]);
        let wider = conv(&mut blob, [1, 1], 4, 32);
        let wider = convolution(&mut blob, OpKind::Conv, [1, 1, 0], wider, [8, 8, 32]);
        let (pad, depthwise) = (kernel / 2, kind == OpKind::Depthwise);
        let params = ConvParams {
            stride_w: stride,
            pad_left: pad,
            groups: if depthwise { 32 } else { 1 },
            ..conv(&mut blob, [kernel; 2], if depthwise { 1 } else { 32 }, 32)
        };
        let side = 8 / stride;
        let rows = [kernel, stride, pad];
        let (mut record, shape) = convolution(&mut blob, kind, rows, params, [side, side, 32]);
        record.input_a = 1;
        finish(blob, [wider, (record, shape)])
    };
    windows.into_iter().map(one).collect()
}

/// The blob of the input and of operators, of which each reads the one before.
fn finish(mut blob: Builder, singles: impl IntoIterator<Item = Single>) -> Vec<u8> {
    let mut ops = vec![op(OpKind::Input, NONE, [1, 1, 0], 0)];
    let mut tensors = vec![tensor(IMAGE, 0, [NONE, NONE], -128)];
    let mut arena_bytes = u32::from(IMAGE.iter().product::<u16>());
    for (record, shape) in singles {
        let reader = u16::try_from(ops.len()).expect("few operators");
        let read: &mut TensorRecord = tensors.last_mut().expect("the image");
        (read.first_reader, read.last_reader) = (reader, reader);
        ops.push(record);
        tensors.push(tensor(shape, arena_bytes, [NONE, NONE], 3));
        let element_bytes = if record.accumulates == 0 { 1 } else { 4 };
        arena_bytes += element_bytes * u32::from(shape.iter().product::<u16>());
    }
    let last = u16::try_from(ops.len() - 1).expect("few operators");
    let segments = [SegmentRecord {
        first_op: 0,
        op_count: last + 1,
    }];
    let input = InputRecord {
        bgr: 0,
        channels: 4,
        reserved: 0,
        mean: blob.words(&[0; 4]),
        std: blob.words(&[1f32.to_bits().cast_signed(); 4]),
    };
    let exp_table = exp_table(&mut blob);
    let header = Header {
        magic: MAGIC,
        version: VERSION,
        header_bytes: u16::try_from(Header::LEN).expect("the header is short"),
        blob_bytes: 0,
        arena_bytes,
        scratch_bytes: 1 << 15,
        stack_bytes: 1536,
        op_count: last + 1,
        segment_count: 1,
        output_count: 1,
        label_count: 0,
        tensors: blob.records(&tensors),
        ops: blob.records(&ops),
        segments: blob.records(&segments),
        outputs: blob.records(&[output(last, last, exp_table)]),
        input: blob.records(&[input]),
        labels: 0,
        provenance: 0,
        provenance_bytes: 0,
    };
    blob.finish(header)
}

#[cfg(test)]
mod tests {
    use super::{IMAGE, variants};
    use tidbit::blob::OpKind;
    use tidbit::{Model, Session};

    #[test]
    fn every_variant_runs() {
        let image = vec![77; IMAGE.iter().product::<u16>().into()];
        for kind in OpKind::ALL {
            for (at, blob) in variants(kind).iter().enumerate() {
                let model = Model::new(blob).unwrap_or_else(|e| panic!("{kind:?} {at}: {e}"));
                let mut memory = vec![0; model.memory_bytes()];
                Session::new(&model, &mut memory)
                    .unwrap()
                    .run(&image)
                    .unwrap();
            }
        }
    }
}
