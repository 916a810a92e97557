//! The roundings of a file that is quantized already: where the operator before one can round to
//! its steps by itself, it does.
//!
//! Every operator of the runtime rounds its result to its output's scale, so a rounding behind a
//! convolution, a sum or an average pool is none of its own: the tensor takes its scale. What is
//! left are roundings from one given scale to another, which are tables like any function.

use super::only_reader;
use crate::function::Function;
use crate::graph::{Clamp, Graph, Node, Op, Tensor, TensorId};
use crate::scale::Scale;

/// Folds every rounding that can go.
pub fn into_producers(graph: &mut Graph) {
    let mut at = 0;
    while at < graph.nodes.len() {
        if let Some(scale) = rounding(&graph.nodes[at])
            && take(graph, at, scale)
        {
            // Nodes moved: what was in front may be able to go on now.
            at = 0;
        } else {
            at += 1;
        }
    }
    graph.remove_dead();
}

/// The scale to which a node rounds, if it does nothing else.
pub fn rounding(node: &Node) -> Option<Scale> {
    match node.op {
        Op::Function(Function::Quantized(scale)) if node.clamp == Clamp::NONE => Some(scale),
        _ => None,
    }
}

/// Folds one rounding, or brings it nearer to where it can go; whether it did anything.
fn take(graph: &mut Graph, at: usize, scale: Scale) -> bool {
    let (input, output) = (graph.nodes[at].inputs[0], graph.nodes[at].output);
    if graph.given.get(&input) == Some(&scale) {
        bypass(graph, at);
        return true;
    }
    let Some(producer) = graph.producer(input) else {
        return same_of_another(graph, at, scale);
    };
    if graph.given.contains_key(&input) {
        return same_of_another(graph, at, scale);
    }
    match graph.nodes[producer].op {
        // Its scale is fixed, and hardly another: a share is never more than 1.
        Op::Softmax if shares(scale) => {
            bypass(graph, at);
            true
        }
        Op::Softmax | Op::ArgMax | Op::Function(_) => same_of_another(graph, at, scale),
        // A maximum of rounded elements is the rounded maximum, and zeros are whole steps.
        _ if copies(&graph.nodes[producer]) => {
            if source_scale(graph, input) == Some(scale) {
                bypass(graph, at);
                return true;
            }
            only_reader(graph, input) == Some(at) && before(graph, producer, at, scale)
        }
        _ => {
            if !agreed(graph, input, scale) {
                return same_of_another(graph, at, scale);
            }
            graph.tensors[input] = Tensor {
                shape: graph.tensors[input].shape,
                ..graph.tensors[output].clone()
            };
            graph.given.insert(input, scale);
            bypass(graph, at);
            true
        }
    }
}

/// Whether all that round a tensor do it alike. Who else reads it then reads it rounded.
fn agreed(graph: &Graph, tensor: TensorId, scale: Scale) -> bool {
    let readers = graph.readers(tensor).into_iter();
    let mut others = readers.filter_map(|reader| rounding(&graph.nodes[reader]));
    others.all(|other| other == scale)
}

/// Whether a scale is that of shares, as near as 255 and 256 steps are.
fn shares(scale: Scale) -> bool {
    let steps = 1.0 / scale.scale;
    (254.99..=256.01).contains(&steps) && scale.zero_point == Scale::SHARES.zero_point
}

/// Lets the readers of a rounding read what it reads.
fn bypass(graph: &mut Graph, at: usize) {
    let node = graph.nodes.remove(at);
    redirect(graph, node.output, node.inputs[0]);
}

/// Of two nodes that round a tensor alike, one is enough.
fn same_of_another(graph: &mut Graph, at: usize, scale: Scale) -> bool {
    let (input, output) = (graph.nodes[at].inputs[0], graph.nodes[at].output);
    let readers = graph.readers(input).into_iter();
    let first = readers
        .take_while(|&reader| reader < at)
        .find(|&reader| rounding(&graph.nodes[reader]) == Some(scale));
    let Some(first) = first else {
        return false;
    };
    let kept = graph.nodes[first].output;
    graph.nodes.remove(at);
    redirect(graph, output, kept);
    true
}

fn redirect(graph: &mut Graph, from: TensorId, to: TensorId) {
    for node in &mut graph.nodes {
        for input in node.inputs.iter_mut().filter(|input| **input == from) {
            *input = to;
        }
    }
    for output in graph.outputs.iter_mut() {
        if output.tensor == from {
            output.tensor = to;
        }
    }
    graph.given.remove(&from);
}

/// Whether a node's elements are those of its input. What puts tensors together can requantize.
fn copies(node: &Node) -> bool {
    node.op.keeps_scale() && node.inputs.len() == 1
}

