//! Second moments of what a convolution reads, and of that with what it should answer.
//!
//! Sums are taken batch by batch, each entry in one fixed order, so they do not depend on the
//! number of cores.

use rayon::prelude::*;
use tract_onnx::tract_core::prelude::tract_ndarray::{ArrayView2, Axis, Slice};

use super::matrix::Square;
use crate::graph::Conv;

/// Columns of the moments that one task computes.
const COLUMNS: usize = 128;

/// Sums over the samples of one group of channels.
#[derive(Clone, Debug)]
pub struct Group {
    /// Input times input.
    inputs: Square,
    /// For each output channel, output times input.
    outputs: Vec<f64>,
    input_sums: Vec<f64>,
    output_sums: Vec<f64>,
}

/// Sums over the samples of a convolution.
#[derive(Clone, Debug)]
pub struct Moments {
    groups: Vec<Group>,
    taps: usize,
    samples: usize,
}

/// Means and centred second moments of one group.
#[derive(Clone, Debug)]
pub struct Centred {
    /// Of the inputs.
    pub inputs: Square,
    /// For each output channel, with each input.
    pub outputs: Vec<Vec<f64>>,
    /// Mean of each input.
    pub input_means: Vec<f64>,
    /// Mean of each output channel.
    pub output_means: Vec<f64>,
    /// Number of samples.
    pub samples: f64,
}

impl Moments {
    /// None yet.
    pub fn new(conv: &Conv) -> Self {
        let outputs = conv.bias.len() / conv.groups;
        let k = conv.weights.len() / conv.bias.len();
        let group = Group {
            inputs: Square::zeros(k),
            outputs: vec![0.0; outputs * k],
            input_sums: vec![0.0; k],
            output_sums: vec![0.0; outputs],
        };
        Self {
            groups: vec![group; conv.groups],
            taps: conv.window.kernel[0] * conv.window.kernel[1],
            samples: 0,
        }
    }

    /// Takes samples in: patches with all channels of the input, and all output channels, a row a
    /// sample.
    pub fn add(&mut self, patches: &[f32], outputs: &[f32]) {
        let inputs = self.taps * self.groups.len() * self.groups[0].inputs.size / self.taps;
        let samples = patches.len() / inputs;
        self.samples += samples;
        let width = outputs.len() / samples.max(1);
        let count = self.groups.len();
        let taps = self.taps;
        if count == 1 {
            self.groups[0].add(patches, outputs, samples);
            return;
        }
        self.groups
            .par_iter_mut()
            .enumerate()
            .for_each(|(index, group)| {
                let channels = group.inputs.size / taps;
                let own: Vec<f32> = patches
                    .chunks_exact(channels * count)
                    .flat_map(|tap| &tap[index * channels..][..channels])
                    .copied()
                    .collect();
                let per_group = width / count;
                let answers: Vec<f32> = outputs
                    .chunks_exact(width)
                    .flat_map(|row| &row[index * per_group..][..per_group])
                    .copied()
                    .collect();
                group.add(&own, &answers, samples);
            });
    }

    /// Adds the samples of another half.
    pub fn merge(mut self, other: &Self) -> Self {
        self.samples += other.samples;
        let add = |sums: &mut [f64], more: &[f64]| {
            sums.iter_mut()
                .zip(more)
                .for_each(|(sum, more)| *sum += more);
        };
        for (group, more) in self.groups.iter_mut().zip(&other.groups) {
            add(&mut group.inputs.entries, &more.inputs.entries);
            add(&mut group.outputs, &more.outputs);
            add(&mut group.input_sums, &more.input_sums);
            add(&mut group.output_sums, &more.output_sums);
        }
        self
    }

    /// What the samples of a group came to.
    pub fn centred(&self, group: usize) -> Centred {
        self.groups[group].centred(self.samples.max(1) as f64)
    }
}

impl Centred {
    /// Mean energy of an input; a little where there is none.
    pub fn energy(&self) -> f64 {
        let size = self.inputs.size;
        let energy = (0..size).map(|at| self.inputs.diagonal(at)).sum::<f64>();
        (energy / size as f64).max(1e-12)
    }
}

impl Group {
    fn add(&mut self, patches: &[f32], outputs: &[f32], samples: usize) {
        let k = self.inputs.size;
        let width = self.output_sums.len();
        let (Ok(x), Ok(y)) = (
            ArrayView2::from_shape((samples, k), patches),
            ArrayView2::from_shape((samples, width), outputs),
        ) else {
            return;
        };
        for (sums, rows) in [(&mut self.input_sums, x), (&mut self.output_sums, y)] {
            for row in rows.axis_iter(Axis(0)) {
                for (sum, &value) in sums.iter_mut().zip(row) {
                    *sum += f64::from(value);
                }
            }
        }
        for (sums, left) in [(&mut self.inputs.entries, x), (&mut self.outputs, y)] {
            let left = left.t();
            sums.par_chunks_mut(COLUMNS * k)
                .enumerate()
                .for_each(|(chunk, sums)| {
                    let first = chunk * COLUMNS;
                    let rows = Slice::from(first..first + sums.len() / k);
                    let product = left.slice_axis(Axis(0), rows).dot(&x);
                    for (sum, &value) in sums.iter_mut().zip(&product) {
                        *sum += f64::from(value);
                    }
                });
        }
    }

