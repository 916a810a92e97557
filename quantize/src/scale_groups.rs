//! Tensors that share one scale.
//!
//! Maxima, borders, picks and the like copy elements: another scale for the copy could only lose. What is
//! put side by side in one tensor shares that tensor's scale where nobody computes with the parts;
//! elsewhere the parts keep finer scales of their own, and are requantized as they are copied.

use crate::graph::{Graph, Node, Op, TensorId};
use crate::scale::Scale;

/// For each tensor one that stands for its group.
pub fn leaders(graph: &Graph) -> Vec<TensorId> {
    let mut leaders: Vec<TensorId> = (0..graph.tensors.len()).collect();
    let (copying, computing): (Vec<_>, Vec<_>) =
        graph.nodes.iter().partition(|node| copies(graph, node));
    for node in copying.iter().filter(|node| node.inputs.len() == 1) {
        let (input, output) = (node.inputs[0], node.output);
        let known = known(graph, &leaders);
        let scales = [input, output].map(|tensor| known[leaders[tensor]]);
        if scales[0] == scales[1] || scales.contains(&None) {
            join(&mut leaders, input, output);
        }
    }
    // Elements that are computed with.
    let read: Vec<TensorId> = computing
        .iter()
        .flat_map(|node| node.inputs.clone())
        .collect();
    let mut joined: Vec<TensorId> = Vec::new();
    for node in copying.iter().filter(|node| node.inputs.len() > 1) {
        joined.push(node.output);
        take_given(graph, node, &mut leaders);
        for &input in &node.inputs {
            let among = |tensors: &[TensorId]| {
                let mut tensors = tensors.iter();
                tensors.any(|&tensor| leaders[tensor] == leaders[input])
            };
            let is_known = known(graph, &leaders)[leaders[input]].is_some();
            if !is_known && (among(&joined) || !among(&read)) {
                join(&mut leaders, input, node.output);
            }
        }
    }
    leaders
}

/// For each group's leader the scale that is known without calibration: given by the file, or of
/// pixels, shares and class numbers.
pub fn known(graph: &Graph, leaders: &[TensorId]) -> Vec<Option<Scale>> {
    let mut known = vec![None; graph.tensors.len()];
    known[leaders[graph.input]] = Some(Scale::PIXELS);
    for (&tensor, &scale) in &graph.given {
        known[leaders[tensor]] = Some(scale);
    }
    for node in &graph.nodes {
        match node.op {
            Op::Softmax => known[leaders[node.output]] = Some(Scale::SHARES),
            Op::ArgMax => known[leaders[node.output]] = Some(Scale::NUMBERS),
            _ => {}
        }
    }
    known
}

/// Whether a node's output has the elements of its input. A clamp of whole steps gives whole steps:
/// it is exact where its input's scale was given.
fn copies(graph: &Graph, node: &Node) -> bool {
    let given = |tensor: &TensorId| graph.given.contains_key(tensor);
    node.op.keeps_scale()
        || matches!(node.op, Op::Clamp) && given(&node.inputs[0]) && !given(&node.output)
}

/// Where the file gives all parts the same scale, and the whole none, the whole takes it.
fn take_given(graph: &Graph, node: &Node, leaders: &mut [TensorId]) {
    let known = known(graph, leaders);
    let scale = |tensor: TensorId| known[leaders[tensor]];
    let first = scale(node.inputs[0]);
    let alike = node.inputs.iter().all(|&input| scale(input) == first);
    if graph.has_given_scales() && first.is_some() && alike && scale(node.output).is_none() {
        join(leaders, node.inputs[0], node.output);
    }
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

    #[test]
    fn given_scales_part_groups_unless_they_are_the_same() {
        let concatenated = |scales: [f32; 2]| {
            let mut graph = graph(vec![
                (pointwise(), Clamp::NONE, vec![0]),
                (pointwise(), Clamp::NONE, vec![0]),
                (concat(), Clamp::NONE, vec![1, 2]),
            ]);
            let given = |scale| Scale {
                scale,
                ..Scale::PIXELS
            };
            graph.given = [(1, given(scales[0])), (2, given(scales[1]))].into();
            let leaders = leaders(&graph);
            let known = known(&graph, &leaders);
            [1, 2, 3].map(|tensor| known[leaders[tensor]].map(|scale| scale.scale))
        };
        assert_eq!(concatenated([0.5, 0.5]), [Some(0.5); 3]);
        assert_eq!(concatenated([0.5, 0.25]), [Some(0.5), Some(0.25), None]);
    }
}
