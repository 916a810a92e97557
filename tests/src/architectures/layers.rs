//! Layers with weights of the right size, and what they need to know of one another.
//!
//! A weight's variance is the reciprocal of the number of inputs, twice that behind a rectifier,
//! which takes half of the energy (He et al. 2015): so each layer's output is about as large as
//! its input, however deep the net is.

use crate::onnx::{Attr, Net};

/// How convolutions pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    /// Half a kernel on every side, as in PyTorch.
    Torch,
    /// What TensorFlow calls SAME: with stride 2, more below and on the right.
    Same,
}

/// A tensor of the net.
#[derive(Clone, Debug)]
pub(super) struct Feature {
    name: String,
    /// Its channels.
    pub channels: usize,
    /// Whether it comes out of a rectifier.
    rectified: bool,
}

/// What a convolution is like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conv {
    /// Output channels.
    pub channels: usize,
    /// Rows and columns of the kernel.
    pub kernel: usize,
    /// Stride of both.
    pub stride: usize,
    /// Factor on the weights: less than 1 for branches that are added to something.
    pub gain: f32,
}

impl Conv {
    /// A pointwise convolution.
    pub fn pointwise(channels: usize) -> Self {
        Self::square(channels, 1, 1)
    }

    /// A convolution with a square kernel.
    pub fn square(channels: usize, kernel: usize, stride: usize) -> Self {
        Self {
            channels,
            kernel,
            stride,
            gain: 1.0,
        }
    }
}

/// A net that grows layer by layer.
pub(super) struct Layers {
    net: Net,
    padding: Padding,
}

impl Layers {
    /// A net on a square image of three channels, and that image.
    pub fn new(resolution: usize, padding: Padding) -> (Self, Feature) {
        let side = resolution as i64;
        let net = Net::new([1, 3, side, side]);
        let image = Feature {
            name: "image".into(),
            channels: 3,
            rectified: false,
        };
        (Self { net, padding }, image)
    }

    /// A convolution over all channels.
    pub fn conv(&mut self, input: &Feature, conv: Conv) -> Feature {
        self.grouped(input, conv, 1)
    }

    /// A convolution of each channel by itself.
    pub fn depthwise(&mut self, input: &Feature, kernel: usize, stride: usize) -> Feature {
        let channels = input.channels;
        self.grouped(input, Conv::square(channels, kernel, stride), channels)
    }

    fn grouped(&mut self, input: &Feature, conv: Conv, groups: usize) -> Feature {
        let (kernel, inputs) = (conv.kernel as i64, input.channels / groups);
        let fan_in = inputs * conv.kernel * conv.kernel;
        let dims = [conv.channels as i64, inputs as i64, kernel, kernel];
        let weights = self.weights(&dims, fan_in, input, conv.gain);
        let bias = self.net.weights(&dims[..1], 0.1, 0.0);
        let padding = match self.padding {
            Padding::Torch => ("pads", Attr::Ints(vec![kernel / 2; 4])),
            Padding::Same => ("auto_pad", Attr::Text("SAME_UPPER")),
        };
        let attributes = [
            ("group", Attr::Int(groups as i64)),
            ("strides", Attr::Ints(vec![conv.stride as i64; 2])),
            padding,
        ];
        let inputs = [input.name.as_str(), &weights, &bias];
        Feature {
            name: self.net.node("Conv", &inputs, &attributes),
            channels: conv.channels,
            rectified: false,
        }
    }

    /// Uniform weights: their greatest is the deviation times the root of 3.
    fn weights(&mut self, dims: &[i64], fan_in: usize, input: &Feature, gain: f32) -> String {
        let energy = if input.rectified { 2.0 } else { 1.0 };
        let most = gain * (3.0 * energy / fan_in as f32).sqrt();
        self.net.weights(dims, most, 0.0)
    }

    /// A rectifier that ends at 6.
    pub fn relu6(&mut self, input: &Feature) -> Feature {
        let lo = self.net.constant(&[], &[0.0]);
        let hi = self.net.constant(&[], &[6.0]);
        let name = self.net.node("Clip", &[&input.name, &lo, &hi], &[]);
        rectified(name, input)
    }

    /// A rectifier.
    pub fn relu(&mut self, input: &Feature) -> Feature {
        let name = self.net.node("Relu", &[&input.name], &[]);
        rectified(name, input)
    }

    /// A sum.
    pub fn add(&mut self, a: &Feature, b: &Feature) -> Feature {
        Feature {
            name: self.net.node("Add", &[&a.name, &b.name], &[]),
            channels: a.channels,
            rectified: false,
        }
    }

    /// The end of all of them: an average over the image and a dense layer. Returns the file.
    pub fn classify(mut self, input: &Feature, classes: usize) -> Vec<u8> {
        let pooled = self.net.node("GlobalAveragePool", &[&input.name], &[]);
        let flat = self.net.node("Flatten", &[&pooled], &[]);
        let dims = [classes as i64, input.channels as i64];
        let weights = self.weights(&dims, input.channels, input, 1.0);
        let bias = self.net.weights(&dims[..1], 0.1, 0.0);
        let transposed = ("transB", Attr::Int(1));
        let output = self
            .net
            .node("Gemm", &[&flat, &weights, &bias], &[transposed]);
        self.net.finish(&output)
    }
}

fn rectified(name: String, input: &Feature) -> Feature {
    Feature {
        name,
        channels: input.channels,
        rectified: true,
    }
}
