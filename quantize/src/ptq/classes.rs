//! Which tensors must be equalized together, and which can be.
//!
//! A convolution can multiply each of its output channels by a factor of its own, and one that
//! reads a tensor can divide each of its input channels again. Between the two may stand whatever
//! passes a positive factor on: a Relu, a pool, a border of zeros, an Add whose operands carry the
//! same factors. So tensors fall into classes that share one list of factors. An operator that is
//! not known here to pass factors on is a barrier: what it reads and makes keeps the factor 1.

use crate::function::Function;
use crate::graph::{Clamp, Graph, Node, Op, TensorId};

/// The classes of tensors that can be equalized, each in order of tensors.
pub fn classes(graph: &Graph) -> Vec<Vec<TensorId>> {
    let mut class: Vec<TensorId> = (0..graph.tensors.len()).collect();
    let mut fixed = vec![false; graph.tensors.len()];
    fixed[graph.input] = true;
    graph
        .outputs
        .iter()
        .for_each(|output| fixed[output.tensor] = true);
    for node in &graph.nodes {
        match role(node) {
            Role::Boundary => {}
            Role::Made => fixed[node.inputs[0]] = true,
            Role::Passes => {
                for &input in &node.inputs {
                    let (from, to) = (class[input], class[node.output]);
                    class.iter_mut().for_each(|own| {
                        if *own == from {
                            *own = to;
                        }
                    });
                }
            }
            Role::Barrier => {
                fixed[node.output] = true;
                node.inputs.iter().for_each(|&input| fixed[input] = true);
            }
        }
    }
    let alive = |tensor: &TensorId| graph.nodes.iter().any(|node| node.output == *tensor);
    let members = |root: TensorId| -> Vec<TensorId> {
        let tensors = (0..class.len()).filter(|&tensor| class[tensor] == root);
        tensors.filter(alive).collect()
    };
    (0..class.len())
        .map(members)
        .filter(|members| !members.is_empty() && members.iter().all(|&tensor| !fixed[tensor]))
        .collect()
}

/// What an operator does to the factors of what it reads.
enum Role {
    /// Takes in those of its input and gives its output factors of its own.
    Boundary,
    /// Takes none in, but can give its output some.
    Made,
    /// Its output has those of its inputs.
    Passes,
    /// Neither.
    Barrier,
}

fn role(node: &Node) -> Role {
    let Clamp { lo, hi } = node.clamp;
    let relu = lo == f32::NEG_INFINITY || lo == 0.0;
    let unbounded = relu && hi == f32::INFINITY;
    match &node.op {
        // Outside the image stands a pixel, which has no factors.
        Op::Conv(conv) if conv.pad_pixel.is_some() && relu => Role::Made,
        Op::Conv(_) if relu => Role::Boundary,
        Op::Add | Op::Pool(..) | Op::Pad(_) | Op::Clamp if unbounded => Role::Passes,
        Op::Function(Function::LeakyRelu { .. }) if unbounded => Role::Passes,
        _ => Role::Barrier,
    }
}

#[cfg(test)]
mod tests {
    use super::classes;
    use crate::graph::{Clamp, Op};
    use crate::handmade::{graph, pointwise};

    const SIX: Clamp = Clamp { lo: 0.0, hi: 6.0 };

    #[test]
    fn operands_of_an_add_go_together() {
        let graph = graph(vec![
            (pointwise(), Clamp::NONE, vec![0]),
            (pointwise(), SIX, vec![1]),
            (pointwise(), Clamp::NONE, vec![2]),
            (Op::Add, Clamp::NONE, vec![1, 3]),
            (pointwise(), Clamp::NONE, vec![4]),
        ]);
        assert_eq!(classes(&graph), [vec![2], vec![1, 3, 4]]);
    }

    #[test]
    fn a_barrier_fixes_what_it_touches() {
        let graph = graph(vec![
            (pointwise(), Clamp::NONE, vec![0]),
            (Op::Softmax, Clamp::NONE, vec![1]),
            (pointwise(), Clamp::NONE, vec![2]),
            (pointwise(), Clamp::NONE, vec![3]),
        ]);
        assert_eq!(classes(&graph), [vec![3]]);
    }
}
