//! A maximum between two changes of sign is a minimum: ONNX has no MinPool, so exporters write one
//! so.

use super::only_reader;
use crate::graph::{Clamp, Graph, Node, Op, PoolKind};

/// Recognizes every Neg, MaxPool, Neg whose parts nothing else reads on the way.
pub fn recognize(graph: &mut Graph) {
    let mut at = 0;
    while at < graph.nodes.len() {
        let Some((source, behind)) = negated(graph, at) else {
            at += 1;
            continue;
        };
        let removed = graph.nodes.remove(behind);
        let node = &mut graph.nodes[at];
        if let Op::Pool(kind, _) = &mut node.op {
            *kind = PoolKind::Min;
        }
        node.inputs = vec![source];
        node.output = removed.output;
        node.clamp = removed.clamp;
    }
    graph.remove_dead();
}

/// For a maximum with a change of sign before and behind it: what it reads before the first, and
/// the node of the second.
fn negated(graph: &Graph, at: usize) -> Option<(usize, usize)> {
    let node = &graph.nodes[at];
    if !matches!(node.op, Op::Pool(PoolKind::Max, _)) || node.clamp != Clamp::NONE {
        return None;
    }
    let before = &graph.nodes[graph.producer(node.inputs[0])?];
    let behind = only_reader(graph, node.output)?;
    let both = changes_sign(before) && before.clamp == Clamp::NONE;
    (both && changes_sign(&graph.nodes[behind])).then(|| (before.inputs[0], behind))
}

fn changes_sign(node: &Node) -> bool {
    let Op::Affine { scale, shift } = &node.op else {
        return false;
    };
    scale.iter().all(|&factor| factor == -1.0) && shift.iter().all(|&offset| offset == 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Window;
    use crate::handmade::{affine, graph};

    fn pool() -> Op {
        let window = Window::plain([2, 2]);
        Op::Pool(PoolKind::Max, window)
    }

    #[test]
    fn a_maximum_between_two_changes_of_sign_is_a_minimum() {
        let six = Clamp { lo: 0.0, hi: 6.0 };
        let mut graph = graph(vec![
            (affine([-1.0; 2], 0.0), Clamp::NONE, vec![0]),
            (pool(), Clamp::NONE, vec![1]),
            (affine([-1.0; 2], 0.0), six, vec![2]),
        ]);
        recognize(&mut graph);
        let [node] = graph.nodes.as_slice() else {
            panic!("{:?}", graph.nodes);
        };
        assert!(matches!(node.op, Op::Pool(PoolKind::Min, _)));
        assert_eq!((&node.inputs, node.output, node.clamp), (&vec![0], 3, six));
    }

    #[test]
    fn other_factors_stay() {
        let mut graph = graph(vec![
            (affine([-1.0, -2.0], 0.0), Clamp::NONE, vec![0]),
            (pool(), Clamp::NONE, vec![1]),
            (affine([-1.0; 2], 0.0), Clamp::NONE, vec![2]),
        ]);
        recognize(&mut graph);
        assert_eq!(graph.nodes.len(), 3);
    }
}
