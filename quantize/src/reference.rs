//! The f32 truth: the ONNX net through tract, fed as its training fed it.

use std::path::Path;
use std::sync::Arc;

use tract_onnx::prelude::*;

use crate::graph::Shape;
use crate::import::layout::Layout;
use crate::import::source::Source;
use crate::import::{Imported, import};
use crate::{Error, Normalization};

/// Turns raw pixels into the tensor that an f32 net takes.
#[derive(Clone, Debug)]
pub struct Feed {
    dims: Vec<usize>,
    shape: Shape,
    layout: Layout,
    normalization: Normalization,
}

impl Feed {
    /// For a net; `normalization` has one number for each channel.
    pub fn new(
        source: &Source,
        imported: &Imported,
        normalization: &Normalization,
    ) -> Result<Self, Error> {
        let (_, dims) = source.input()?;
        Ok(Self {
            shape: imported.input_layout.shape_of(&dims),
            layout: imported.input_layout.clone(),
            normalization: normalization.clone(),
            dims,
        })
    }

    /// The tensor for an image of raw u8, HWC, red first.
    pub fn tensor(&self, image: &[u8]) -> Result<Tensor, Error> {
        let (have, expected) = (image.len(), self.shape.elements());
        if have != expected {
            return Err(Error::ImageSize { have, expected });
        }
        let channels = self.shape.channels;
        let Normalization { mean, std, bgr } = &self.normalization;
        let value = |place: usize| {
            let channel = place % channels;
            let source = if *bgr {
                place - channel + channels - 1 - channel
            } else {
                place
            };
            (f32::from(image[source]) - mean[channel]) / std[channel]
        };
        let values: Vec<f32> = self
            .layout
            .to_hwc(&self.shape)
            .into_iter()
            .map(value)
            .collect();
        Tensor::from_shape(&self.dims, &values).map_err(reference_error)
    }
}

/// An [`Error::Reference`] of what tract says.
pub fn reference_error(error: TractError) -> Error {
    Error::Reference {
        reason: format!("{error:#}"),
    }
}

/// The values of a tensor that tract computed.
pub fn values(tensor: &Tensor) -> Result<&[f32], Error> {
    tensor
        .try_as_plain_ram()
        .and_then(|plain| plain.as_slice::<f32>())
        .map_err(reference_error)
}

/// The f32 net, ready to run.
pub struct Reference {
    feed: Feed,
    model: Arc<TypedRunnableModel>,
    to_hwc: Vec<usize>,
}

impl Reference {
    /// Loads a net; `normalization` as the user gave it to the quantization.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn load(path: &Path, normalization: &Normalization) -> Result<Self, Error> {
        let source = Source::load(path)?;
        let imported = import(&source)?;
        Self::new(&source, &imported, normalization)
    }

    pub(crate) fn new(
        source: &Source,
        imported: &Imported,
        normalization: &Normalization,
    ) -> Result<Self, Error> {
        let graph = &imported.graph;
        let normalization = normalization.spread(graph.shape(graph.input).channels)?;
        Ok(Self {
            feed: Feed::new(source, imported, &normalization)?,
            model: source.runnable(&[source.output()?])?,
            to_hwc: imported.output_layout.to_hwc(&graph.shape(graph.output)),
        })
    }

    /// Runs it on an image of raw u8, HWC, red first, of the net's size; the answer is in the order
    /// of the blob's output. May be called from many threads.
    ///
    /// # Errors
    /// The image has the wrong size.
    pub fn run(&self, image: &[u8]) -> Result<Vec<f32>, Error> {
        let input = self.feed.tensor(image)?;
        let outputs = self
            .model
            .run(tvec!(input.into()))
            .map_err(reference_error)?;
        let found = values(&outputs[0])?;
        let mut ordered = vec![0.0; found.len()];
        for (value, &place) in found.iter().zip(&self.to_hwc) {
            ordered[place] = *value;
        }
        Ok(ordered)
    }

    /// Number of values of an answer.
    pub fn output_len(&self) -> usize {
        self.to_hwc.len()
    }

    /// The image that the net takes: rows, columns, channels.
    pub fn input_shape(&self) -> tidbit::ImageShape {
        image_shape(&self.feed.shape)
    }
}

/// The runtime's name for an image's shape.
pub fn image_shape(shape: &Shape) -> tidbit::ImageShape {
    let small = |size: usize| u16::try_from(size).unwrap_or(u16::MAX);
    tidbit::ImageShape {
        height: small(shape.height),
        width: small(shape.width),
        channels: small(shape.channels),
    }
}
