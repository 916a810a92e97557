//! A second blob made by hand: operators of the kinds that small nets have, in a plan that
//! interleaves. Those of the others are in [`single`](crate::single).
//!
//! The first segment runs six operators row by row over rings that are no higher than they have to
//! be, so a plan that overwrites a row too early cannot hide; the others run layer by layer, with
//! steps of one row, of some, and of all. Convolutions come dense with a pad pixel, depthwise,
//! pointwise with a stride, and in groups.

use tidbit::blob::header::{MAGIC, NONE, VERSION};
use tidbit::blob::{
    AddParams, ConvParams, Header, InputRecord, OpKind, OpRecord, PadParams, PoolParams, Record,
    SegmentRecord, TableParams, TensorRecord,
};

use crate::handmade::{Builder, op, output, tensor};

/// Shape of the image that [`every_op`] takes: rows, columns, channels.
pub const IMAGE: [u16; 3] = [6, 6, 2];
/// Its labels; the last but one is more than ASCII.
pub const LABELS: [&str; 4] = ["a", "bc", "dé", ""];

/// A convolution of `kernel` taps with made-up numbers, stride and dilation 1, no padding.
pub(crate) fn conv(blob: &mut Builder, kernel: [u16; 2], inputs: u16, outputs: u16) -> ConvParams {
    let sizes = [kernel[0], kernel[1], inputs, outputs].map(u32::from);
    let count: u32 = sizes.iter().product();
    let weights = (0..count).map(|i| (i * 37 + 11) as u8);
    // Every int8 but the least, which weights must not be.
    let weights: Vec<u8> = weights.map(|w| if w == 0x80 { 1 } else { w }).collect();
    let bias: Vec<i32> = (0..outputs).map(|i| i32::from(i) * 900 - 1300).collect();
    let multipliers: Vec<i32> = (0..outputs)
        .map(|i| (1 << 22) + i32::from(i) * 99_991)
        .collect();
    ConvParams {
        kernel_h: kernel[0],
        kernel_w: kernel[1],
        stride_w: 1,
        dilation_h: 1,
        dilation_w: 1,
        pad_left: 0,
        groups: 1,
        shift: 0,
        packing: 0,
        lo: -128,
        hi: 127,
        weights: blob.bytes(&weights),
        bias: blob.words(&bias),
        multipliers: blob.words(&multipliers),
        pad_pixel: 0,
    }
}

/// A pool of `kernel` × `kernel` with one multiplier for each number of elements, if any.
pub(crate) fn pool(
    blob: &mut Builder,
    kernel: u16,
    stride_w: u16,
    multipliers: &[i32],
) -> PoolParams {
    PoolParams {
        kernel_h: kernel,
        kernel_w: kernel,
        stride_w,
        pad_left: 0,
        shift: 0,
        by_count: u8::from(multipliers.len() > 1),
        lo: -100,
        hi: 100,
        reserved: 0,
        multipliers: blob.words(multipliers),
    }
}

