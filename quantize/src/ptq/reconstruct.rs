//! Weights by layer-wise reconstruction: each convolution answers what the f32 net answers, on the
//! inputs that the *integer* net gives it.
//!
//! The layers in front have been quantized already and err; the weights of this one are wanted such
//! that its answers to those inputs are nearest to the f32 net's, and then rounded for the same
//! inputs ([`rounding`](super::rounding)). That is the asymmetric reconstruction of Nagel, Amjad, van
//! Baalen, Louizos and Blankevoort, "Up or Down? Adaptive Rounding for Post-Training Quantization"
//! (ICML 2020), with the closed form of a linear layer in place of gradient descent. The bias makes
//! the mean of each channel exact.
//!
//! With few samples the wanted change of the weights would follow chance. How far it is believed is
//! found by cross-validation: a change that half of the images asks for must serve the other half.
//! Everything is deterministic.

use std::collections::BTreeMap;

use rayon::prelude::*;
use tract_onnx::prelude::*;

use super::capture::{Capture, Front};
use super::ladder::{Material, Numbers};
use super::matrix::dot;
use super::moments::{Centred, Moments, answers};
use super::rounding::{Rounder, Row};
use super::samples::{patches, places};
use crate::Error;
use crate::graph::{Conv, Graph, Node, Op, TensorId};
use crate::lower::{Rounded, weight_scale};
use crate::reference::{reference_error, values};
use crate::scale::Scale;

/// Longest row of weights that is reconstructed: beyond it the moments are too large.
pub const LONGEST: usize = 4608;
/// Images that run before their samples are taken in.
const BATCH: usize = 16;
/// Steps of the weights that are tried, as parts of the one with which nothing is clipped.
const CLIPS: [f64; 4] = [1.0, 0.94, 0.87, 0.8];

/// How strongly the wanted weights are held to the f32 net's, in parts of the inputs' energy.
const RIDGES: [f64; 4] = [0.01, 0.1, 1.0, 10.0];

/// How much work goes into it.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Images that are looked at.
    pub images: usize,
    /// Samples of each convolution, at most.
    pub samples: usize,
}

/// Output channels with their biases.
type Rows = Vec<(Row, f64)>;

/// A convolution that is reconstructed.
struct Layer<'a> {
    conv: &'a Conv,
    node: &'a Node,
    /// The node's place.
    place: usize,
    /// For each image the places of the output that are looked at.
    places: Vec<Vec<usize>>,
}

/// The convolutions of a graph that can be reconstructed.
fn layers<'a>(graph: &'a Graph, images: usize, samples: usize) -> Vec<Layer<'a>> {
    let layer = |(index, node): (usize, &'a Node)| match &node.op {
        Op::Conv(conv) if conv.weights.len() / conv.bias.len() <= LONGEST => {
            let shape = graph.shape(node.output);
            let seed = |image: usize| (index as u64) << 16 | image as u64;
            let count = (samples / images).max(1);
            let places = (0..images).map(|image| places(&shape, count, seed(image)));
            let places = places.collect();
            Some(Layer {
                conv,
                node,
                place: index,
                places,
            })
        }
        _ => None,
    };
    let nodes = graph.nodes.iter().enumerate();
    nodes.filter_map(layer).collect()
}

/// Names of the convolutions whose rows are too long: their weights are rounded to the nearest.
pub fn too_long(graph: &Graph) -> Vec<String> {
    let long = |node: &&Node| matches!(&node.op, Op::Conv(conv) if conv.weights.len() / conv.bias.len() > LONGEST);
    let nodes = graph.nodes.iter().filter(long);
    nodes.map(|node| node.name.clone()).collect()
}

/// Reconstructs all convolutions, from the image on.
///
/// # Errors
/// The reference's and the runtime's.
pub fn reconstruct(
    numbers: &Numbers,
    material: &Material<'_>,
    work: Work,
) -> Result<Numbers, Error> {
    let images = &material.images[..material.images.len().min(work.images)];
    let graph = &numbers.graph;
    let layers = layers(graph, images.len(), work.samples);
    let truth = truth(graph, &layers, images, material)?;
    let mut found = numbers.clone();
    let mut front = Front::new(graph, images);
    material.watch.stage("rounding", layers.len() as u64);
    for (layer, truth) in layers.iter().zip(truth) {
        front.advance(&found, layer.place)?;
        let halves = moments(&found, layer, &truth, &front)?;
        let input = found.scales[layer.node.inputs[0]];
        if let Some(rounded) = round(layer.conv, &halves, input) {
            found.rounding.insert(layer.node.output, rounded);
        }
        material.watch.step();
    }
    Ok(found)
}

