//! Relu and Clip into the operator before them: requantization clamps anyway.

use super::sole_reader;
use crate::graph::{Graph, Op};

/// Folds every clamp whose input nobody else needs.
pub fn into_producers(graph: &mut Graph) {
    let mut at = 0;
    while at < graph.nodes.len() {
        let node = &graph.nodes[at];
        let clamps = node.op.clamps();
        let reader = sole_reader(graph, node.output).filter(|_| clamps);
        let folds = |&reader: &usize| {
            let clamp = &graph.nodes[reader];
            // Rounding and clamping may change places where the steps stay the same.
            let given = graph.given.get(&node.output);
            let same_steps = given.is_none() || given == graph.given.get(&clamp.output);
            matches!(clamp.op, Op::Clamp) && same_steps
        };
        let Some(reader) = reader.filter(folds) else {
            at += 1;
            continue;
        };
        let removed = graph.nodes.remove(reader);
        let node = &mut graph.nodes[at];
        node.clamp = node.clamp.then(removed.clamp);
        node.output = removed.output;
    }
}
