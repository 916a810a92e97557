//! Layers without weights: padding, pools, sums, and what only moves or relabels.

use super::writer::{Feature, Style, Writer};
use crate::onnx::Attr;

/// What the mean over an image leaves of the power of a rectified tensor, about.
const POOLED: f32 = 0.4;

impl Writer {
    /// Padding before and behind rows and columns: half a kernel in PyTorch's style, in
    /// TensorFlow's ("SAME") just what the windows need, the odd one behind.
    pub fn pads(&self, side: usize, kernel: usize, stride: usize) -> [i64; 2] {
        match self.style {
            Style::Torch => [(kernel / 2) as i64; 2],
            Style::Tf => {
                let windows = side.div_ceil(stride);
                let total = ((windows - 1) * stride + kernel).saturating_sub(side) as i64;
                [total / 2, total - total / 2]
            }
        }
    }

    /// A Pad node over rows and columns.
    pub fn pad(&mut self, input: &str, [before, behind]: [i64; 2]) -> String {
        let pads = [0, 0, before, before, 0, 0, behind, behind];
        let pads = self.net.ints(&pads);
        self.net.node("Pad", &[input, &pads], &[])
    }

    /// A max pool; `padding` on every side is a Pad node in Keras's nets.
    pub fn max_pool(
        &mut self,
        input: &Feature,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> Feature {
        let apart = self.style == Style::Tf && padding > 0;
        let sides = [padding as i64; 2];
        let (name, inside) = match apart {
            true => (self.pad(&input.name, sides), 0),
            false => (input.name.clone(), padding as i64),
        };
        let attributes = [
            ("kernel_shape", Attr::Ints(vec![kernel as i64; 2])),
            ("strides", Attr::Ints(vec![stride as i64; 2])),
            ("pads", Attr::Ints(vec![inside; 4])),
            ("ceil_mode", Attr::Int(0)),
        ];
        Feature {
            name: self.net.node("MaxPool", &[&name], &attributes),
            side: (input.side + 2 * padding - kernel) / stride + 1,
            ..input.clone()
        }
    }

    /// The mean of each channel over the image, as a vector.
    pub fn pool_flat(&mut self, input: &Feature) -> Feature {
        let pooled = self.pool(input);
        let name = match self.style {
            Style::Torch => {
                let axis = ("axis", Attr::Int(1));
                self.net.node("Flatten", &[&pooled.name], &[axis])
            }
            Style::Tf => {
                let axes = self.net.ints(&[2, 3]);
                self.net.node("Squeeze", &[&pooled.name, &axes], &[])
            }
        };
        Feature { name, ..pooled }
    }

    /// The mean of each channel over the image, as an image of one pixel.
    pub fn pool(&mut self, input: &Feature) -> Feature {
        Feature {
            name: self.net.node("GlobalAveragePool", &[&input.name], &[]),
            side: 1,
            power: input.power * POOLED,
            ..input.clone()
        }
    }

    /// The mean of each channel as a vector, by the operator that `x.mean([2, 3])` becomes.
    pub fn mean(&mut self, input: &Feature) -> Feature {
        let attributes = [("axes", Attr::Ints(vec![2, 3])), ("keepdims", Attr::Int(0))];
        Feature {
            name: self.net.node("ReduceMean", &[&input.name], &attributes),
            side: 1,
            power: input.power * POOLED,
            ..input.clone()
        }
    }

    /// All values in a row: channel by channel in PyTorch, pixel by pixel in TensorFlow. The result
    /// is still described as the image that it was.
    pub fn flatten(&mut self, input: &Feature) -> Feature {
        let name = match self.style {
            Style::Torch => {
                let axis = ("axis", Attr::Int(1));
                self.net.node("Flatten", &[&input.name], &[axis])
            }
            Style::Tf => {
                let pixels = self.channels_last(&input.name);
                let count = input.channels * input.side * input.side;
                let shape = self.net.ints(&[-1, count as i64]);
                self.net.node("Reshape", &[&pixels, &shape], &[])
            }
        };
        Feature {
            name,
            ..input.clone()
        }
    }

    /// A sum.
    pub fn add(&mut self, a: &Feature, b: &Feature) -> Feature {
        Feature {
            name: self.net.node("Add", &[&a.name, &b.name], &[]),
            power: a.power + b.power,
            positive: a.positive || b.positive,
            ..a.clone()
        }
    }

    /// Tensors one behind the other along the channels.
    pub fn concat(&mut self, parts: &[&Feature]) -> Feature {
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        let channels: usize = parts.iter().map(|part| part.channels).sum();
        let power: f32 = parts
            .iter()
            .map(|part| part.power * part.channels as f32)
            .sum();
        let name = match self.style {
            Style::Torch => self.net.node("Concat", &names, &[("axis", Attr::Int(1))]),
            Style::Tf => {
                let pixels: Vec<String> =
                    names.iter().map(|name| self.channels_last(name)).collect();
                let pixels: Vec<&str> = pixels.iter().map(String::as_str).collect();
                let joined = self.net.node("Concat", &pixels, &[("axis", Attr::Int(-1))]);
                self.channels_first(&joined)
            }
        };
        Feature {
            name,
            channels,
            side: parts[0].side,
            power: power / channels as f32,
            positive: parts.iter().all(|part| part.positive),
        }
    }

    /// The first and the second half of the channels: Split in PyTorch's style, two Slices in
    /// TensorFlow's.
    pub fn halves(&mut self, input: &Feature) -> [Feature; 2] {
        let (half, all) = (input.channels as i64 / 2, input.channels as i64);
        let names = match self.style {
            Style::Torch => {
                let sizes = self.net.ints(&[half, half]);
                let axis = ("axis", Attr::Int(1));
                let parts = self.net.parts("Split", &[&input.name, &sizes], &[axis], 2);
                [parts[0].clone(), parts[1].clone()]
            }
            Style::Tf => [(0, half), (half, all)].map(|(from, to)| {
                let (from, to, axis) = (
                    self.net.ints(&[from]),
                    self.net.ints(&[to]),
                    self.net.ints(&[1]),
                );
                let operands = [input.name.as_str(), &from, &to, &axis];
                self.net.node("Slice", &operands, &[])
            }),
        };
        names.map(|name| Feature {
            name,
            channels: input.channels / 2,
            ..input.clone()
        })
    }

    /// Channels 0, n / 2, 1, n / 2 + 1, ...: a reshape to two groups, a transpose and a reshape.
    pub fn shuffle(&mut self, input: &Feature) -> Feature {
        let (side, all, half) = (
            input.side as i64,
            input.channels as i64,
            input.channels as i64 / 2,
        );
        let (start, groups, perm, end) = match self.style {
            Style::Torch => (
                input.name.clone(),
                [1, 2, half, side, side],
                [0, 2, 1, 3, 4],
                [1, all, side, side],
            ),
            Style::Tf => (
                self.channels_last(&input.name),
                [-1, side, side, 2, half],
                [0, 1, 2, 4, 3],
                [-1, side, side, all],
            ),
        };
        let (groups, end) = (self.net.ints(&groups), self.net.ints(&end));
        let x = self.net.node("Reshape", &[&start, &groups], &[]);
        let x = self.transpose(&x, &perm);
        let x = self.net.node("Reshape", &[&x, &end], &[]);
        let name = match self.style {
            Style::Torch => x,
            Style::Tf => self.channels_first(&x),
        };
        Feature {
            name,
            ..input.clone()
        }
    }

    pub fn channels_first(&mut self, input: &str) -> String {
        self.transpose(input, &[0, 3, 1, 2])
    }

    pub fn channels_last(&mut self, input: &str) -> String {
        self.transpose(input, &[0, 2, 3, 1])
    }

    fn transpose(&mut self, input: &str, perm: &[i64]) -> String {
        let perm = ("perm", Attr::Ints(perm.to_vec()));
        self.net.node("Transpose", &[input], &[perm])
    }
}
