//! A blob made by hand: the smallest net that has a bit of everything, byte by byte from the
//! records of the format, without the quantizer. What the quantizer never writes can be tried on
//! it: change any byte, [`seal`] it again, and see what the runtime says.
//!
//! The net takes 4×4 grey pixels: `Input -> Conv 3×3, stride 2, padding 1 (2×2×4) ->
//! AveragePool 2×2 (1×1×4) -> Softmax`, with four labels.

use tidbit::blob::checksum::checksum;
use tidbit::blob::header::{CHECKSUM_LEN, MAGIC, NONE, VERSION};
use tidbit::blob::{
    ConvParams, Header, InputRecord, OpKind, OpRecord, OutputRecord, PoolParams, Record,
    SegmentRecord, TableParams, TensorRecord,
};

/// Rows and columns of the image that [`tiny`] takes; it has one channel.
pub const SIDE: u16 = 4;
/// Its labels.
pub const LABELS: [&str; 4] = ["none", "edge", "corner", "full"];

/// The bytes behind the header, and where each piece of them lies.
pub(crate) struct Builder(pub(crate) Vec<u8>);

impl Builder {
    /// Appends bytes at a multiple of four, and gives their offset.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        let offset = u32::try_from(self.0.len()).expect("a handmade blob is small");
        self.0.extend(bytes);
        offset
    }

    /// Appends records, and gives the offset of the first.
    pub(crate) fn records<R: Record>(&mut self, records: &[R]) -> u32 {
        let mut bytes = vec![0; R::LEN * records.len()];
        for (record, place) in records.iter().zip(bytes.chunks_exact_mut(R::LEN)) {
            record
                .emit(place)
                .expect("the place is of the record's length");
        }
        self.bytes(&bytes)
    }

    /// Appends little-endian words, and gives their offset.
    pub(crate) fn words(&mut self, words: &[i32]) -> u32 {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.bytes(&bytes)
    }

    /// Appends texts and the table of their offsets, and gives the table's.
    pub(crate) fn texts(&mut self, texts: &[&str]) -> u32 {
        let mut at = self.bytes(texts.concat().as_bytes()).cast_signed();
        let mut offsets = vec![at];
        for text in texts {
            at += i32::try_from(text.len()).expect("labels are short");
            offsets.push(at);
        }
        self.words(&offsets)
    }

    /// Writes the header in front and the checksum behind.
    pub(crate) fn finish(self, header: Header) -> Vec<u8> {
        let mut bytes = self.0;
        bytes.extend([0; CHECKSUM_LEN]);
        let header = Header {
            blob_bytes: u32::try_from(bytes.len()).expect("a handmade blob is small"),
            ..header
        };
        header
            .emit(&mut bytes)
            .expect("the blob begins with the header's place");
        seal(&mut bytes);
        bytes
    }
}

/// A tensor whose ring holds all rows.
pub(crate) fn tensor(
    shape: [u16; 3],
    ring_offset: u32,
    readers: [u16; 2],
    zero_point: i8,
) -> TensorRecord {
    let [height, width, channels] = shape;
    let [first_reader, last_reader] = readers;
    TensorRecord {
        height,
        width,
        channels,
        ring_rows: height,
        ring_offset,
        landing_offset: 0,
        landing_rows: 0,
        first_reader,
        last_reader,
        scale: 0.25f32.to_bits(),
        zero_point,
        layout: 0,
        element_bytes: 1,
        reserved: 0,
        equalization: 0,
    }
}

/// An operator; rows are those of its window: `[window, stride, padding above]`.
pub(crate) fn op(kind: OpKind, input_a: u16, rows: [u16; 3], params: u32) -> OpRecord {
    let [window_rows, stride_rows, pad_top] = rows;
    OpRecord {
        kind: kind.byte(),
        accumulates: 0,
        input_a,
        input_b: NONE,
        window_rows,
        stride_rows,
        divide_rows: 1,
        pad_top,
        step_rows: 1,
        name_bytes: 0,
        params,
        name: 0,
    }
}

/// An answer without a name.
pub(crate) fn output(tensor: u16, logits: u16, exp_table: u32) -> OutputRecord {
    OutputRecord {
        tensor,
        logits,
        exp_table,
        name: 0,
        name_bytes: 0,
        reserved: 0,
    }
}