    fn centred(&self, samples: f64) -> Centred {
        let k = self.inputs.size;
        let mean = |sums: &[f64]| sums.iter().map(|sum| sum / samples).collect::<Vec<f64>>();
        let (input_means, output_means) = (mean(&self.input_sums), mean(&self.output_sums));
        let centre = |entries: &[f64], means: &[f64]| -> Vec<f64> {
            let rows = entries.chunks_exact(k).zip(means);
            rows.flat_map(|(row, mean)| {
                let columns = row.iter().zip(&input_means);
                columns.map(move |(sum, other)| sum / samples - mean * other)
            })
            .collect()
        };
        let outputs = centre(&self.outputs, &output_means);
        Centred {
            inputs: Square {
                size: k,
                entries: centre(&self.inputs.entries, &input_means),
            },
            outputs: outputs.chunks_exact(k).map(<[f64]>::to_vec).collect(),
            input_means,
            output_means,
            samples,
        }
    }
}

/// The answers of a convolution to patches, bias included, before any clamp: a row a sample.
pub fn answers(conv: &Conv, patches: &[f32]) -> Vec<f32> {
    let outputs = conv.bias.len();
    let k = conv.weights.len() / outputs;
    let taps = conv.window.kernel[0] * conv.window.kernel[1];
    let inputs = k / taps;
    let channels = inputs * conv.groups;
    let samples = patches.len() / (taps * channels);
    if conv.groups == 1 {
        let shapes = (
            ArrayView2::from_shape((samples, k), patches),
            ArrayView2::from_shape((outputs, k), &conv.weights),
        );
        let (Ok(x), Ok(weights)) = shapes else {
            return vec![];
        };
        let mut answers = x.dot(&weights.t());
        for mut row in answers.axis_iter_mut(Axis(0)) {
            for (answer, bias) in row.iter_mut().zip(&conv.bias) {
                *answer += bias;
            }
        }
        return answers.iter().copied().collect();
    }
    let per_group = outputs / conv.groups;
    let answer = |patch: &[f32], output: usize| {
        let first = output / per_group * inputs;
        let weights = &conv.weights[output * k..][..k];
        let products = weights
            .iter()
            .enumerate()
            .map(|(at, weight)| weight * patch[at / inputs * channels + first + at % inputs]);
        products.sum::<f32>() + conv.bias[output]
    };
    patches
        .chunks_exact(taps * channels)
        .flat_map(|patch| (0..outputs).map(move |output| answer(patch, output)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Op, Window};
    use crate::handmade::pointwise;

    #[test]
    fn moments_of_a_line() {
        let Op::Conv(conv) = pointwise() else {
            unreachable!()
        };
        let mut moments = Moments::new(&conv);
        // The second input is twice the first; the answers are the sum and the difference.
        moments.add(&[1.0, 2.0, 3.0, 6.0], &[3.0, -1.0, 9.0, -3.0]);
        let centred: Vec<Centred> = (0..moments.groups.len())
            .map(|group| moments.centred(group))
            .collect();
        assert_eq!(centred[0].inputs.entries, [1.0, 2.0, 2.0, 4.0]);
        assert_eq!(centred[0].outputs, [[3.0, 6.0], [-1.0, -2.0]]);
        assert_eq!(centred[0].input_means, [2.0, 4.0]);
        assert_eq!(centred[0].output_means, [6.0, -2.0]);
    }

    #[test]
    fn groups_have_their_own_channels() {
        let conv = Conv {
            weights: vec![1.0, 10.0, 100.0, 1000.0],
            bias: vec![0.0, 1.0],
            window: Window::plain([1, 2]),
            groups: 2,
            pad_pixel: None,
            steps: None,
        };
        // Two taps of two channels each, and answers that undo the weights.
        let patch = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(answers(&conv, &patch), [31.0, 4201.0]);
        let mut moments = Moments::new(&conv);
        moments.add(&patch, &[31.0, 4201.0]);
        moments.add(&[0.0; 4], &[0.0; 2]);
        let centred: Vec<Centred> = (0..moments.groups.len())
            .map(|group| moments.centred(group))
            .collect();
        assert_eq!(centred[0].input_means, [0.5, 1.5]);
        assert_eq!(centred[1].input_means, [1.0, 2.0]);
        assert_eq!(centred[1].outputs, [[2100.5, 4201.0]]);
    }
}