/// For each layer, and each image, what the f32 net answers at the places that are looked at.
fn truth(
    graph: &Graph,
    layers: &[Layer<'_>],
    images: &[Vec<u8>],
    material: &Material<'_>,
) -> Result<Vec<Vec<Vec<f32>>>, Error> {
    material.watch.stage("reference", images.len() as u64);
    let mut inputs: Vec<TensorId> = layers.iter().map(|layer| layer.node.inputs[0]).collect();
    inputs.sort_unstable();
    inputs.dedup();
    inputs.retain(|&tensor| tensor != graph.input);
    let names: Vec<String> = inputs
        .iter()
        .map(|&tensor| graph.tensors[tensor].name.clone())
        .collect();
    let model = match names.is_empty() {
        true => None,
        false => Some(material.source.runnable(&names)?),
    };
    let orders: BTreeMap<TensorId, Vec<usize>> = inputs
        .iter()
        .map(|&tensor| {
            let shape = graph.shape(tensor);
            (tensor, graph.tensors[tensor].layout.to_hwc(&shape))
        })
        .collect();
    let one = |(index, image): (usize, &Vec<u8>)| {
        let outputs = match &model {
            Some(model) => model
                .run(tvec!(material.feed.tensor(image)?.into()))
                .map_err(reference_error)?,
            None => tvec![],
        };
        let answers = layers.iter().map(|layer| {
            let tensor = layer.node.inputs[0];
            let real: Vec<f32> = match inputs.iter().position(|&input| input == tensor) {
                Some(place) => ordered(graph, tensor, &values(&outputs[place])?, &orders[&tensor]),
                None => image.iter().map(|&pixel| f32::from(pixel)).collect(),
            };
            let outside = outside(layer.conv, graph.shape(tensor).channels);
            let shapes = (&graph.shape(tensor), &graph.shape(layer.node.output));
            let rows = patches(layer.conv, shapes, &layer.places[index], &real, &outside);
            Ok(answers(layer.conv, &rows))
        });
        let answers = answers.collect::<Result<Vec<_>, Error>>();
        material.watch.step();
        answers
    };
    let by_image: Vec<Vec<Vec<f32>>> = images
        .par_iter()
        .enumerate()
        .map(one)
        .collect::<Result<_, _>>()?;
    let mut by_layer = vec![vec![]; layers.len()];
    for image in by_image {
        for (layer, answers) in by_layer.iter_mut().zip(image) {
            layer.push(answers);
        }
    }
    Ok(by_layer)
}

/// A tensor of the f32 net as the equalized graph has it: rows, columns, channels.
fn ordered(graph: &Graph, tensor: TensorId, found: &[f32], order: &[usize]) -> Vec<f32> {
    let factors = graph.tensors[tensor].factors();
    let mut ordered = vec![0.0; found.len()];
    for (&value, &place) in found.iter().zip(order) {
        ordered[place] = value * factors[place % factors.len()];
    }
    ordered
}

/// What stands outside the input of a convolution, in real numbers.
fn outside(conv: &Conv, channels: usize) -> Vec<f32> {
    let pixel = conv.pad_pixel.clone();
    pixel.unwrap_or_else(|| vec![0.0; channels])
}

/// Moments of a layer on what the integer net gives it, of the images in two halves.
fn moments(
    numbers: &Numbers,
    layer: &Layer<'_>,
    truth: &[Vec<f32>],
    front: &Front,
) -> Result<[Moments; 2], Error> {
    let graph = &numbers.graph;
    let tensor = layer.node.inputs[0];
    let scale = numbers.scales[tensor];
    let capture = match front.is_at(tensor) {
        true => None,
        false => Some(Capture::new(numbers, tensor, front)?),
    };
    let look = |image: usize, values: &[i8]| {
        let real: Vec<f32> = values.iter().map(|&q| scale.dequantize(q)).collect();
        sampled(graph, layer, image, &real, scale)
    };
    let mut halves = [Moments::new(layer.conv), Moments::new(layer.conv)];
    let batches = truth.chunks(BATCH).enumerate();
    for (batch, truth) in batches {
        let images = batch * BATCH..batch * BATCH + truth.len();
        let rows = match &capture {
            Some(capture) => capture.run(front, images, look)?,
            None => front.values(images, look),
        };
        halves[batch % 2].add(&rows.concat(), &truth.concat());
    }
    Ok(halves)
}

/// The patches of a layer at the places that are looked at.
fn sampled(graph: &Graph, layer: &Layer<'_>, image: usize, real: &[f32], scale: Scale) -> Vec<f32> {
    let input = graph.shape(layer.node.inputs[0]);
    let outside = outside(layer.conv, input.channels)
        .iter()
        .map(|&value| scale.dequantize(scale.quantize(value)))
        .collect::<Vec<f32>>();
    let shapes = (&input, &graph.shape(layer.node.output));
    patches(layer.conv, shapes, &layer.places[image], real, &outside)
}

/// The weights of one convolution; `None` if a group's moments are not positive.
fn round(conv: &Conv, halves: &[Moments; 2], input: Scale) -> Option<Rounded> {
    let k = conv.weights.len() / conv.bias.len();
    let per_group = conv.bias.len() / conv.groups;
    let whole = halves[0].clone().merge(&halves[1]);
    let rows: Vec<Rows> = (0..conv.groups)
        .into_par_iter()
        .map(|index| {
            let first = index * per_group;
            let channels = Channels {
                weights: &conv.weights[first * k..][..per_group * k],
                bias: &conv.bias[first..][..per_group],
                input,
            };
            let halves = [halves[0].centred(index), halves[1].centred(index)];
            channels.rows(&whole.centred(index), &halves)
        })
        .collect::<Option<_>>()?;
    let rows = || rows.iter().flatten();
    let step = f64::from(input.scale);
    Some(Rounded {
        weights: rows().flat_map(|(row, _)| row.weights.clone()).collect(),
        scales: rows().map(|(row, _)| row.scale).collect(),
        bias: rows().map(|(_, bias)| *bias).collect(),
        bias_steps: rows().map(|(row, _)| step * row.scale).collect(),
    })
}

/// The output channels of one group.
struct Channels<'a> {
    weights: &'a [f32],
    bias: &'a [f32],
    input: Scale,
}