/// The operators, in order.
fn operators(blob: &mut Builder, exp_table: u32) -> Vec<OpRecord> {
    let mut ops = vec![op(OpKind::Input, NONE, [1, 1, 0], 0)];
    let pad_pixel = blob.bytes(&[5, 250]);
    let dense = ConvParams {
        pad_left: 1,
        pad_pixel,
        ..conv(blob, [3, 3], IMAGE[2], 4)
    };
    ops.push(op(OpKind::Conv, 0, [3, 1, 1], blob.records(&[dense])));
    let depthwise = ConvParams {
        pad_left: 1,
        groups: 4,
        shift: 1,
        lo: 3,
        ..conv(blob, [3, 3], 1, 4)
    };
    ops.push(op(
        OpKind::Depthwise,
        1,
        [3, 1, 1],
        blob.records(&[depthwise]),
    ));
    let add = AddParams {
        ma: 9000,
        mb: 15_000,
        c: 8192 - 70_000,
        shift: 14,
        reserved: 0,
        lo: -128,
        hi: 127,
    };
    ops.push(OpRecord {
        input_b: 2,
        ..op(OpKind::Add, 1, [1, 1, 0], blob.records(&[add]))
    });
    let pad = PadParams {
        pad_left: 1,
        reserved: 0,
    };
    ops.push(op(OpKind::Pad, 3, [1, 1, 1], blob.records(&[pad])));
    let max = pool(blob, 2, 2, &[]);
    ops.push(op(OpKind::MaxPool, 4, [2, 2, 0], blob.records(&[max])));
    let bytes: Vec<u8> = (0..=255u8).map(|i| i.wrapping_mul(3)).collect();
    let table = TableParams {
        table: blob.bytes(&bytes),
    };
    ops.push(op(OpKind::Table, 5, [1, 1, 0], blob.records(&[table])));
    let shares: Vec<i32> = (1..=9).map(|count| i32::MAX / count).collect();
    let average = PoolParams {
        pad_left: 1,
        ..pool(blob, 3, 1, &shares)
    };
    ops.push(op(
        OpKind::AveragePool,
        6,
        [3, 1, 1],
        blob.records(&[average]),
    ));
    let pointwise = ConvParams {
        stride_w: 2,
        ..conv(blob, [1, 1], 4, 6)
    };
    ops.push(op(OpKind::Conv, 7, [1, 2, 0], blob.records(&[pointwise])));
    let grouped = ConvParams {
        groups: 2,
        ..conv(blob, [2, 2], 3, 4)
    };
    ops.push(op(OpKind::Conv, 8, [2, 1, 0], blob.records(&[grouped])));
    let softmax = TableParams { table: exp_table };
    ops.push(op(OpKind::Softmax, 9, [1, 1, 0], blob.records(&[softmax])));
    for (op, step_rows) in [(6, 4), (7, 3)] {
        ops[op].step_rows = step_rows;
    }
    for op in &mut ops {
        let name = OpKind::from_byte(op.kind)
            .expect("a kind of the format")
            .name();
        op.name = blob.bytes(name.as_bytes());
        op.name_bytes = u16::try_from(name.len()).expect("names are short");
    }
    ops
}

/// The tensors, in order, their rings one behind the other; and the bytes of the arena.
fn tensors() -> (Vec<TensorRecord>, u32) {
    // Shape, rows of the ring, first and last reader.
    let shapes = [
        (IMAGE, 3, [1, 1]),
        ([6, 6, 4], 3, [2, 3]),
        ([6, 6, 4], 1, [3, 3]),
        ([6, 6, 4], 1, [4, 4]),
        ([8, 8, 4], 2, [5, 5]),
        ([4, 4, 4], 4, [6, 6]),
        ([4, 4, 4], 4, [7, 7]),
        ([4, 4, 4], 4, [8, 8]),
        ([2, 2, 6], 2, [9, 9]),
        ([1, 1, 4], 1, [10, NONE]),
        ([1, 1, 4], 1, [NONE, NONE]),
    ];
    let mut arena = 0;
    let records = shapes.map(|(shape, ring_rows, readers)| {
        let record = TensorRecord {
            ring_rows,
            ..tensor(shape, arena, readers, -3)
        };
        arena += u32::try_from(record.ring_bytes()).expect("a ring is small");
        record
    });
    (records.to_vec(), arena)
}

/// The blob.
pub fn every_op() -> Vec<u8> {
    let mut blob = Builder(vec![0; Header::LEN]);
    let exp: Vec<u8> = (0..256u32)
        .flat_map(|distance| (65535u32 >> (distance / 24)).to_le_bytes()[..2].to_vec())
        .collect();
    let exp_table = blob.bytes(&exp);
    let ops = operators(&mut blob, exp_table);
    let (tensors, arena_bytes) = tensors();
    let segments = [(0, 6), (6, 1), (7, 3), (10, 1)]
        .map(|(first_op, op_count)| SegmentRecord { first_op, op_count });
    let input = InputRecord {
        bgr: 1,
        channels: 2,
        reserved: 0,
        mean: blob.words(&[0; 2]),
        std: blob.words(&[1f32.to_bits().cast_signed(); 2]),
    };
    let provenance = "made=by hand\nwhat=every operator\n";
    let header = Header {
        magic: MAGIC,
        version: VERSION,
        header_bytes: u16::try_from(Header::LEN).expect("the header is short"),
        blob_bytes: 0,
        arena_bytes,
        scratch_bytes: 4096,
        stack_bytes: 1024,
        op_count: u16::try_from(ops.len()).expect("there are eleven"),
        segment_count: 4,
        output_count: 1,
        label_count: 4,
        tensors: blob.records(&tensors),
        ops: blob.records(&ops),
        segments: blob.records(&segments),
        outputs: blob.records(&[output(10, 9, exp_table)]),
        input: blob.records(&[input]),
        labels: blob.texts(&LABELS),
        provenance: blob.bytes(provenance.as_bytes()),
        provenance_bytes: u32::try_from(provenance.len()).expect("it is short"),
    };
    blob.finish(header)
}
