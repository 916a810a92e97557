//! All activations of the f32 net on an image: what calibration learns ranges from, and what the
//! layers of a blob are held against.

use std::sync::Arc;

use tract_onnx::prelude::*;

use crate::Error;
use crate::graph::{Graph, TensorId};
use crate::import::source::Source;
use crate::reference::{Feed, reference_error};

/// The f32 net with every tensor of a graph as an output.
pub struct Activations {
    feed: Feed,
    model: Arc<TypedRunnableModel>,
    /// The tensors, in the order in which [`run`](Self::run) gives them: that of the nodes.
    pub tensors: Vec<TensorId>,
}

impl Activations {
    /// For a graph of this file.
    ///
    /// # Errors
    /// [`Error::Reference`].
    pub fn new(source: &Source, graph: &Graph, feed: Feed) -> Result<Self, Error> {
        let tensors: Vec<TensorId> = graph.nodes.iter().map(|node| node.output).collect();
        let name = |&tensor: &TensorId| graph.tensors[tensor].name.clone();
        let names: Vec<String> = tensors.iter().map(name).collect();
        Ok(Self {
            feed,
            model: source.runnable(&names)?,
            tensors,
        })
    }

    /// The values of every tensor on an image of raw u8, HWC, red first, each in the order of its
    /// [`Layout`](crate::import::layout::Layout). May be called from many threads.
    ///
    /// # Errors
    /// [`Error::ImageSize`] and [`Error::Reference`].
    pub fn run(&self, image: &[u8]) -> Result<TVec<TValue>, Error> {
        let input = self.feed.tensor(image)?;
        self.model.run(tvec!(input.into())).map_err(reference_error)
    }
}