impl Channels<'_> {
    /// Their integer weights and biases.
    fn rows(&self, group: &Centred, halves: &[Centred; 2]) -> Option<Rows> {
        let k = group.inputs.size;
        let wanted = self.wanted(group, halves)?;
        let shortage = k as f64 / group.samples.max(1.0);
        let metric = group
            .inputs
            .shifted(group.energy() * (0.01 + 0.1 * shortage));
        let rounder = Rounder::new(&metric)?;
        let channel = |(index, wanted): (usize, &Vec<f64>)| {
            let clipped = CLIPS.map(|part| {
                let greatest = wanted.iter().map(|&weight| (weight * part) as f32);
                let greatest: Vec<f32> = greatest.collect();
                let scale = weight_scale(&greatest, self.bias[index], self.input);
                rounder.round(wanted, scale)
            });
            let mut clipped = clipped.into_iter();
            let first = clipped.next()?;
            let best = clipped.fold(first, |best, next| match next.error < best.error {
                true => next,
                false => best,
            });
            let answer = best.weights.iter().zip(&group.input_means);
            let answer: f64 = answer
                .map(|(&q, mean)| f64::from(q) * best.scale * mean)
                .sum();
            Some((best, group.output_means[index] - answer))
        };
        wanted.par_iter().enumerate().map(channel).collect()
    }

    /// For each output channel the weights whose answers are nearest to the f32 net's, as far as the
    /// samples are believed.
    fn wanted(&self, group: &Centred, halves: &[Centred; 2]) -> Option<Vec<Vec<f64>>> {
        let k = group.inputs.size;
        let own: Vec<Vec<f64>> = self
            .weights
            .chunks_exact(k)
            .map(|row| row.iter().map(|&weight| f64::from(weight)).collect())
            .collect();
        let mut best: Option<(f64, f64)> = None;
        for ridge in RIDGES {
            let mut gain = 0.0;
            for (fit, test) in [(0, 1), (1, 0)] {
                let changes = changes(&halves[fit], &own, ridge)?;
                gain += gains(&halves[test], &own, &changes);
            }
            if gain > best.map_or(0.0, |(_, gain)| gain) {
                best = Some((ridge, gain));
            }
        }
        let Some((ridge, _)) = best else {
            return Some(own);
        };
        let changes = changes(group, &own, ridge)?;
        let changed = own.iter().zip(changes).map(|(own, change)| {
            let both = own.iter().zip(&change);
            both.map(|(own, change)| own + change).collect()
        });
        Some(changed.collect())
    }
}

/// What each output channel's answers still miss, times each input.
fn owed(group: &Centred, own: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let of_row = |(target, own): (&Vec<f64>, &Vec<f64>)| {
        let each = target.iter().enumerate();
        each.map(|(at, target)| target - dot(group.inputs.row(at), own))
            .collect()
    };
    let rows = group.outputs.par_iter().zip(own);
    rows.map(of_row).collect()
}

/// The change of the weights that the samples ask for, held back by a ridge.
fn changes(group: &Centred, own: &[Vec<f64>], ridge: f64) -> Option<Vec<Vec<f64>>> {
    let solver = Rounder::new(&group.inputs.shifted(group.energy() * ridge))?;
    let owed = owed(group, own);
    Some(owed.par_iter().map(|owed| solver.solve(owed)).collect())
}

/// By how much the squared errors on these samples shrink with these changes.
fn gains(group: &Centred, own: &[Vec<f64>], changes: &[Vec<f64>]) -> f64 {
    let of_row = |(owed, change): (&Vec<f64>, &Vec<f64>)| {
        let rows = (0..change.len()).map(|at| dot(group.inputs.row(at), change));
        let energy: f64 = rows
            .zip(change)
            .map(|(moment, change)| moment * change)
            .sum();
        2.0 * dot(owed, change) - energy
    };
    let owed = owed(group, own);
    let gains: Vec<f64> = owed.par_iter().zip(changes).map(of_row).collect();
    gains.iter().sum()
}
