//! Tensors that share one scale.
//!
//! Maxima, borders, picks and the like copy elements: another scale for the copy could only lose. What is
//! put side by side in one tensor shares that tensor's scale where nobody computes with the parts;
//! elsewhere the parts keep finer scales of their own, and are requantized as they are copied.

use crate::graph::{Graph, Op, TensorId};

/// For each tensor one that stands for its group.
pub fn leaders(graph: &Graph) -> Vec<TensorId> {
    let mut leaders: Vec<TensorId> = (0..graph.tensors.len()).collect();
    let (copying, computing): (Vec<_>, Vec<_>) =
        graph.nodes.iter().partition(|node| node.op.keeps_scale());
    for node in copying.iter().filter(|node| node.inputs.len() == 1) {
        join(&mut leaders, node.inputs[0], node.output);
    }
    // Groups with a scale that is given, or whose elements are computed with.
    let given = computing
        .iter()
        .filter(|node| matches!(node.op, Op::Softmax | Op::ArgMax));
    let given: Vec<TensorId> = given.map(|node| node.output).chain([graph.input]).collect();
    let read: Vec<TensorId> = computing
        .iter()
        .flat_map(|node| node.inputs.clone())
        .collect();
    let mut joined: Vec<TensorId> = Vec::new();
    for node in copying.iter().filter(|node| node.inputs.len() > 1) {
        joined.push(node.output);
        for &input in &node.inputs {
            let among = |tensors: &[TensorId]| {
                let mut tensors = tensors.iter();
                tensors.any(|&tensor| leaders[tensor] == leaders[input])
            };
            if !among(&given) && (among(&joined) || !among(&read)) {
                join(&mut leaders, input, node.output);
            }
        }
    }
    leaders
}

/// Makes one group of two tensors'.
fn join(leaders: &mut [TensorId], a: TensorId, b: TensorId) {
    let (from, to) = (leaders[b], leaders[a]);
    let members = leaders.iter_mut().filter(|leader| **leader == from);
    members.for_each(|leader| *leader = to);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Clamp, Gather};
    use crate::handmade::{graph, pointwise};

    fn concat() -> Op {
        Op::Gather(Gather::of_channels((0..4).map(Some)))
    }

    #[test]
    fn parts_that_are_only_put_together_share_a_scale() {
        let graph = graph(vec![
            (pointwise(), Clamp::NONE, vec![0]),
            (pointwise(), Clamp::NONE, vec![0]),
            (concat(), Clamp::NONE, vec![1, 2]),
            (pointwise(), Clamp::NONE, vec![3]),
        ]);
        let leaders = leaders(&graph);
        assert_eq!(leaders[1], leaders[3]);
        assert_eq!(leaders[2], leaders[3]);
        assert_ne!(leaders[0], leaders[3]);
        assert_ne!(leaders[4], leaders[3]);
    }

    #[test]
    fn a_part_that_is_computed_with_keeps_its_own() {
        let graph = graph(vec![
            (pointwise(), Clamp::NONE, vec![0]),
            (pointwise(), Clamp::NONE, vec![1]),
            (concat(), Clamp::NONE, vec![1, 2]),
            (concat(), Clamp::NONE, vec![3, 0]),
        ]);
        let leaders = leaders(&graph);
        assert_ne!(leaders[1], leaders[3]);
        assert_eq!(leaders[2], leaders[3]);
        assert_eq!(leaders[3], leaders[4], "a row of concatenations");
        assert_ne!(leaders[0], leaders[4], "pixels have a scale that is given");
    }
}
