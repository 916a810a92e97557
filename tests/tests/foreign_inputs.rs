//! Operators of two inputs as a broken or hostile host might have written them: each fault in their
//! parameters or shapes is refused.

use tidbit::blob::{GatherParams, MulParams, OpKind};
use tidbit::{Error, Model};
use tidbit_tests::single::variants;
use tidbit_tests::surgery::{at, op, params, tensor};

/// A fault, and what plants it in a blob whose operator 1 is the one.
type Fault = (&'static str, fn(&mut Vec<u8>));

fn refused(kind: OpKind, faults: &[Fault]) {
    for (variant, blob) in variants(kind).iter().enumerate() {
        assert!(Model::new(blob).is_ok(), "{kind:?} {variant}");
        for (name, plant) in faults {
            let mut broken = blob.clone();
            plant(&mut broken);
            let error = Model::new(&broken).map(|_| ()).expect_err(name);
            assert_eq!(
                error,
                Error::Parameters { op: 1 },
                "{kind:?} {variant}: {name}"
            );
        }
    }
}

#[test]
fn faults_of_a_product_are_refused() {
    refused(
        OpKind::Mul,
        &[
            ("a long shift", |b| {
                params(b, 1, |p: &mut MulParams| p.shift = 31)
            }),
            ("bounds in the wrong order", |b| {
                params(b, 1, |p: &mut MulParams| (p.lo, p.hi) = (3, 2));
            }),
            ("bounds beyond int8", |b| {
                params(b, 1, |p: &mut MulParams| p.hi = 128)
            }),
            ("a window", |b| op(b, 1, |op| op.window_rows = 2)),
            ("operands that are smaller than the output", |b| {
                // The image, of one row: nothing else looks at its height.
                tensor(b, 0, |t| (t.height, t.ring_rows) = (1, 1));
            }),
            ("operands of half as many channels", |b| {
                tensor(b, 0, |t| t.channels = 2)
            }),
        ],
    );
}

#[test]
fn faults_of_a_pick_are_refused() {
    fn map(blob: &mut [u8]) -> usize {
        let mut offset = 0;
        params(blob, 1, |p: &mut GatherParams| offset = p.map);
        offset as usize
    }
    refused(
        OpKind::Gather,
        &[
            ("a channel that no input has", |b| {
                // The image is both inputs of one of the variants: channels 0 to 7.
                let at_map = map(b);
                b[at_map] = 8;
                at(b, 0, |_: &mut tidbit::blob::Header| {});
            }),
            ("a map outside the blob", |b| {
                params(b, 1, |p: &mut GatherParams| p.map = u32::MAX);
            }),
            ("a table outside the blob", |b| {
                params(b, 1, |p: &mut GatherParams| p.table_b = u32::MAX);
            }),
            ("columns that never move on", |b| {
                params(b, 1, |p: &mut GatherParams| p.stride_w = 0);
            }),
            ("columns beyond the last", |b| {
                params(b, 1, |p: &mut GatherParams| p.first_column = 2);
            }),
            ("rows that never move on", |b| {
                op(b, 1, |op| op.stride_rows = 0)
            }),
            ("rows beyond the last", |b| {
                op(b, 1, |op| op.window_rows = 3)
            }),
            ("no window", |b| op(b, 1, |op| op.window_rows = 0)),
            ("padding", |b| op(b, 1, |op| op.pad_top = 1)),
        ],
    );
}
