//! The f32 truth: the ONNX net through tract, fed as its training fed it.

use std::borrow::Cow;
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

    /// How pixels are normalized.
    pub fn normalization(&self) -> &Normalization {
        &self.normalization
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

/// The values of a tensor that tract computed; integers, as an ArgMax makes them, as f32.
pub fn values(tensor: &Tensor) -> Result<Cow<'_, [f32]>, Error> {
    let slice = |tensor: &Tensor| {
        let plain = tensor.try_as_plain_ram()?;
        Ok(plain.as_slice::<f32>()?.to_vec())
    };
    if tensor.datum_type() == f32::datum_type() {
        let plain = tensor.try_as_plain_ram().map_err(reference_error)?;
        let values = plain.as_slice::<f32>().map_err(reference_error)?;
        return Ok(Cow::Borrowed(values));
    }
    let cast = tensor.cast_to::<f32>();
    let values = cast.and_then(|tensor| slice(&tensor));
    values.map(Cow::Owned).map_err(reference_error)
}

/// The f32 net, ready to run.
pub struct Reference {
    feed: Feed,
    model: Arc<TypedRunnableModel>,
    /// For each answer, the place in the blob of each of its values.
    to_hwc: Vec<Vec<usize>>,
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
        let values: Vec<String> = graph
            .outputs
            .iter()
            .map(|output| output.values.clone())
            .collect();
        Ok(Self {
            feed: Feed::new(source, imported, &normalization)?,
            model: source.runnable(&values)?,
            to_hwc: graph
                .outputs
                .iter()
                .map(|output| output.places.clone())
                .collect(),
        })
    }

    /// Runs it on an image of raw u8, HWC, red first, of the net's size: the first answer, in the
    /// order of the blob's output. May be called from many threads.
    ///
    /// # Errors
    /// The image has the wrong size.
    pub fn run(&self, image: &[u8]) -> Result<Vec<f32>, Error> {
        Ok(self.run_all(image)?.swap_remove(0))
    }

    /// As [`run`](Self::run): all answers, in the order of the blob's outputs.
    ///
    /// # Errors
    /// The image has the wrong size.
    pub fn run_all(&self, image: &[u8]) -> Result<Vec<Vec<f32>>, Error> {
        let input = self.feed.tensor(image)?;
        let outputs = self
            .model
            .run(tvec!(input.into()))
            .map_err(reference_error)?;
        let each = outputs.iter().zip(&self.to_hwc);
        each.map(|(output, to_hwc)| {
            let found = values(output)?;
            let mut ordered = vec![0.0; found.len()];
            for (value, &place) in found.iter().zip(to_hwc) {
                ordered[place] = *value;
            }
            Ok(ordered)
        })
        .collect()
    }

    /// Number of values of the first answer.
    pub fn output_len(&self) -> usize {
        self.output_lens().next().unwrap_or(0)
    }

    /// Number of values of each answer.
    pub fn output_lens(&self) -> impl Iterator<Item = usize> {
        self.to_hwc.iter().map(Vec::len)
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
