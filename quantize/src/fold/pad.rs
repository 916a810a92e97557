//! Padding with zeros into the convolutions behind it.

use crate::graph::{Graph, Op, Padding};

/// Folds every padding that only convolutions read.
pub fn into_convolutions(graph: &mut Graph) {
    for at in 0..graph.nodes.len() {
        let node = &graph.nodes[at];
        let Op::Pad(padding) = node.op else {
            continue;
        };
        let (input, output) = (node.inputs[0], node.output);
        let readers = graph.readers(output);
        let all_convolutions = readers
            .iter()
            .all(|&reader| matches!(graph.nodes[reader].op, Op::Conv(_)));
        if graph.is_output(output) || !all_convolutions {
            continue;
        }
        for reader in readers {
            graph.nodes[reader].inputs = vec![input];
            if let Op::Conv(conv) = &mut graph.nodes[reader].op {
                let own = conv.window.padding;
                conv.window.padding = Padding {
                    top: own.top + padding.top,
                    left: own.left + padding.left,
                    bottom: own.bottom + padding.bottom,
                    right: own.right + padding.right,
                };
            }
        }
    }
    graph.remove_dead();
}
