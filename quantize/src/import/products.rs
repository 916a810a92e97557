//! Sums and products of two activations that are functions of one element of one and the same
//! tensor.
//!
//! Swish, hard-swish, Mish and Gelu are written by exporters as a product of x and something that
//! is made of x, one element at a time. No pattern is looked for: both operands are followed back
//! to the nearest tensor that they have in common, and what lies between is composed, whatever it
//! is and whatever its constants. What something else reads on the way stays as it is, and so does
//! what is made of two tensors, such as an image and its gates.

use crate::function::Function;
use crate::graph::{Graph, Op, TensorId};

/// Turns node `at` into one function, if it is such a sum, difference or product.
pub fn into_function(graph: &mut Graph, at: usize) {
    let node = &graph.nodes[at];
    let combine = match node.op {
        Op::Mul => Function::times,
        Op::Add => Function::plus,
        Op::Sub => Function::minus,
        _ => return,
    };
    if let Some((root, functions)) = of_one(graph, &node.inputs)
        && let Ok([one, other]) = <[Function; 2]>::try_from(functions)
    {
        let node = &mut graph.nodes[at];
        node.inputs = vec![root];
        node.op = Op::Function(combine(one, other));
    }
}

/// The nearest tensor that all of these are made of, one element at a time, and the functions from
/// there.
pub fn of_one(graph: &Graph, tensors: &[TensorId]) -> Option<(TensorId, Vec<Function>)> {
    let all: Vec<_> = tensors
        .iter()
        .map(|&tensor| origins(graph, tensor))
        .collect();
    all.first()?.iter().find_map(|(root, _)| {
        let from_root = |origins: &Vec<(TensorId, Function)>| {
            let found = origins.iter().find(|(tensor, _)| tensor == root);
            found.map(|(_, function)| function.clone())
        };
        Some((*root, all.iter().map(from_root).collect::<Option<_>>()?))
    })
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
        (0..graph.nodes.len()).for_each(|at| into_function(&mut graph, at));
        graph.remove_dead();
        graph
    }

    /// x * clamp(x + shift).
    fn gated(shift: f32) -> Graph {
        recognized(vec![
            (affine([1.0; 2], shift), Clamp::NONE, vec![0]),
            (Op::Clamp, SIX, vec![1]),
            (Op::Mul, Clamp::NONE, vec![0, 2]),
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
            (Op::Mul, Clamp::NONE, vec![1, 0]),
            (crate::handmade::pointwise(), Clamp::NONE, vec![1]),
            (Op::Add, Clamp::NONE, vec![2, 3]),
        ]);
        assert_eq!(graph.nodes.len(), 4);
        assert_eq!(value(&graph, 0, 0.0), 0.5);
        assert_eq!(value(&graph, 1, 0.0), 0.0);
    }

    #[test]
    fn the_nearest_tensor_in_common_is_taken() {
        let graph = recognized(vec![
            (Op::Clamp, SIX, vec![0]),
            (Op::Function(Function::Tanh), Clamp::NONE, vec![1]),
            (Op::Mul, Clamp::NONE, vec![1, 2]),
        ]);
        assert_eq!((graph.nodes.len(), &graph.nodes[1].inputs), (2, &vec![1]));
    }

    #[test]
    fn sums_and_differences_are_functions_too() {
        for (op, expected) in [(Op::Add, 0.5), (Op::Sub, -0.5)] {
            let graph = recognized(vec![
                (Op::Function(Function::Sigmoid), Clamp::NONE, vec![0]),
                (op, Clamp::NONE, vec![0, 1]),
            ]);
            assert_eq!(graph.nodes.len(), 1);
            assert_eq!(value(&graph, 0, 0.0), expected);
        }
    }

    #[test]
    fn a_constant_for_each_channel_is_not_crossed() {
        let graph = recognized(vec![
            (affine([1.0, 2.0], 0.0), Clamp::NONE, vec![0]),
            (Op::Function(Function::Sigmoid), Clamp::NONE, vec![1]),
            (Op::Mul, Clamp::NONE, vec![0, 2]),
        ]);
        assert_eq!(graph.nodes.len(), 3);
        assert!(matches!(graph.nodes[2].op, Op::Mul));
    }
}
