//! Functions of one element that follow each other become one: one table, rounded once.

use super::only_reader;
use crate::graph::{Graph, Op};

/// Merges neighbours of which the second is the only reader of the first, and makes a function of
/// what scales and shifts all channels alike.
pub fn merge(graph: &mut Graph) {
    for node in &mut graph.nodes {
        if let (Op::Affine { .. }, Some(function)) = (&node.op, node.op.function()) {
            node.op = Op::Function(function);
        }
    }
    let mut at = 0;
    while at < graph.nodes.len() {
        let node = &graph.nodes[at];
        let next = only_reader(graph, node.output);
        let both = next.and_then(|next| {
            let first = node.op.function()?.clamped(node.clamp);
            Some((next, first.then(graph.nodes[next].op.function()?)))
        });
        let Some((next, function)) = both else {
            at += 1;
            continue;
        };
        let removed = graph.nodes.remove(next);
        let node = &mut graph.nodes[at];
        node.op = Op::Function(function);
        node.clamp = removed.clamp;
        node.output = removed.output;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::Function;
    use crate::graph::Clamp;
    use crate::handmade::{affine, graph};

    const ONE: Clamp = Clamp { lo: 0.0, hi: 1.0 };

    #[test]
    fn a_row_of_functions_is_one_with_the_last_clamp() {
        let mut graph = graph(vec![
            (affine([0.5; 2], 1.0), ONE, vec![0]),
            (Op::Function(Function::Tanh), Clamp::NONE, vec![1]),
            (affine([2.0; 2], -1.0), ONE, vec![2]),
        ]);
        merge(&mut graph);
        let [node] = graph.nodes.as_slice() else {
            panic!("{:?}", graph.nodes);
        };
        let Op::Function(function) = &node.op else {
            panic!("{node:?}");
        };
        assert_eq!((node.clamp, node.output), (ONE, 3));
        assert_eq!(function.apply(-1.0), 2.0 * 0.5f64.tanh() - 1.0);
        assert_eq!(function.apply(7.0), 2.0 * 1.0f64.tanh() - 1.0);
    }

    #[test]
    fn what_several_read_and_what_differs_by_channel_stays() {
        let mut graph = graph(vec![
            (Op::Function(Function::Tanh), Clamp::NONE, vec![0]),
            (Op::Function(Function::Sigmoid), Clamp::NONE, vec![1]),
            (Op::Add, Clamp::NONE, vec![1, 2]),
            (affine([1.0, 2.0], 0.0), Clamp::NONE, vec![3]),
        ]);
        merge(&mut graph);
        assert_eq!(graph.nodes.len(), 4);
        assert!(matches!(graph.nodes[3].op, Op::Affine { .. }));
    }
}
