//! Activation functions and squeeze-excite, as operators or written out in elementary ones.

use super::writer::{Conv, Feature, Style, Writer};
use crate::onnx::Attr;

/// Mean square of a function of normal values of mean 0 and mean square 1.
const RELU: f32 = 0.5;
const SWISH: f32 = 0.355;
const HARD_SWISH: f32 = 0.331;
/// Mean square of a gate's values, which lie around 1/2.
const GATE: f32 = 0.27;

/// The two families of functions, and the gate that goes with each in a squeeze-excite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// Relu inside, hard sigmoid at the end: MobileNetV3.
    Hard,
    /// Swish inside, sigmoid at the end: EfficientNet.
    Smooth,
}

/// Ways of writing a rectifier that ends at 6.
#[derive(Clone, Copy)]
enum Relu6 {
    Clip,
    /// Min and Max, as from older versions of Keras.
    Extrema,
}

impl Writer {
    pub fn relu(&mut self, input: &Feature) -> Feature {
        let kept = if input.positive { 1.0 } else { RELU };
        Feature {
            name: self.net.node("Relu", &[&input.name], &[]),
            power: input.power * kept,
            positive: true,
            ..input.clone()
        }
    }

    /// x * sigmoid(x), also called SiLU.
    pub fn swish(&mut self, input: &Feature) -> Feature {
        let gate = self.net.node("Sigmoid", &[&input.name], &[]);
        let name = self.net.node("Mul", &[&input.name, &gate], &[]);
        scaled(input, name, SWISH)
    }

    /// x * relu6(x + 3) / 6.
    pub fn hard_swish(&mut self, input: &Feature) -> Feature {
        let name = match self.style {
            Style::Torch => self.net.node("HardSwish", &[&input.name], &[]),
            Style::Tf => {
                let gate = self.hard_sigmoid(&input.name, Relu6::Clip);
                self.net.node("Mul", &[&input.name, &gate], &[])
            }
        };
        scaled(input, name, HARD_SWISH)
    }

    /// relu6(x + 3) / 6.
    fn hard_sigmoid(&mut self, input: &str, relu6: Relu6) -> String {
        if self.style == Style::Torch {
            let alpha = ("alpha", Attr::Float(1.0 / 6.0));
            return self.net.node("HardSigmoid", &[input], &[alpha]);
        }
        let [three, zero, six, sixth] =
            [3.0, 0.0, 6.0, 1.0 / 6.0].map(|value| self.net.constant(&[], &[value]));
        let moved = self.net.node("Add", &[input, &three], &[]);
        let clipped = match relu6 {
            Relu6::Clip => self.net.node("Clip", &[&moved, &zero, &six], &[]),
            Relu6::Extrema => {
                let below = self.net.node("Min", &[&moved, &six], &[]);
                self.net.node("Max", &[&below, &zero], &[])
            }
        };
        self.net.node("Mul", &[&clipped, &sixth], &[])
    }

    /// Each channel times a gate that is made of the means of all channels (Hu et al. 2018).
    pub fn squeeze_excite(&mut self, input: &Feature, squeezed: usize, gate: Gate) -> Feature {
        let x = match self.style {
            Style::Torch => self.pool(input),
            Style::Tf => self.pool_by_reshape(input),
        };
        let x = self.biased(&x, Conv::pointwise(squeezed));
        let x = match gate {
            Gate::Hard => self.relu(&x),
            Gate::Smooth => self.swish(&x),
        };
        let x = self.biased(&x, Conv::pointwise(input.channels));
        let factor = match gate {
            Gate::Hard => self.hard_sigmoid(&x.name, Relu6::Extrema),
            Gate::Smooth => self.net.node("Sigmoid", &[&x.name], &[]),
        };
        let name = self.net.node("Mul", &[&factor, &input.name], &[]);
        Feature {
            positive: input.positive,
            ..scaled(input, name, GATE)
        }
    }

    /// Keras's pool in a squeeze-excite: to a vector, back to an image of one pixel, to NCHW.
    fn pool_by_reshape(&mut self, input: &Feature) -> Feature {
        let flat = self.mean(input);
        let shape = self.net.ints(&[-1, 1, 1, input.channels as i64]);
        let pixel = self.net.node("Reshape", &[&flat.name, &shape], &[]);
        Feature {
            name: self.channels_first(&pixel),
            ..flat
        }
    }
}

fn scaled(input: &Feature, name: String, kept: f32) -> Feature {
    Feature {
        name,
        power: input.power * kept,
        positive: false,
        ..input.clone()
    }
}
