//! Tensors that share one scale.
//!
//! Maxima, borders, picks and the like copy elements: another scale for the copy could only lose. What is
//! put side by side in one tensor shares that tensor's scale where nobody computes with the parts;
//! elsewhere the parts keep finer scales of their own, and are requantized as they are copied. A row of
//! concatenations may have one scale, or each its own: which is better is for the judge of passes to say.

use crate::graph::{Clamp, Graph, Node, Op, TensorId};
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
            let joins = match among(&joined) {
                true => !graph.parts_apart,
                false => !among(&read),
            };
            if !is_known && joins {
                join(&mut leaders, input, node.output);
            }
        }
    }
    leaders
}

/// The graph with the other grouping of concatenations in rows, if it has any.
pub fn apart(graph: &Graph) -> Option<Graph> {
    let other = Graph {
        parts_apart: !graph.parts_apart,
        ..graph.clone()
    };
    (leaders(&other) != leaders(graph)).then_some(other)
}

/// For each group's leader the scale that is known without calibration: given by the file, of what is
/// left of a given one by a clamp, or of pixels, shares and class numbers.
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
            Op::Clamp => {
                let own = clamped(graph, node).filter(|scale| !in_whole_steps(node.clamp, *scale));
                if let Some(scale) = own {
                    known[leaders[node.output]] = Some(of_clamp(node.clamp, scale));
                }
            }
            _ => {}
        }
    }
    known
}

/// Whether a node's output has the elements of its input. A clamp of whole steps to whole steps gives
/// whole steps.
fn copies(graph: &Graph, node: &Node) -> bool {
    let whole = |scale: Scale| in_whole_steps(node.clamp, scale);
    node.op.keeps_scale() || clamped(graph, node).is_some_and(whole)
}

/// The given scale that a clamp reads, if it makes a tensor without one.
fn clamped(graph: &Graph, node: &Node) -> Option<Scale> {
    let given = |tensor: &TensorId| graph.given.get(tensor).copied();
    let own = matches!(node.op, Op::Clamp) && given(&node.output).is_none();
    given(&node.inputs[0]).filter(|_| own)
}

/// How far from a whole number of steps a bound may be: f32 quotients are off by less.
const WHOLE: f32 = 1e-3;

/// Whether the bounds of a clamp are whole steps of a scale, as far as its elements reach them.
fn in_whole_steps(clamp: Clamp, scale: Scale) -> bool {
    let (least, most) = reals(scale);
    [clamp.lo, clamp.hi].iter().all(|bound| {
        let steps = bound / scale.scale;
        *bound <= least || *bound >= most || (steps - steps.round()).abs() < WHOLE
    })
}

/// The scale of what a clamp leaves of another.
fn of_clamp(clamp: Clamp, scale: Scale) -> Scale {
    let (least, most) = reals(scale);
    let within = |bound: f32| bound.clamp(clamp.lo, clamp.hi);
    Scale::covering((within(least).min(0.0), within(most).max(0.0)))
}

/// The least and the greatest number that an element of a scale stands for.
fn reals(scale: Scale) -> (f32, f32) {
    let (least, most) = scale.element.limits();
    (scale.dequantize(least), scale.dequantize(most))
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
    use crate::graph::Gather;
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
        assert!(apart(&graph).is_none());
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
        let apart = super::leaders(&apart(&graph).expect("two in a row"));
        assert_eq!(apart[2], apart[3]);
        assert_ne!(apart[3], apart[4]);
    }

    #[test]
    fn a_clamp_keeps_a_given_scale_of_which_its_bounds_are_whole_steps() {
        let scale = |hi: f32| {
            let clamp = Clamp { lo: 0.0, hi };
            let mut graph = graph(vec![
                (pointwise(), Clamp::NONE, vec![0]),
                (Op::Clamp, clamp, vec![1]),
                (pointwise(), Clamp::NONE, vec![2]),
            ]);
            let given = Scale {
                scale: 0.25,
                zero_point: 0,
                ..Scale::PIXELS
            };
            graph.given = [(1, given)].into();
            let leaders = leaders(&graph);
            known(&graph, &leaders)[leaders[2]].map(|scale| (scale.scale, scale.zero_point))
        };
        assert_eq!(scale(6.0), Some((0.25, 0)));
        assert_eq!(scale(99.0), Some((0.25, 0)), "beyond its elements");
        assert_eq!(scale(5.1), Some((0.02, -128)));
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
