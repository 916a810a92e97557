//! Folding: everything that a convolution or its clamp can take in disappears into it.
//!
//! The passes run in a fixed order, one file each; every pass takes a graph and leaves one that
//! computes the same. What remains are the operators that the runtime has.

mod affine;
mod clamp;
mod functions;
mod gather;
mod given;
mod image;
mod min_pool;
mod normalize;
mod pad;

pub use image::red_first_tensor;

use crate::Normalization;
use crate::graph::{Graph, TensorId};

/// The name of the node that normalizes pixels, where no convolution takes that in.
pub const NORMALIZATION: &str = "normalization";

/// Runs all passes. `normalization` has one number for each channel of the input.
pub fn fold(mut graph: Graph, normalization: &Normalization) -> Graph {
    graph.remove_dead();
    min_pool::recognize(&mut graph);
    // A clamp that went into a convolution lets the constants behind it follow.
    for _ in 0..2 {
        affine::into_convolutions(&mut graph);
        clamp::into_producers(&mut graph);
    }
    given::into_producers(&mut graph);
    clamp::into_producers(&mut graph);
    functions::merge(&mut graph);
    gather::merge(&mut graph);
    pad::into_convolutions(&mut graph);
    normalize::into_weights(&mut graph, normalization);
    affine::into_depthwise(&mut graph);
    graph.remove_dead();
    graph
}

/// The one node that reads a tensor which nothing else needs, and to which the file gives no scale:
/// where it does, a rounding stands between the two nodes, and they do not become one.
fn only_reader(graph: &Graph, tensor: TensorId) -> Option<usize> {
    sole_reader(graph, tensor).filter(|_| !graph.given.contains_key(&tensor))
}

/// The one node that reads a tensor which nothing else needs.
fn sole_reader(graph: &Graph, tensor: TensorId) -> Option<usize> {
    match graph.readers(tensor).as_slice() {
        [reader] if !graph.is_output(tensor) => Some(*reader),
        _ => None,
    }
}
