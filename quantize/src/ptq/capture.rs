//! Tensors of the integer net on calibration images, as the runtime itself makes them.
//!
//! What a layer reads is wanted again and again while the layers are worked on one after another. So
//! the int8 of the last narrow place, a tensor that everything behind it is made of, are kept for
//! each image, and the part of the net behind it runs as a net of its own, with that tensor as its
//! image.

use std::ops::Range;

use rayon::prelude::*;
use tidbit::{Model, Session};

use super::ladder::Numbers;
use super::trial::whole_blob;
use crate::graph::{Graph, TensorId};
use crate::{Error, Normalization};

/// The most channels that the image of a blob may have.
const MOST_CHANNELS: usize = 255;

/// A tensor that everything behind it is made of, on each image.
pub struct Front {
    /// The tensor.
    tensor: TensorId,
    /// Its int8 as the pixels of an image are given: with the top bit flipped.
    images: Vec<Vec<u8>>,
}

impl Front {
    /// The images themselves.
    pub fn new(graph: &Graph, images: &[Vec<u8>]) -> Self {
        Self {
            tensor: graph.input,
            images: images.to_vec(),
        }
    }

    /// Whether it stands at this tensor.
    pub fn is_at(&self, tensor: TensorId) -> bool {
        self.tensor == tensor
    }

    /// For some of the images what `look` makes of the tensor it stands at, in order.
    pub fn values<T: Send>(
        &self,
        images: Range<usize>,
        look: impl Fn(usize, &[i8]) -> T + Sync,
    ) -> Vec<T> {
        let one = |image: usize| {
            let pixels = self.images[image].iter();
            let values: Vec<i8> = pixels.map(|pixel| (pixel ^ 0x80).cast_signed()).collect();
            look(image, &values)
        };
        images.into_par_iter().map(one).collect()
    }

    /// Moves on to the last tensor in front of node `end` that all later ones are made of, and that
    /// a blob can take as its image.
    ///
    /// # Errors
    /// What cannot be quantized.
    pub fn advance(&mut self, numbers: &Numbers, end: usize) -> Result<(), Error> {
        let Some(tensor) = narrow(&numbers.graph, end) else {
            return Ok(());
        };
        if tensor == self.tensor {
            return Ok(());
        }
        let capture = Capture::new(numbers, tensor, self)?;
        let pixels = |_: usize, values: &[i8]| -> Vec<u8> {
            let flipped = values.iter().map(|value| value.cast_unsigned() ^ 0x80);
            flipped.collect()
        };
        let places = 0..self.images.len();
        self.images = capture.run(self, places, pixels)?;
        self.tensor = tensor;
        Ok(())
    }
}

/// The last tensor made in front of node `end` which is alone in being read by that node or later
/// ones.
fn narrow(graph: &Graph, end: usize) -> Option<TensorId> {
    let alone = |place: &usize| {
        let tensor = graph.nodes[*place].output;
        let made = |input: &TensorId| graph.nodes[*place + 1..].iter().any(|n| n.output == *input);
        let later = graph.nodes[*place + 1..].iter();
        let alone = later
            .flat_map(|node| &node.inputs)
            .all(|input| *input == tensor || made(input));
        alone && graph.shape(tensor).channels <= MOST_CHANNELS
    };
    let place = (0..end).rev().find(alone)?;
    Some(graph.nodes[place].output)
}

/// The integer net from a front to a tensor.
pub struct Capture {
    blob: Vec<u8>,
}

impl Capture {
    /// Of the net up to this tensor.
    ///
    /// # Errors
    /// What cannot be quantized.
    pub fn new(numbers: &Numbers, tensor: TensorId, front: &Front) -> Result<Self, Error> {
        let mut part = numbers.clone();
        part.graph.input = front.tensor;
        let made_before = numbers.graph.producer(front.tensor);
        part.graph
            .nodes
            .drain(..made_before.map_or(0, |place| place + 1));
        part.graph.keep(&[tensor]);
        let channels = part.graph.shape(front.tensor).channels;
        let blob = whole_blob(&part, &Normalization::plain(channels))?;
        Ok(Self { blob })
    }

    /// Runs it on some of the images; for each what `look` makes of the tensor, in order.
    ///
    /// # Errors
    /// The runtime's, which would be a defect.
    pub fn run<T: Send>(
        &self,
        front: &Front,
        images: Range<usize>,
        look: impl Fn(usize, &[i8]) -> T + Sync,
    ) -> Result<Vec<T>, Error> {
        let model = Model::new(&self.blob)?;
        images
            .into_par_iter()
            .map_init(
                || vec![0; model.memory_bytes()],
                |memory, image| {
                    let mut session = Session::new(&model, memory)?;
                    let answer = session.run(&front.images[image])?;
                    Ok(look(image, answer.output()))
                },
            )
            .collect()
    }
}