/// The blob.
pub fn tiny() -> Vec<u8> {
    let mut blob = Builder(vec![0; Header::LEN]);
    let weights: Vec<u8> = (0..36u8)
        .map(|i| i.wrapping_mul(41).wrapping_add(7))
        .collect();
    let conv = ConvParams {
        kernel_h: 3,
        kernel_w: 3,
        stride_w: 2,
        dilation_h: 1,
        dilation_w: 1,
        pad_left: 1,
        groups: 1,
        shift: 0,
        packing: 0,
        lo: -128,
        hi: 127,
        weights: blob.bytes(&weights),
        bias: blob.words(&[0, 1000, -1000, 20_000]),
        multipliers: blob.words(&[1 << 23, 1 << 23, 3 << 22, 1 << 22]),
        pad_pixel: 0,
    };
    let pool = PoolParams {
        kernel_h: 2,
        kernel_w: 2,
        stride_w: 2,
        pad_left: 0,
        shift: 0,
        by_count: 0,
        lo: -128,
        hi: 127,
        reserved: 0,
        multipliers: blob.words(&[1 << 30]),
    };
    let exp: Vec<u8> = (0..256u32)
        .flat_map(|distance| ((1u32 << 15) >> (distance / 16)).to_le_bytes()[..2].to_vec())
        .collect();
    let exp_table = blob.bytes(&exp);
    let softmax = TableParams { table: exp_table };
    let ops = [
        op(OpKind::Input, NONE, [1, 1, 0], 0),
        op(OpKind::Conv, 0, [3, 2, 1], blob.records(&[conv])),
        op(OpKind::AveragePool, 1, [2, 2, 0], blob.records(&[pool])),
        op(OpKind::Softmax, 2, [1, 1, 0], blob.records(&[softmax])),
    ];
    let tensors = [
        tensor([SIDE, SIDE, 1], 0, [1, 1], -128),
        tensor([2, 2, 4], 16, [2, 2], 3),
        tensor([1, 1, 4], 32, [3, NONE], 3),
        TensorRecord {
            scale: (1.0f32 / 256.0).to_bits(),
            ..tensor([1, 1, 4], 36, [NONE, NONE], -128)
        },
    ];
    let segments = [SegmentRecord {
        first_op: 0,
        op_count: 4,
    }];
    let name = b"shares";
    let answer = OutputRecord {
        name: blob.bytes(name),
        name_bytes: u16::try_from(name.len()).expect("it is short"),
        ..output(3, 2, exp_table)
    };
    let input = InputRecord {
        bgr: 0,
        channels: 1,
        reserved: 0,
        mean: blob.bytes(&0f32.to_le_bytes()),
        std: blob.bytes(&1f32.to_le_bytes()),
    };
    let provenance = b"made=by hand";
    let header = Header {
        magic: MAGIC,
        version: VERSION,
        header_bytes: u16::try_from(Header::LEN).expect("the header is short"),
        blob_bytes: 0,
        arena_bytes: 40,
        scratch_bytes: 44,
        stack_bytes: 1024,
        op_count: 4,
        segment_count: 1,
        output_count: 1,
        label_count: 4,
        tensors: blob.records(&tensors),
        ops: blob.records(&ops),
        segments: blob.records(&segments),
        outputs: blob.records(&[answer]),
        input: blob.records(&[input]),
        labels: blob.texts(&LABELS),
        provenance: blob.bytes(provenance),
        provenance_bytes: u32::try_from(provenance.len()).expect("it is short"),
    };
    blob.finish(header)
}

/// An image for [`tiny`].
pub fn image() -> Vec<u8> {
    (0..SIDE * SIDE).map(|i| (i * 57 % 256) as u8).collect()
}

/// Writes the checksum anew after bytes of a blob were changed.
pub fn seal(blob: &mut [u8]) {
    if let Some((body, tail)) = blob.split_last_chunk_mut::<CHECKSUM_LEN>() {
        *tail = checksum(body).to_le_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidbit::{Model, Session};

    #[test]
    fn is_a_model_that_runs() {
        let blob = tiny();
        let model = Model::new(&blob).unwrap();
        assert_eq!(model.label(3), Some("full"));
        let mut memory = vec![0; model.memory_bytes()];
        let mut session = Session::new(&model, &mut memory).unwrap();
        let answer = session.run(&image()).unwrap();
        assert_eq!(answer.output().len(), LABELS.len());
        let mut scores = [0; 4];
        answer.scores(&mut scores).unwrap();
        let sum: u32 = scores.iter().map(|score| u32::from(*score)).sum();
        assert!(sum.abs_diff(32768) <= 4, "{scores:?}");
    }

    #[test]
    fn a_changed_byte_is_refused_until_it_is_sealed() {
        let mut blob = tiny();
        let last = blob.len() - CHECKSUM_LEN - 1;
        blob[last] ^= 1;
        assert!(Model::new(&blob).is_err());
        seal(&mut blob);
        assert!(Model::new(&blob).is_ok());
    }
}
