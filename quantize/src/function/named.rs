//! Functions that have a name, as expressions.

use super::Function;
use crate::graph::Clamp;

impl Function {
    /// `x * clamp(x / 6 + 1/2, 0, 1)`.
    pub fn hard_swish() -> Self {
        let line = Self::Affine {
            scale: 1.0 / 6.0,
            shift: 0.5,
        };
        Self::Identity.times(line.clamped(Clamp { lo: 0.0, hi: 1.0 }))
    }

    /// `x` times the normal distribution function of `x`.
    pub fn gelu() -> Self {
        let affine = |scale, shift| Self::Affine { scale, shift };
        let erf = affine(std::f64::consts::FRAC_1_SQRT_2, 0.0).then(Self::Erf);
        Self::Identity.times(erf.then(affine(0.5, 0.5)))
    }

    /// Gelu with a tanh of `x + 0.044715 * x^3` in the distribution function's place.
    pub fn gelu_by_tanh() -> Self {
        let affine = |scale, shift| Self::Affine { scale, shift };
        let square = Self::Identity.times(Self::Identity);
        let cubic = Self::Identity.times(square.then(affine(0.044_715, 1.0)));
        let factor = (2.0 / std::f64::consts::PI).sqrt();
        let tanh = cubic.then(affine(factor, 0.0)).then(Self::Tanh);
        Self::Identity.times(tanh.then(affine(0.5, 0.5)))
    }

    /// An Elu times `gamma`.
    pub fn selu(alpha: f64, gamma: f64) -> Self {
        let line = Self::Affine {
            scale: gamma,
            shift: 0.0,
        };
        Self::Elu { alpha }.then(line)
    }

    /// `x * tanh(ln(1 + exp(x)))`.
    pub fn mish() -> Self {
        Self::Identity.times(Self::Softplus.then(Self::Tanh))
    }

    /// `x` where it is above `alpha`, else 0.
    pub fn thresholded(alpha: f64) -> Self {
        let beyond = Self::Affine {
            scale: 1.0,
            shift: -alpha,
        };
        let above = beyond.then(Self::Above { or_equal: false });
        above.chooses(Self::Identity, Self::number(0.0))
    }
}
