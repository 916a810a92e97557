//! Faults that only a broken or hostile writer makes: each gives the error that names it.
//!
//! Every fault is planted in a blob that was valid, and the checksum is made anew over it, so
//! validation has to find the fault itself. At least one for every error behind the checksum.

use std::collections::BTreeSet;

use tidbit::blob::header::{CHECKSUM_LEN, NONE};
use tidbit::blob::{ConvParams, PadParams};
use tidbit::{Error, Model};
use tidbit_tests::every_op::every_op;
use tidbit_tests::handmade::seal;
use tidbit_tests::surgery::{header, op, output, params, read_header, reframe, segment, tensor};

fn refusal(blob: &[u8]) -> Error {
    Model::new(blob)
        .map(|_| ())
        .expect_err("this is no valid blob")
}

/// A fault: its name, what plants it in the blob with every operator, and the answer to it.
type Fault = (&'static str, fn(&mut Vec<u8>), Error);

/// One fault at least for every error that validation can answer behind the frame.
fn faults() -> Vec<Fault> {
    vec![
        (
            "no operators",
            |b| header(b, |h| h.op_count = 0),
            Error::Count { count: 0 },
        ),
        (
            "too many",
            |b| header(b, |h| h.op_count = 1025),
            Error::Count { count: 1025 },
        ),
        (
            "a table far outside",
            |b| header(b, |h| h.ops = u32::MAX),
            Error::OutOfBlob { offset: u32::MAX },
        ),
        (
            "a name far outside",
            |b| op(b, 3, |op| op.name = 1 << 30),
            Error::OutOfBlob { offset: 1 << 30 },
        ),
        (
            "an oversized height",
            |b| tensor(b, 5, |t| t.height = 8193),
            Error::Dimension {
                tensor: 5,
                value: 8193,
            },
        ),
        (
            "an oversized width",
            |b| tensor(b, 0, |t| t.width = u16::MAX),
            Error::Dimension {
                tensor: 0,
                value: 65535,
            },
        ),
        (
            "no channels",
            |b| tensor(b, 1, |t| t.channels = 0),
            Error::Dimension {
                tensor: 1,
                value: 0,
            },
        ),
        (
            "a ring out of the arena",
            |b| tensor(b, 2, |t| t.ring_offset = 1 << 20),
            Error::Ring { tensor: 2 },
        ),
        (
            "a ring whose end overflows",
            |b| tensor(b, 2, |t| t.ring_offset = u32::MAX),
            Error::Ring { tensor: 2 },
        ),
        (
            "a ring without rows",
            |b| tensor(b, 4, |t| t.ring_rows = 0),
            Error::Ring { tensor: 4 },
        ),
        (
            "too many rows",
            |b| tensor(b, 8, |t| t.ring_rows = 3),
            Error::Ring { tensor: 8 },
        ),
        (
            "an unknown layout",
            |b| tensor(b, 6, |t| t.layout = 1),
            Error::Ring { tensor: 6 },
        ),
        (
            "a ring cut short that a later segment reads",
            |b| tensor(b, 5, |t| t.ring_rows = 3),
            Error::Ring { tensor: 5 },
        ),
        (
            "an unknown operator",
            |b| op(b, 4, |op| op.kind = 200),
            Error::UnknownOperator { op: 4, kind: 200 },
        ),
        (
            "an operand from the future",
            |b| op(b, 3, |op| op.input_a = 3),
            Error::Operand { op: 3, tensor: 3 },
        ),
        (
            "no operand",
            |b| op(b, 1, |op| op.input_a = NONE),
            Error::Operand {
                op: 1,
                tensor: NONE,
            },
        ),
        (
            "a reader that the tensor does not know",
            |b| tensor(b, 1, |t| t.last_reader = 2),
            Error::Operand { op: 3, tensor: 1 },
        ),
        (
            "no step",
            |b| op(b, 2, |op| op.step_rows = 0),
            Error::Parameters { op: 2 },
        ),
        (
            "two inputs",
            |b| op(b, 1, |op| op.kind = 0),
            Error::Parameters { op: 1 },
        ),
        (
            "weights outside",
            |b| params::<ConvParams>(b, 1, |p| p.weights = u32::MAX - 8),
            Error::Parameters { op: 1 },
        ),
        (
            "a kernel that overflows",
            |b| params::<ConvParams>(b, 1, |p| p.kernel_w = u16::MAX),
            Error::Parameters { op: 1 },
        ),
        (
            "too little scratch",
            |b| header(b, |h| h.scratch_bytes = 771),
            Error::Scratch { op: 2, need: 772 },
        ),
        (
            "the answer is no tensor",
            |b| output(b, |o| o.tensor = 11),
            Error::Contract,
        ),
        (
            "the answer is not kept",
            |b| output(b, |o| o.tensor = 6),
            Error::Contract,
        ),
        (
            "a segment that overlaps the one before",
            |b| segment(b, 1, |s| s.first_op = 5),
            Error::Segment { segment: 1 },
        ),
        (
            "a segment without operators",
            |b| segment(b, 2, |s| s.op_count = 0),
            Error::Segment { segment: 2 },
        ),
        (
            "operators without a segment",
            |b| header(b, |h| h.segment_count = 3),
            Error::Segment { segment: 3 },
        ),
        (
            "rings that share a byte",
            |b| tensor(b, 1, |t| t.ring_offset -= 1),
            Error::Overlap {
                tensor: 0,
                other: 1,
            },
        ),
        (
            "a ring below the window on it",
            |b| tensor(b, 0, |t| t.ring_rows = 2),
            Error::Stalled { segment: 0 },
        ),
        (
            "a step above its ring",
            |b| op(b, 3, |op| op.step_rows = 2),
            Error::Stalled { segment: 0 },
        ),
    ]
}

#[test]
fn every_fault_has_its_error() {
    let mut seen = BTreeSet::new();
    for (name, plant, expected) in faults() {
        let mut blob = every_op();
        plant(&mut blob);
        assert_eq!(refusal(&blob), expected, "{name}");
        let variant = format!("{expected:?}");
        seen.insert(variant.split(' ').next().map(String::from));
    }
    let variants = [
        "Count",
        "OutOfBlob",
        "Dimension",
        "Ring",
        "UnknownOperator",
        "Operand",
        "Parameters",
        "Scratch",
        "Contract",
        "Segment",
        "Overlap",
        "Stalled",
    ];
    for variant in variants {
        assert!(
            seen.contains(&Some(variant.to_string())),
            "no fault gives {variant}"
        );
    }
}

/// A net within every limit of its own that would run for weeks.
#[test]
fn too_much_work_is_refused() {
    let mut blob = every_op();
    header(&mut blob, |h| h.arena_bytes = u32::MAX);
    for index in [0, 1] {
        tensor(&mut blob, index, |t| {
            (t.height, t.width) = (8192, 8192);
        });
    }
    let weights = read_header(&blob).blob_bytes;
    let taps = 120u16;
    // The weights of a 120 × 120 kernel, 2 by 4 channels, behind everything else.
    blob.truncate(blob.len() - CHECKSUM_LEN);
    blob.resize(
        blob.len() + CHECKSUM_LEN + usize::from(taps) * usize::from(taps) * 8,
        0,
    );
    blob = reframe(&blob);
    header(&mut blob, |h| h.scratch_bytes = u32::MAX);
    op(&mut blob, 1, |op| (op.window_rows, op.pad_top) = (taps, 60));
    params::<ConvParams>(&mut blob, 1, |p| {
        (p.kernel_h, p.kernel_w, p.pad_left) = (taps, taps, 60);
        p.weights = weights - 4;
    });
    // What comes behind has to fit the large tensor too.
    for index in 2..4 {
        tensor(&mut blob, index, |t| (t.height, t.width) = (8192, 8192));
    }
    tensor(&mut blob, 4, |t| {
        (t.height, t.width) = (8192, 8192);
        t.ring_rows = 1;
    });
    op(&mut blob, 4, |op| op.pad_top = 0);
    params::<PadParams>(&mut blob, 4, |p| p.pad_left = 0);
    seal(&mut blob);
    assert_eq!(refusal(&blob), Error::TooMuchWork);
}
