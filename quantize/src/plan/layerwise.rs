//! The plan layer by layer: every operator is a segment of its own and makes all its rows in one
//! step; rings hold whole tensors. The yardstick for every other plan.

use super::draft::{Draft, can_accumulate, readers};
use super::pack::{Piece, pack};
use super::spacing::Spacing;
use super::{Plan, Ring};
use crate::lower::IntNet;

/// Plans layer by layer.
pub fn layerwise(net: &IntNet) -> Plan {
    let count = net.ops.len();
    let readers = readers(net);
    let span = |index: usize| index..=readers[index].1.unwrap_or(count).max(index);
    let rings: Vec<Ring> = (0..count)
        .map(|index| whole(net, index, readers[index]))
        .collect();
    let draft = Draft::new(net, &rings);
    let bytes = |index: usize| rings[index].rows * draft.ring_row_bytes(index);
    let mut spacing = Spacing::new(count);
    for a in 0..count {
        for b in 0..a {
            if span(b).contains(&a) {
                spacing.forbid_overlap(a, b, (bytes(a), bytes(b)));
            }
        }
    }
    let pieces: Vec<Piece> = (0..count)
        .map(|index| Piece {
            bytes: bytes(index),
            steps: (span(index).end() - index + 1) as u64,
        })
        .collect();
    let packed = pack(&pieces, &spacing, 0);
    let offsets = packed.offsets.into_iter();
    Plan {
        rings: offsets
            .zip(rings)
            .map(|(offset, ring)| Ring { offset, ..ring })
            .collect(),
        segments: vec![1; count],
        arena_bytes: packed.bytes,
        bound: None,
    }
}

/// The ring of a tensor that is made in one step.
fn whole(net: &IntNet, index: usize, readers: (usize, Option<usize>)) -> Ring {
    let op = &net.ops[index];
    let accumulates = can_accumulate(net, op);
    let step_rows = match (index, accumulates) {
        (0, _) => 1,
        (_, true) => net.ops[op.inputs[0]].shape.height,
        (_, false) => op.shape.height,
    };
    Ring {
        rows: op.shape.height,
        step_rows,
        accumulates,
        readers,
        ..Ring::default()
    }
}
