//! Folding: everything that a convolution or its clamp can take in disappears into it.
//!
//! The passes run in a fixed order, one file each; every pass takes a graph and leaves one that
//! computes the same. What remains are the operators that the runtime has.

mod affine;
mod clamp;
mod functions;
mod gather;
mod min_pool;
mod normalize;
mod pad;

use crate::Normalization;
use crate::graph::{Graph, TensorId};

/// Runs all passes. `normalization` has one number for each channel of the input.
pub fn fold(mut graph: Graph, normalization: &Normalization) -> Graph {
    graph.remove_dead();
    min_pool::recognize(&mut graph);
    // A clamp that went into a convolution lets the constants behind it follow.
    for _ in 0..2 {
        affine::into_convolutions(&mut graph);
        clamp::into_producers(&mut graph);
    }
    functions::merge(&mut graph);
    gather::merge(&mut graph);
    pad::into_convolutions(&mut graph);
    normalize::into_weights(&mut graph, normalization);
    affine::into_depthwise(&mut graph);
    graph.remove_dead();
    graph
}

/// The one node that reads a tensor which nothing else needs.
fn only_reader(graph: &Graph, tensor: TensorId) -> Option<usize> {
    match graph.readers(tensor).as_slice() {
        [reader] if !graph.is_output(tensor) => Some(*reader),
        _ => None,
    }
}
