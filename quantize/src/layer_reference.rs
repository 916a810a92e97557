//! The f32 truth for every operator of a blob, so that a user sees where a net breaks.
//!
//! A blob does not say which tensor of the ONNX file an operator stands for. But import and fold
//! come to the same graph whenever they read the same file, and operator *i* of a blob is its node
//! *i* - 1. So the graph is made again, and the blob is held against it: operators, names and
//! shapes have to be the same.

use std::path::Path;

use tidbit::Model;
use tract_onnx::prelude::*;

use crate::activations::Activations;
use crate::fold::{fold, red_first_tensor};
use crate::graph::{Graph, Shape, TensorId};
use crate::import::{import, source::Source};
use crate::reference::{Feed, values};
use crate::{Error, Normalization};

/// The f32 net, ready to give the truth for every operator of one blob.
pub struct LayerReference {
    activations: Activations,
    places: Vec<Place>,
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
        match_operators(&graph, model)?;
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
        })
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
            places: &self.places,
        })
    }
}

/// What the f32 net made of one image: the values of every operator.
pub struct LayerValues<'a> {
    outputs: TVec<TValue>,
    places: &'a [Place],
}

impl LayerValues<'_> {
    /// Row `row` of what operator `index` makes, pixel after pixel, channels innermost, as the blob
    /// has it. `None` for the image itself (operator 0), and where there is no such row.
    pub fn row(&self, index: usize, row: usize) -> Option<Vec<f32>> {
        let at = index.checked_sub(1)?;
        let Place {
            shape,
            strides,
            swaps,
        } = self.places.get(at)?;
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

/// Makes sure that the blob's operators are the graph's.
fn match_operators(graph: &Graph, model: &Model<'_>) -> Result<(), Error> {
    let tables = model.tables();
    let in_blob = (1..tables.header.op_count).map(|index| {
        let op = tables.flow.ops.get(index)?;
        let name = tables.data.text(op.name, op.name_bytes.into())?;
        let tensor = tables.flow.tensors.get(index)?;
        let [height, width, channels] =
            [tensor.height, tensor.width, tensor.channels].map(usize::from);
        let shape = Shape {
            height,
            width,
            channels,
        };
        Some((name, shape))
    });
    let mut in_blob = in_blob.map(|found| described(found));
    let mut in_net = graph.nodes.iter().map(|node| {
        let shape = graph.shape(node.output);
        described(Some((node.name.as_str(), shape)))
    });
    for index in 1.. {
        let (blob, net) = match (in_blob.next(), in_net.next()) {
            (None, None) => break,
            (blob, net) if blob == net => continue,
            pair => pair,
        };
        let none = || described(None);
        return Err(Error::OtherNet {
            index,
            blob: blob.unwrap_or_else(none),
            net: net.unwrap_or_else(none),
        });
    }
    Ok(())
}

/// An operator as messages call it.
fn described(operator: Option<(&str, Shape)>) -> String {
    operator.map_or("none".into(), |(name, shape)| format!("'{name}' ({shape})"))
}
