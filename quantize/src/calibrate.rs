//! Calibration: what values every activation takes on typical images.
//!
//! The f32 net runs on every calibration image with all tensors of the folded graph as outputs;
//! a histogram of each is kept, and of each channel the extremes, the mean and the mean square.
//! Where a tensor was equalized ([`ptq::equalize`](crate::ptq::equalize)), its values are multiplied
//! by its factors first: calibration sees what the equalized graph computes.

use rayon::prelude::*;

use crate::activations::Activations;
use crate::fold::red_first_tensor;
use crate::graph::{Graph, TensorId};
use crate::histogram::Histogram;
use crate::import::source::Source;
use crate::reference::{Feed, values};
use crate::{Error, Watch};

/// What the calibration images showed.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// For each tensor of the graph; empty for the image itself.
    pub histograms: Vec<Histogram>,
    /// For each tensor of the graph, the image included, the mean of each channel.
    pub means: Vec<Vec<f64>>,
    /// For each tensor of the graph what each channel showed besides; empty for the image.
    pub channels: Vec<Vec<Channel>>,
    /// For each image, and each tensor of the graph, the mean of each channel; empty for the image
    /// itself.
    pub image_means: Vec<Vec<Vec<f32>>>,
}

impl Calibration {
    /// What no images show of a graph.
    pub fn nothing(graph: &Graph) -> Self {
        Self {
            histograms: vec![Histogram::default(); graph.tensors.len()],
            means: vec![vec![]; graph.tensors.len()],
            channels: vec![vec![]; graph.tensors.len()],
            image_means: vec![],
        }
    }

    /// What these images and others showed together.
    pub fn merge(&self, other: &Self) -> Self {
        let (own, more) = (
            self.image_means.len() as f64,
            other.image_means.len() as f64,
        );
        let mean = |one: f64, two: f64| (one * own + two * more) / (own + more);
        let tensors = 0..self.histograms.len();
        let channel = |(one, two): (&Channel, &Channel)| Channel {
            min: one.min.min(two.min),
            max: one.max.max(two.max),
            square: mean(one.square, two.square),
        };
        let channels = |tensor: usize| self.channels[tensor].iter().zip(&other.channels[tensor]);
        let means = |tensor: usize| self.means[tensor].iter().zip(&other.means[tensor]);
        Self {
            histograms: tensors
                .clone()
                .map(|at| {
                    self.histograms[at]
                        .clone()
                        .merge(other.histograms[at].clone())
                })
                .collect(),
            means: tensors
                .clone()
                .map(|at| means(at).map(|(&one, &two)| mean(one, two)).collect())
                .collect(),
            channels: tensors
                .map(|at| channels(at).map(channel).collect())
                .collect(),
            image_means: [&self.image_means[..], &other.image_means[..]].concat(),
        }
    }
}

/// What one channel of a tensor showed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Channel {
    /// Least value, or 0.
    pub min: f32,
    /// Greatest value, or 0.
    pub max: f32,
    /// Mean of the squares.
    pub square: f64,
}

/// What one image, or several, showed of one tensor.
#[derive(Clone)]
struct Seen {
    histogram: Histogram,
    sums: Vec<f64>,
    channels: Vec<Channel>,
    /// For each image, in order, the mean of each channel.
    means: Vec<Vec<f32>>,
}

impl Seen {
    /// Of one image: `channel_of` has the channel of each value, `factors` one for each channel.
    fn of(values: &[f32], channel_of: &[usize], factors: &[f32]) -> Self {
        let zero = Channel {
            min: 0.0,
            max: 0.0,
            square: 0.0,
        };
        let mut sums = vec![0.0; factors.len()];
        let mut channels = vec![zero; factors.len()];
        let equalized = values.iter().zip(channel_of).map(|(&value, &channel)| {
            let value = value * factors[channel];
            sums[channel] += f64::from(value);
            let seen = &mut channels[channel];
            seen.min = seen.min.min(value);
            seen.max = seen.max.max(value);
            seen.square += f64::from(value) * f64::from(value);
            value
        });
        let mut histogram = Histogram::default();
        histogram.record(&equalized.collect::<Vec<_>>());
        let pixels = (values.len() / factors.len().max(1)) as f64;
        let means = sums.iter().map(|sum| (sum / pixels) as f32).collect();
        Self {
            histogram,
            sums,
            channels,
            means: vec![means],
        }
    }

    fn merge(mut self, other: Self) -> Self {
        for (sum, more) in self.sums.iter_mut().zip(&other.sums) {
            *sum += more;
        }
        for (seen, more) in self.channels.iter_mut().zip(&other.channels) {
            seen.min = seen.min.min(more.min);
            seen.max = seen.max.max(more.max);
            seen.square += more.square;
        }
        self.means.extend(other.means);
        Self {
            histogram: self.histogram.merge(other.histogram),
            ..self
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
    let activations = Activations::new(source, graph, feed.clone())?;
    let tensors = &activations.tensors;
    let factors: Vec<Vec<f32>> = tensors
        .iter()
        .map(|&tensor| graph.tensors[tensor].factors())
        .collect();
    let red_first = red_first_tensor(graph, feed.normalization());
    let channels: Vec<Vec<usize>> = tensors
        .iter()
        .map(|&tensor| {
            let last = graph.shape(tensor).channels - 1;
            let of_each = channel_of_each(graph, tensor).into_iter();
            let swaps = red_first == Some(tensor);
            of_each
                .map(|channel| if swaps { last - channel } else { channel })
                .collect()
        })
        .collect();
    let one = |image: &Vec<u8>| {
        let outputs = activations.run(image)?;
        watch.step();
        let seen = outputs
            .iter()
            .zip(&channels)
            .zip(&factors)
            .map(|((output, channels), factors)| Ok(Seen::of(&values(output)?, channels, factors)));
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
    calibration.image_means = vec![vec![vec![]; graph.tensors.len()]; images.len()];
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
        calibration.channels[tensor] = seen.channels;
        for channel in &mut calibration.channels[tensor] {
            channel.square /= count;
        }
        for (of_image, means) in calibration.image_means.iter_mut().zip(seen.means) {
            of_image[tensor] = means;
        }
    }
    Ok(calibration)
}

/// The channel of each element of a tensor, in the order in which the reference gives them.
pub(crate) fn channel_of_each(graph: &Graph, tensor: TensorId) -> Vec<usize> {
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
