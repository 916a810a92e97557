//! Products of two activations that are functions of one element of one and the same tensor.
//!
//! Swish, hard-swish, Mish and Gelu are written by exporters as a product of x and something that
//! is made of x, one element at a time. No pattern is looked for: both operands are followed back
//! to the nearest tensor that they have in common, and what lies between is composed, whatever it
//! is and whatever its constants. What something else reads on the way stays as it is.

use super::Importer;
use crate::Error;
use crate::function::Function;
use crate::graph::{Graph, Node, Op, TensorId};

/// Why a product is refused.
const REASON: &str = "a product of two activations is supported only where both are made of one tensor, element by element, as in x * sigmoid(x)";

impl Importer<'_> {
    /// Products become functions of one element, or are refused.
    pub(super) fn products(&mut self) -> Result<(), Error> {
        into_functions(&mut self.graph);
        let product = |node: &&Node| matches!(node.op, Op::Product);
        let Some(product) = self.graph.nodes.iter().find(product) else {
            return Ok(());
        };
        let name = &self.graph.tensors[product.output].name;
        let mut nodes = self.source.nodes().iter();
        let node = nodes.find(|node| node.output.contains(name));
        let node = node.ok_or_else(|| Error::Interface {
            reason: format!("no node makes '{name}'"),
        })?;
        Err(self.unsupported(node, REASON.into()))
    }
}

/// Turns every such product into one function.
fn into_functions(graph: &mut Graph) {
    for at in 0..graph.nodes.len() {
        let node = &graph.nodes[at];
        if !matches!(node.op, Op::Product) {
            continue;
        }
        let (first, second) = (node.inputs[0], node.inputs[1]);
        if let Some((root, function)) = common(&origins(graph, first), &origins(graph, second)) {
            let node = &mut graph.nodes[at];
            node.inputs = vec![root];
            node.op = Op::Function(function);
        }
    }
    graph.remove_dead();
}

/// The tensors that one is made of element by element, itself first, each with the function.
fn origins(graph: &Graph, tensor: TensorId) -> Vec<(TensorId, Function)> {
    let mut found = vec![(tensor, Function::Identity)];
    let mut last = (tensor, Function::Identity);
    while let Some(node) = graph.producer(last.0).map(|at| &graph.nodes[at]) {
        let Some(own) = node.op.function() else {
            break;
        };
        last = (node.inputs[0], own.clamped(node.clamp).then(last.1));
        found.push(last.clone());
    }
    found
}

/// The nearest tensor of both lists, and the product of the functions from there.
fn common(
    first: &[(TensorId, Function)],
    second: &[(TensorId, Function)],
) -> Option<(TensorId, Function)> {
    first.iter().find_map(|(root, one)| {
        let (_, other) = second.iter().find(|(tensor, _)| tensor == root)?;
        Some((*root, one.clone().times(other.clone())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Clamp;
    use crate::handmade::{affine, graph};

    const SIX: Clamp = Clamp { lo: 0.0, hi: 6.0 };

    fn value(graph: &Graph, node: usize, x: f64) -> f64 {
        match &graph.nodes[node].op {
            Op::Function(function) => function.apply(x),
            other => panic!("{other:?}"),
        }
    }

    fn recognized(nodes: Vec<(Op, Clamp, Vec<TensorId>)>) -> Graph {
        let mut graph = graph(nodes);
        into_functions(&mut graph);
        graph
    }

    /// x * clamp(x + shift).
    fn gated(shift: f32) -> Graph {
        recognized(vec![
            (affine([1.0; 2], shift), Clamp::NONE, vec![0]),
            (Op::Clamp, SIX, vec![1]),
            (Op::Product, Clamp::NONE, vec![0, 2]),
        ])
    }

    #[test]
    fn a_hard_swish_written_out_is_one_function() {
        let graph = gated(3.0);
        assert_eq!((graph.nodes.len(), &graph.nodes[0].inputs), (1, &vec![0]));
        for (x, expected) in [(-4.0, 0.0), (1.0, 4.0), (5.0, 30.0)] {
            assert_eq!(value(&graph, 0, x), expected);
        }
    }

    #[test]
    fn another_constant_is_another_function() {
        assert_eq!(value(&gated(2.0), 0, 1.0), 3.0);
    }

    #[test]
    fn what_else_is_read_on_the_way_stays() {
        let graph = recognized(vec![
            (Op::Function(Function::Sigmoid), Clamp::NONE, vec![0]),
            (Op::Product, Clamp::NONE, vec![1, 0]),
            (Op::Add, Clamp::NONE, vec![1, 2]),
        ]);
        assert_eq!(graph.nodes.len(), 3);
        assert_eq!(value(&graph, 0, 0.0), 0.5);
        assert_eq!(value(&graph, 1, 0.0), 0.0);
    }

    #[test]
    fn the_nearest_tensor_in_common_is_taken() {
        let graph = recognized(vec![
            (Op::Clamp, SIX, vec![0]),
            (Op::Function(Function::Tanh), Clamp::NONE, vec![1]),
            (Op::Product, Clamp::NONE, vec![1, 2]),
        ]);
        assert_eq!((graph.nodes.len(), &graph.nodes[1].inputs), (2, &vec![1]));
    }

    #[test]
    fn a_constant_for_each_channel_is_not_crossed() {
        let graph = recognized(vec![
            (affine([1.0, 2.0], 0.0), Clamp::NONE, vec![0]),
            (Op::Function(Function::Sigmoid), Clamp::NONE, vec![1]),
            (Op::Product, Clamp::NONE, vec![0, 2]),
        ]);
        assert_eq!(graph.nodes.len(), 3);
        assert!(matches!(graph.nodes[2].op, Op::Product));
    }
}
