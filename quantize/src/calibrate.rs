//! Calibration: what values every activation takes on typical images.
//!
//! The f32 net runs on every calibration image with all tensors of the folded graph as outputs;
//! a histogram of each is kept, and the mean of each channel.

use rayon::prelude::*;
use tract_onnx::prelude::*;

use crate::graph::{Graph, TensorId};
use crate::histogram::Histogram;
use crate::import::source::Source;
use crate::reference::{Feed, reference_error, values};
use crate::{Error, Watch};

/// What the calibration images showed.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// For each tensor of the graph; empty for the image itself.
    pub histograms: Vec<Histogram>,
    /// For each tensor of the graph, the image included, the mean of each channel.
    pub means: Vec<Vec<f64>>,
}

impl Calibration {
    /// What no images show of a graph.
    pub fn nothing(graph: &Graph) -> Self {
        Self {
            histograms: vec![Histogram::default(); graph.tensors.len()],
            means: vec![vec![]; graph.tensors.len()],
        }
    }
}

/// What one image, or several, showed of one tensor.
#[derive(Clone)]
struct Seen {
    histogram: Histogram,
    sums: Vec<f64>,
}

impl Seen {
    fn of(values: &[f32], channels: &[usize], count: usize) -> Self {
        let mut histogram = Histogram::default();
        histogram.record(values);
        let mut sums = vec![0.0; count];
        for (&value, &channel) in values.iter().zip(channels) {
            sums[channel] += f64::from(value);
        }
        Self { histogram, sums }
    }

    fn merge(mut self, other: Self) -> Self {
        for (sum, more) in self.sums.iter_mut().zip(&other.sums) {
            *sum += more;
        }
        Self {
            histogram: self.histogram.merge(other.histogram),
            sums: self.sums,
        }
    }
}

/// Runs the f32 net on all images.
///
/// # Errors
/// [`Error::NoImages`], [`Error::ImageSize`], [`Error::NotFinite`] and [`Error::Reference`].
pub fn calibrate(
    source: &Source,
    graph: &Graph,
    feed: &Feed,
    images: &[Vec<u8>],
    watch: &dyn Watch,
) -> Result<Calibration, Error> {
    if images.is_empty() {
        return Err(Error::NoImages);
    }
    watch.stage("calibrate", images.len() as u64);
    let tensors: Vec<TensorId> = graph.nodes.iter().map(|node| node.output).collect();
    let names: Vec<String> = tensors
        .iter()
        .map(|&tensor| graph.tensors[tensor].name.clone())
        .collect();
    let channels: Vec<Vec<usize>> = tensors
        .iter()
        .map(|&tensor| channel_of_each(graph, tensor))
        .collect();
    let model = source.runnable(&names)?;
    let one = |image: &Vec<u8>| {
        let outputs = model
            .run(tvec!(feed.tensor(image)?.into()))
            .map_err(reference_error)?;
        watch.step();
        let seen =
            outputs
                .iter()
                .zip(&channels)
                .zip(&tensors)
                .map(|((output, channels), &tensor)| {
                    let count = graph.shape(tensor).channels;
                    Ok(Seen::of(values(output)?, channels, count))
                });
        seen.collect::<Result<Vec<_>, Error>>()
    };
    let both = |one: Vec<Seen>, other: Vec<Seen>| {
        one.into_iter()
            .zip(other)
            .map(|(a, b)| a.merge(b))
            .collect()
    };
    // In chunks of a fixed size and order, so that sums of floats, and so the blob, come out the
    // same on every run and any number of cores.
    let chunks = images.par_chunks(8).map(|chunk| {
        let mut seen = chunk.iter().map(one);
        let first = seen.next().ok_or(Error::NoImages)??;
        seen.try_fold(first, |all, next| Ok(both(all, next?)))
    });
    let chunks: Vec<Vec<Seen>> = chunks.collect::<Result<_, Error>>()?;
    let all = chunks.into_iter().reduce(both).ok_or(Error::NoImages)?;
    let mut calibration = Calibration::nothing(graph);
    calibration.means[graph.input] = pixel_means(images, graph.shape(graph.input).channels);
    for (&tensor, seen) in tensors.iter().zip(all) {
        if !seen.histogram.is_finite() {
            let tensor = graph.tensors[tensor].name.clone();
            return Err(Error::NotFinite { tensor });
        }
        let shape = graph.shape(tensor);
        let count = (images.len() * shape.height * shape.width) as f64;
        calibration.means[tensor] = seen.sums.iter().map(|sum| sum / count).collect();
        calibration.histograms[tensor] = seen.histogram;
    }
    Ok(calibration)
}

/// The channel of each element of a tensor, in the order in which the reference gives them.
fn channel_of_each(graph: &Graph, tensor: TensorId) -> Vec<usize> {
    let shape = graph.shape(tensor);
    let places = graph.tensors[tensor].layout.to_hwc(&shape);
    places
        .into_iter()
        .map(|place| place % shape.channels)
        .collect()
}

fn pixel_means(images: &[Vec<u8>], channels: usize) -> Vec<f64> {
    let mut sums = vec![0u64; channels];
    for pixel in images.iter().flat_map(|image| image.chunks_exact(channels)) {
        for (sum, &value) in sums.iter_mut().zip(pixel) {
            *sum += u64::from(value);
        }
    }
    let pixels: usize = images.iter().map(|image| image.len() / channels).sum();
    sums.iter().map(|&sum| sum as f64 / pixels as f64).collect()
}
