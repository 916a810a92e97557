//! The plan layer by layer: every operator is a segment of its own and makes all its rows in one
//! step; rings hold whole tensors. The yardstick for every other plan.

use super::draft::readers;
use super::pack::{Piece, pack};
use super::spacing::Spacing;
use super::{Plan, Ring};
use crate::lower::IntNet;

/// Plans layer by layer.
pub fn layerwise(net: &IntNet) -> Plan {
    let count = net.ops.len();
    let readers = readers(net);
    let span = |index: usize| index..=readers[index].1.unwrap_or(count).max(index);
    let mut spacing = Spacing::new(count);
    for a in 0..count {
        for b in 0..a {
            if span(b).contains(&a) {
                spacing.forbid_overlap(a, b, (net.ops[a].shape.elements(), net.ops[b].shape.elements()));
            }
        }
    }
    let pieces: Vec<Piece> = (0..count)
        .map(|index| Piece {
            bytes: net.ops[index].shape.elements(),
            steps: (span(index).end() - index + 1) as u64,
        })
        .collect();
    let packed = pack(&pieces, &spacing, 0);
    let ring = |index: usize| Ring {
        offset: packed.offsets[index],
        rows: net.ops[index].shape.height,
        step_rows: if index == 0 {
            1
        } else {
            net.ops[index].shape.height
        },
        readers: readers[index],
        ..Ring::default()
    };
    Plan {
        rings: (0..count).map(ring).collect(),
        segments: vec![1; count],
        arena_bytes: packed.bytes,
        bound: None,
    }
}
