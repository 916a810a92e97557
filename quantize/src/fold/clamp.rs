//! Relu and Clip into the operator before them: requantization clamps anyway.

use super::only_reader;
use crate::graph::{Graph, Op};

/// Folds every clamp whose input nobody else needs.
pub fn into_producers(graph: &mut Graph) {
    let mut at = 0;
    while at < graph.nodes.len() {
        let node = &graph.nodes[at];
        let clamps = !matches!(node.op, Op::Softmax | Op::Pad(_) | Op::Gather(_));
        let reader = only_reader(graph, node.output).filter(|_| clamps);
        let Some(reader) = reader.filter(|&reader| matches!(graph.nodes[reader].op, Op::Clamp))
        else {
            at += 1;
            continue;
        };
        let removed = graph.nodes.remove(reader);
        let node = &mut graph.nodes[at];
        node.clamp = node.clamp.then(removed.clamp);
        node.output = removed.output;
    }
}
