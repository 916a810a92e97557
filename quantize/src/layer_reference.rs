//! The f32 truth for every operator of a blob, so that a user sees where a net breaks.
//!
//! A blob does not say which tensor of the ONNX file an operator stands for. But import and fold
//! come to the same graph whenever they read the same file, and lowering says how many operators a
//! node becomes, of which the last makes its tensor. So the graph is made again, and the blob is held
//! against it: names and shapes have to be the same. The other operators of a node have no tensor in
//! the file, and so no truth.

use std::path::Path;

use tidbit::Model;
use tract_onnx::prelude::*;

use crate::activations::Activations;
use crate::fold::{fold, red_first_tensor};
use crate::graph::{Graph, Shape, TensorId};
use crate::import::{import, source::Source};
use crate::lower::operators;
use crate::reference::{Feed, values};
use crate::{Error, Normalization};

/// The f32 net, ready to give the truth for every operator of one blob.
pub struct LayerReference {
    activations: Activations,
    places: Vec<Place>,
    /// For each operator of the blob the node whose tensor it makes.
    nodes: Vec<Option<usize>>,
}

/// Where the elements of a tensor lie in what the f32 net gives.
struct Place {
    shape: Shape,
    /// Distances of neighbouring rows, columns and channels.
    strides: [usize; 3],
    /// Blue comes first there, and red in the blob.
    swaps: bool,
}

impl LayerReference {
    /// Loads the net of which `model` was made; `normalization` as the blob has it.
    ///
    /// # Errors
    /// What is wrong with the file; [`Error::OtherNet`] if the blob is not of this net.
    pub fn load(
        path: &Path,
        normalization: &Normalization,
        model: &Model<'_>,
    ) -> Result<Self, Error> {
        let source = Source::load(path)?;
        let imported = import(&source)?;
        let graph = &imported.graph;
        let normalization = normalization.spread(graph.shape(graph.input).channels)?;
        let feed = Feed::new(&source, &imported, &normalization)?;
        let graph = fold(graph.clone(), &normalization);
        let nodes = match_operators(&graph, model)?;
        let activations = Activations::new(&source, &graph, feed)?;
        let place = |&tensor: &TensorId| {
            let shape = graph.shape(tensor);
            let strides = graph.tensors[tensor].layout.strides(&shape);
            let swaps = red_first_tensor(&graph, &normalization) == Some(tensor);
            Place {
                shape,
                strides,
                swaps,
            }
        };
        Ok(Self {
            places: activations.tensors.iter().map(place).collect(),
            activations,
            nodes,
        })
    }

    /// Whether the f32 net has the values of what operator `index` makes.
    pub fn knows(&self, index: usize) -> bool {
        self.nodes.get(index).is_some_and(Option::is_some)
    }

    /// Runs the f32 net on an image of raw u8, HWC, red first, of the net's size. May be called from
    /// many threads.
    ///
    /// # Errors
    /// [`Error::ImageSize`] and [`Error::Reference`].
    pub fn run(&self, image: &[u8]) -> Result<LayerValues<'_>, Error> {
        let outputs = self.activations.run(image)?;
        for (output, place) in outputs.iter().zip(&self.places) {
            let (have, expected) = (values(output)?.len(), place.shape.elements());
            if have != expected {
                let reason = format!("a tensor has {have} values instead of {expected}");
                return Err(Error::Reference { reason });
            }
        }
        Ok(LayerValues {
            outputs,
            reference: self,
        })
    }
}

/// What the f32 net made of one image: the values of every operator.
pub struct LayerValues<'a> {
    outputs: TVec<TValue>,
    reference: &'a LayerReference,
}

impl LayerValues<'_> {
    /// Row `row` of what operator `index` makes, pixel after pixel, channels innermost, as the blob
    /// has it. `None` for the image itself (operator 0), for operators that make only a part of a
    /// node, and where there is no such row.
    pub fn row(&self, index: usize, row: usize) -> Option<Vec<f32>> {
        let at = (*self.reference.nodes.get(index)?)?;
        let Place {
            shape,
            strides,
            swaps,
        } = self.reference.places.get(at)?;
        let [down, right, deep] = *strides;
        let values = values(self.outputs.get(at)?).ok()?;
        let mut found = Vec::with_capacity(shape.width * shape.channels);
        for pixel in (0..shape.width).map(|column| row * down + column * right) {
            for channel in 0..shape.channels {
                let channel = if *swaps {
                    shape.channels - 1 - channel
                } else {
                    channel
                };
                found.push(*values.get(pixel + channel * deep)?);
            }
        }
        (row < shape.height).then_some(found)
    }
}

/// Makes sure that the blob's operators are the graph's; for each the node whose tensor it makes.
fn match_operators(graph: &Graph, model: &Model<'_>) -> Result<Vec<Option<usize>>, Error> {
    let mut nodes: Vec<Option<usize>> = vec![None];
    for (at, node) in graph.nodes.iter().enumerate() {
        nodes.resize(nodes.len() + operators(node) - 1, None);
        let index = nodes.len();
        nodes.push(Some(at));
        let net = described(&node.name, graph.shape(node.output));
        match in_blob(model, index) {
            Some(blob) if blob == net => {}
            blob => return Err(other(index, blob, Some(net))),
        }
    }
    match in_blob(model, nodes.len()) {
        None => Ok(nodes),
        more => Err(other(nodes.len(), more, None)),
    }
}

/// Operator `index` of a blob, as messages call it.
fn in_blob(model: &Model<'_>, index: usize) -> Option<String> {
    let index = u16::try_from(index).ok()?;
    let tables = model.tables();
    let op = tables.flow.ops.get(index)?;
    let name = tables.data.text(op.name, op.name_bytes.into())?;
    let tensor = tables.flow.tensors.get(index)?;
    let [height, width, channels] = [tensor.height, tensor.width, tensor.channels].map(usize::from);
    let shape = Shape {
        height,
        width,
        channels,
    };
    Some(described(name, shape))
}

/// An operator as messages call it.
fn described(name: &str, shape: Shape) -> String {
    format!("'{name}' ({shape})")
}

/// The error for the first operator that differs.
fn other(index: usize, blob: Option<String>, net: Option<String>) -> Error {
    let named = |operator: Option<String>| operator.unwrap_or_else(|| "none".into());
    Error::OtherNet {
        index,
        blob: named(blob),
        net: named(net),
    }
}