/// The scale that the file gives to the tensor of which one is a copy.
fn source_scale(graph: &Graph, tensor: TensorId) -> Option<Scale> {
    let given = graph.given.get(&tensor).copied();
    given.or_else(|| {
        let node = &graph.nodes[graph.producer(tensor)?];
        copies(node).then(|| source_scale(graph, node.inputs[0]))?
    })
}

/// Moves a rounding in front of a node that copies elements.
fn before(graph: &mut Graph, producer: usize, at: usize, scale: Scale) -> bool {
    let source = graph.nodes[producer].inputs[0];
    // Rounded already, to other steps: this rounding is a table behind it.
    if graph.given.contains_key(&source) {
        return false;
    }
    let mut rounding = graph.nodes.remove(at);
    let rounded = graph.tensors.len();
    graph.tensors.push(graph.tensors[source].clone());
    graph.given.insert(rounded, scale);
    // The copy's tensor is the rounding's now, with the name of its rounded values.
    graph.nodes[producer].inputs[0] = rounded;
    graph.nodes[producer].output = rounding.output;
    rounding.inputs[0] = source;
    rounding.output = rounded;
    graph.nodes.insert(producer, rounding);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{PoolKind, Window};
    use crate::handmade::{graph, pointwise};
    use crate::scale::Element;

    const ONE: Scale = Scale {
        scale: 0.5,
        zero_point: 3,
        element: Element::Int8,
    };
    const OTHER: Scale = Scale {
        scale: 0.25,
        zero_point: 0,
        element: Element::Int8,
    };

    /// A graph of these operators, every rounding's tensor with its scale, after the pass.
    fn folded(ops: Vec<(Op, Vec<TensorId>)>) -> Graph {
        let nodes = ops
            .into_iter()
            .map(|(op, inputs)| (op, Clamp::NONE, inputs));
        let mut graph = graph(nodes.collect());
        let given = graph
            .nodes
            .iter()
            .filter_map(|node| Some((node.output, rounding(node)?)));
        graph.given = given.collect();
        into_producers(&mut graph);
        graph
    }

    fn to(scale: Scale) -> Op {
        Op::Function(Function::Quantized(scale))
    }

    fn pool() -> Op {
        let window = Window::plain([1, 1]);
        Op::Pool(PoolKind::Max, window)
    }

    fn names(graph: &Graph) -> Vec<&'static str> {
        graph.nodes.iter().map(|node| node.op.name()).collect()
    }

    #[test]
    fn a_convolution_rounds_by_itself() {
        let graph = folded(vec![(pointwise(), vec![0]), (to(ONE), vec![1])]);
        assert_eq!(graph.nodes.len(), 1);
        assert_eq!(graph.given.get(&graph.outputs[0].tensor), Some(&ONE));
    }

    #[test]
    fn a_second_rounding_to_the_same_steps_goes_and_to_others_stays() {
        let again = |scale| {
            folded(vec![
                (pointwise(), vec![0]),
                (to(ONE), vec![1]),
                (to(scale), vec![2]),
            ])
        };
        assert_eq!(again(ONE).nodes.len(), 1);
        let graph = again(OTHER);
        assert_eq!(rounding(&graph.nodes[1]), Some(OTHER));
        assert_eq!(graph.given.len(), 2);
    }

    #[test]
    fn a_maximum_of_rounded_elements_is_the_rounded_maximum() {
        let graph = folded(vec![
            (pointwise(), vec![0]),
            (pool(), vec![1]),
            (to(ONE), vec![2]),
        ]);
        assert_eq!(names(&graph), ["Conv", "MaxPool"]);
        let rounded = graph.nodes[0].output;
        assert_eq!(graph.given.get(&rounded), Some(&ONE));
    }

    #[test]
    fn a_maximum_of_other_steps_is_rounded_behind_it() {
        let graph = folded(vec![
            (pointwise(), vec![0]),
            (to(OTHER), vec![1]),
            (pool(), vec![2]),
            (to(ONE), vec![3]),
        ]);
        assert_eq!(graph.nodes.len(), 3);
        assert_eq!(rounding(&graph.nodes[2]), Some(ONE));
    }

    #[test]
    fn two_scales_for_one_tensor_are_two_tables() {
        let graph = folded(vec![
            (pointwise(), vec![0]),
            (to(ONE), vec![1]),
            (to(OTHER), vec![1]),
            (Op::Add, vec![2, 3]),
        ]);
        assert_eq!(graph.nodes.len(), 4);
        assert!(!graph.given.contains_key(&1));
    }
}
