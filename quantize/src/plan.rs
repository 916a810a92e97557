//! The plan: where every tensor's ring lies, how many rows it holds, and what runs interleaved.
//!
//! This planner is the layer-by-layer one: every operator is a segment of its own, makes all its
//! rows in one step, and rings hold all rows. Offsets are packed by lifetime.

use crate::lower::IntNet;

/// Alignment of a ring in the arena, in bytes.
const ALIGN: usize = 8;

/// A tensor's ring and its place in the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ring {
    /// First byte in the arena.
    pub offset: usize,
    /// Rows that it holds.
    pub rows: usize,
    /// Rows that its operator makes in one step.
    pub step_rows: usize,
    /// First and last operator that read it; the last is `None` if the caller does.
    pub readers: (usize, Option<usize>),
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// For each operator the ring of its tensor.
    pub rings: Vec<Ring>,
    /// Number of operators of each segment.
    pub segments: Vec<usize>,
    /// Bytes of the arena.
    pub arena_bytes: usize,
}

/// A block of memory that is needed from one operator to another.
#[derive(Clone, Copy, Debug)]
struct Block {
    bytes: usize,
    from: usize,
    to: usize,
}

/// Plans layer by layer.
pub fn layerwise(net: &IntNet) -> Plan {
    let count = net.ops.len();
    let mut readers = vec![(usize::MAX, 0); count];
    for (index, op) in net.ops.iter().enumerate() {
        for &input in &op.inputs {
            let (first, last) = readers[input];
            readers[input] = (first.min(index), last.max(index));
        }
    }
    let kept = |index: usize| index == net.output || index == net.logits;
    let blocks: Vec<Block> = net
        .ops
        .iter()
        .enumerate()
        .map(|(index, op)| Block {
            bytes: op.shape.elements(),
            from: index,
            to: if kept(index) { count } else { readers[index].1 },
        })
        .collect();
    let (offsets, arena_bytes) = pack(&blocks);
    let rings = net.ops.iter().enumerate().map(|(index, op)| Ring {
        offset: offsets[index],
        rows: op.shape.height,
        step_rows: if index == 0 { 1 } else { op.shape.height },
        readers: (
            readers[index].0.min(count),
            (!kept(index)).then_some(readers[index].1),
        ),
    });
    Plan {
        rings: rings.collect(),
        segments: vec![1; count],
        arena_bytes,
    }
}

/// Offsets for blocks such that none that live at the same time overlap, and the bytes in all.
///
/// Each block goes to the lowest gap that takes it; several orders are tried (by size, by
/// lifetime × size, by start), and the best result kept.
fn pack(blocks: &[Block]) -> (Vec<usize>, usize) {
    let area = |block: &Block| block.bytes * (block.to - block.from + 1);
    let key = |order: usize, block: &Block| match order {
        0 => (usize::MAX - block.bytes, block.from),
        1 => (usize::MAX - area(block), block.from),
        _ => (block.from, usize::MAX - block.bytes),
    };
    let candidates = (0..3).map(|by| {
        let mut order: Vec<usize> = (0..blocks.len()).collect();
        order.sort_by_key(|&index| key(by, &blocks[index]));
        first_fit(blocks, &order)
    });
    candidates
        .min_by_key(|(_, bytes)| *bytes)
        .unwrap_or_default()
}

fn first_fit(blocks: &[Block], order: &[usize]) -> (Vec<usize>, usize) {
    let mut offsets = vec![0; blocks.len()];
    let mut placed: Vec<usize> = Vec::new();
    for &index in order {
        let block = &blocks[index];
        let mut taken: Vec<(usize, usize)> = placed
            .iter()
            .filter(|&&other| blocks[other].from <= block.to && block.from <= blocks[other].to)
            .map(|&other| (offsets[other], offsets[other] + blocks[other].bytes))
            .collect();
        taken.sort_unstable();
        let mut offset = 0;
        for (start, end) in taken {
            if offset + block.bytes <= start {
                break;
            }
            offset = offset.max(end.next_multiple_of(ALIGN));
        }
        offsets[index] = offset;
        placed.push(index);
    }
    let end = |index: usize| offsets[index] + blocks[index].bytes;
    let bytes = (0..blocks.len()).map(end).max().unwrap_or(0);
    (offsets, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_needs_its_two_greatest_neighbours() {
        let sizes = [64, 128, 32, 256, 8];
        let blocks: Vec<Block> = sizes
            .iter()
            .enumerate()
            .map(|(at, &bytes)| Block {
                bytes,
                from: at,
                to: at + 1,
            })
            .collect();
        let (offsets, bytes) = pack(&blocks);
        assert_eq!(bytes, 288);
        for at in 1..sizes.len() {
            let (a, b) = (offsets[at - 1], offsets[at]);
            assert!(a + sizes[at - 1] <= b || b + sizes[at] <= a);
        }
    }
}
