//! Layers with weights, written as PyTorch or as tf2onnx writes them.
//!
//! A weight's variance is the reciprocal of the number of inputs times their mean square, so that
//! a layer's output has a mean square of 1, whatever activation came before (He et al. 2015).

use super::RESOLUTION;
use crate::onnx::{Attr, Net};

/// Whose way of writing a net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// PyTorch: NCHW, batch normalizations as nodes, padding within the convolutions, activation
    /// functions as operators of their own, logits from a Gemm.
    Torch,
    /// tf2onnx: an NHWC image and a Transpose, normalizations folded or, behind a depthwise
    /// convolution, a product and a sum; Pad nodes, activation functions written out, a MatMul and
    /// a sum at the end. As in Keras's nets without their last activation there is no Softmax:
    /// where no class of a thousand is likely, as with random weights, it answers with zeros.
    Tf,
}

/// A tensor of the net: square, and with what a layer's weights depend on.
#[derive(Clone, Debug)]
pub(super) struct Feature {
    pub name: String,
    pub channels: usize,
    /// Rows and columns.
    pub side: usize,
    /// Mean square of its values, about.
    pub power: f32,
    /// Whether nearly all of its values are positive, so that a rectifier leaves their power alone.
    pub positive: bool,
}

/// What a convolution is like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conv {
    pub channels: usize,
    /// Rows and columns of the kernel.
    pub kernel: usize,
    /// Stride of both.
    pub stride: usize,
    /// Whether the output is as large as the input over the stride.
    pub padded: bool,
}

impl Conv {
    pub fn pointwise(channels: usize) -> Self {
        Self::square(channels, 1, 1)
    }

    pub fn square(channels: usize, kernel: usize, stride: usize) -> Self {
        Self {
            channels,
            kernel,
            stride,
            padded: true,
        }
    }
}

/// Mean square of what a branch adds to a shortcut: less than the shortcut's, as in trained nets.
const BRANCH_POWER: f32 = 0.25;

/// A net that grows layer by layer.
pub(super) struct Writer {
    pub net: Net,
    pub style: Style,
}

impl Writer {
    /// A net, and its image of three channels as the first layer takes it: NCHW.
    pub fn new(style: Style) -> (Self, Feature) {
        let side = RESOLUTION as i64;
        let dims = match style {
            Style::Torch => [1, 3, side, side],
            Style::Tf => [1, side, side, 3],
        };
        let opset = match style {
            // HardSwish is an operator since 14.
            Style::Torch => 17,
            Style::Tf => 13,
        };
        let mut writer = Self {
            net: Net::new(dims).opset(opset),
            style,
        };
        let name = match style {
            Style::Torch => "image".into(),
            Style::Tf => writer.channels_first("image"),
        };
        let image = Feature {
            name,
            channels: 3,
            side: RESOLUTION,
            power: 1.0,
            positive: false,
        };
        (writer, image)
    }

    /// A convolution over all channels and its batch normalization.
    pub fn conv(&mut self, input: &Feature, conv: Conv) -> Feature {
        self.normalized(input, conv, 1, 1.0)
    }

    /// The same at the end of a branch that is added to its input.
    pub fn branch_end(&mut self, input: &Feature, conv: Conv) -> Feature {
        self.normalized(input, conv, 1, BRANCH_POWER)
    }

    /// A convolution of each channel by itself, and its batch normalization.
    pub fn depthwise(&mut self, input: &Feature, kernel: usize, stride: usize) -> Feature {
        let conv = Conv::square(input.channels, kernel, stride);
        self.normalized(input, conv, input.channels, 1.0)
    }

    /// A convolution with a bias, without normalization.
    pub fn biased(&mut self, input: &Feature, conv: Conv) -> Feature {
        let bias = self.net.weights(&[conv.channels as i64], 0.1, 0.0);
        self.convolve(input, conv, 1, 1.0, Some(bias))
    }

    fn normalized(&mut self, input: &Feature, conv: Conv, groups: usize, power: f32) -> Feature {
        let channels = conv.channels as i64;
        match self.style {
            Style::Torch => {
                let x = self.convolve(input, conv, groups, power, None);
                self.batch_normalization(&x)
            }
            Style::Tf if groups == 1 => {
                let bias = self.net.weights(&[channels], 0.1, 0.0);
                self.convolve(input, conv, groups, power, Some(bias))
            }
            Style::Tf => {
                let x = self.convolve(input, conv, groups, power, None);
                let factor = self.net.weights(&[1, channels, 1, 1], 0.2, 1.0);
                let shift = self.net.weights(&[1, channels, 1, 1], 0.1, 0.0);
                let product = self.net.node("Mul", &[&x.name, &factor], &[]);
                let name = self.net.node("Add", &[&product, &shift], &[]);
                Feature { name, ..x }
            }
        }
    }

    fn batch_normalization(&mut self, x: &Feature) -> Feature {
        let channels = [x.channels as i64];
        let mut list = |spread, centre| self.net.weights(&channels, spread, centre);
        let (scale, shift) = (list(0.2, 1.0), list(0.1, 0.0));
        let (mean, variance) = (list(0.1, 0.0), list(0.2, 1.0));
        let inputs = [x.name.as_str(), &scale, &shift, &mean, &variance];
        let epsilon = ("epsilon", Attr::Float(1e-5));
        let name = self.net.node("BatchNormalization", &inputs, &[epsilon]);
        Feature { name, ..x.clone() }
    }

    fn convolve(
        &mut self,
        input: &Feature,
        conv: Conv,
        groups: usize,
        power: f32,
        bias: Option<String>,
    ) -> Feature {
        let inputs = input.channels / groups;
        let kernel = conv.kernel as i64;
        let dims = [conv.channels as i64, inputs as i64, kernel, kernel];
        let fan_in = inputs * conv.kernel * conv.kernel;
        let weights = self.weights(&dims, fan_in, power / input.power);
        let pads = if conv.padded {
            self.pads(input.side, conv.kernel, conv.stride)
        } else {
            [0; 2]
        };
        // tf2onnx leaves the padding of a depthwise convolution with a stride outside of it.
        let apart = self.style == Style::Tf && groups > 1 && conv.stride > 1;
        let (name, inside) = match apart {
            true => (self.pad(&input.name, pads), [0; 2]),
            false => (input.name.clone(), pads),
        };
        let attributes = [
            ("group", Attr::Int(groups as i64)),
            ("kernel_shape", Attr::Ints(vec![kernel; 2])),
            ("strides", Attr::Ints(vec![conv.stride as i64; 2])),
            (
                "pads",
                Attr::Ints([inside[0], inside[0], inside[1], inside[1]].to_vec()),
            ),
        ];
        let mut operands = vec![name.as_str(), &weights];
        operands.extend(bias.as_deref());
        let padded = input.side + (pads[0] + pads[1]) as usize;
        Feature {
            name: self.net.node("Conv", &operands, &attributes),
            channels: conv.channels,
            side: (padded - conv.kernel) / conv.stride + 1,
            power,
            positive: false,
        }
    }

    /// Uniform weights of a deviation for `fan_in` inputs: their greatest is its root of 3 fold.
    pub fn weights(&mut self, dims: &[i64], fan_in: usize, gain: f32) -> String {
        let most = (3.0 * gain / fan_in as f32).sqrt();
        self.net.weights(dims, most, 0.0)
    }
}
