//! Functions of one element: what a table of 256 entries computes.
//!
//! A function is a small expression, so that whatever a file writes out as several nodes on one
//! tensor (a hard-swish as Add, Clip, Mul and Div) is one function here, whatever its constants.

mod named;

use crate::graph::Clamp;
use crate::scale::Scale;

/// A function from a real number to a real number.
#[derive(Clone, Debug, PartialEq)]
pub enum Function {
    /// `x`.
    Identity,
    /// `x * scale + shift`.
    Affine {
        /// Factor.
        scale: f64,
        /// What is added.
        shift: f64,
    },
    /// A clamp.
    Clamp(Clamp),
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `ln(1 + exp(x))`.
    Softplus,
    /// The error function.
    Erf,
    /// `x`, or `slope * x` below 0.
    LeakyRelu {
        /// Slope below 0.
        slope: f64,
    },
    /// `x`, or `alpha * (exp(x) - 1)` below 0.
    Elu {
        /// Minus the limit far below 0.
        alpha: f64,
    },
    /// The magnitude.
    Abs,
    /// `exp(x)`.
    Exp,
    /// `x / (1 + |x|)`.
    Softsign,
    /// `1 / x`.
    Reciprocal,
    /// The natural logarithm.
    Log,
    /// The square root.
    Sqrt,
    /// `x` to this power.
    Power(f64),
    /// 1 where `x` is above 0, or at 0 if that counts; else 0.
    Above {
        /// Whether 0 counts.
        or_equal: bool,
    },
    /// Rounding to the steps of a scale as ONNX's QuantizeLinear and DequantizeLinear do: divided
    /// in f32, halves to even, saturated.
    Quantized(Scale),
    /// The second of the first.
    Then(Box<Self>, Box<Self>),
    /// The product of both.
    Product(Box<Self>, Box<Self>),
    /// The sum of both.
    Sum(Box<Self>, Box<Self>),
    /// The greater of both.
    Greatest(Box<Self>, Box<Self>),
    /// The second where the first is not 0, else the third.
    Where(Box<Self>, Box<Self>, Box<Self>),
}

impl Function {
    /// Its value.
    pub fn apply(&self, x: f64) -> f64 {
        match self {
            Self::Identity => x,
            Self::Affine { scale, shift } => x * scale + shift,
            Self::Clamp(clamp) => x.max(f64::from(clamp.lo)).min(f64::from(clamp.hi)),
            Self::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Self::Tanh => x.tanh(),
            // exp of a number that is not positive cannot overflow.
            Self::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Self::Erf => libm::erf(x),
            Self::LeakyRelu { slope } => x.max(0.0) + slope * x.min(0.0),
            Self::Elu { alpha } => x.max(0.0) + alpha * x.min(0.0).exp_m1(),
            Self::Abs => x.abs(),
            Self::Exp => x.exp(),
            Self::Softsign => x / (1.0 + x.abs()),
            Self::Reciprocal => 1.0 / x,
            Self::Log => x.ln(),
            Self::Sqrt => x.sqrt(),
            Self::Power(exponent) => x.powf(*exponent),
            Self::Above { or_equal } => f64::from(x > 0.0 || (*or_equal && x == 0.0)),
            Self::Quantized(scale) => f64::from(scale.dequantize(scale.quantize_in_f32(x as f32))),
            Self::Then(first, second) => second.apply(first.apply(x)),
            Self::Product(a, b) => a.apply(x) * b.apply(x),
            Self::Sum(a, b) => a.apply(x) + b.apply(x),
            Self::Greatest(a, b) => a.apply(x).max(b.apply(x)),
            Self::Where(chosen, a, b) => match chosen.apply(x) == 0.0 {
                true => b.apply(x),
                false => a.apply(x),
            },
        }
    }

    /// This one, then `next`.
    pub fn then(self, next: Self) -> Self {
        match (self, next) {
            (first, Self::Identity) => first,
            (Self::Identity, second) => second,
            (first, second) => Self::Then(Box::new(first), Box::new(second)),
        }
    }

    /// This one, then a clamp.
    pub fn clamped(self, clamp: Clamp) -> Self {
        match clamp == Clamp::NONE {
            true => self,
            false => self.then(Self::Clamp(clamp)),
        }
    }

    /// This one times `other`, both of the same element.
    pub fn times(self, other: Self) -> Self {
        Self::Product(Box::new(self), Box::new(other))
    }

    /// The sum of this one and `other`, both of the same element.
    pub fn plus(self, other: Self) -> Self {
        Self::Sum(Box::new(self), Box::new(other))
    }

    /// A number, whatever the element.
    pub fn number(shift: f64) -> Self {
        Self::Affine { scale: 0.0, shift }
    }

    /// This one with the other sign.
    pub fn negative(self) -> Self {
        self.then(Self::Affine {
            scale: -1.0,
            shift: 0.0,
        })
    }

    /// This one less `other`, both of the same element.
    pub fn minus(self, other: Self) -> Self {
        self.plus(other.negative())
    }

    /// This one divided by `other`, both of the same element.
    pub fn over(self, other: Self) -> Self {
        self.times(other.then(Self::Reciprocal))
    }

    /// The greater of this one and `other`, both of the same element.
    pub fn or_greater(self, other: Self) -> Self {
        Self::Greatest(Box::new(self), Box::new(other))
    }

    /// The lesser of this one and `other`, both of the same element.
    pub fn or_less(self, other: Self) -> Self {
        self.negative().or_greater(other.negative()).negative()
    }

    /// `a` where this one is not 0, else `b`, all of the same element.
    pub fn chooses(self, a: Self, b: Self) -> Self {
        Self::Where(Box::new(self), Box::new(a), Box::new(b))
    }
}

#[cfg(test)]
mod tests {
    use super::Function;

    #[test]
    fn known_values() {
        let elu = Function::Elu { alpha: 2.0 };
        let leaky = Function::LeakyRelu { slope: 0.25 };
        for (function, x, expected) in [
            (Function::Sigmoid, 0.0, 0.5),
            (Function::Tanh, 1.0, 0.761_594_155_955_765),
            (Function::Softplus, 0.0, std::f64::consts::LN_2),
            (Function::Erf, 0.5, 0.520_499_877_813_047),
            (leaky, -2.0, -0.5),
            (elu, -1.0, 2.0 * ((-1.0f64).exp() - 1.0)),
            (Function::hard_swish(), 1.0, 2.0 / 3.0),
            (Function::hard_swish(), -4.0, 0.0),
            (Function::hard_swish(), 4.0, 4.0),
            (Function::gelu(), 1.0, 0.841_344_746_068_543),
            (Function::gelu_by_tanh(), 1.0, 0.841_191_990_608_276),
            (Function::mish(), 1.0, 0.865_098_388_267_310),
            (Function::Abs, -3.0, 3.0),
            (Function::Exp, 1.0, std::f64::consts::E),
            (Function::Softsign, -3.0, -0.75),
            (Function::Reciprocal, 4.0, 0.25),
            (Function::Log.then(Function::Exp), 3.0, 3.0),
            (Function::Sqrt, 2.25, 1.5),
            (Function::Power(3.0), -2.0, -8.0),
            (Function::Tanh.over(Function::Exp), 0.0, 0.0),
            (Function::Abs.or_less(Function::number(2.0)), -3.0, 2.0),
            (Function::thresholded(1.0), 1.0, 0.0),
            (Function::thresholded(1.0), 1.5, 1.5),
            (Function::selu(2.0, 3.0), -1.0, 6.0 * (-1.0f64).exp_m1()),
            (Function::selu(2.0, 3.0), 0.5, 1.5),
        ] {
            let found = function.apply(x);
            assert!((found - expected).abs() < 1e-12, "{function:?} {found}");
        }
    }

    #[test]
    fn far_from_zero_nothing_overflows() {
        let elu = Function::Elu { alpha: 1.0 };
        for function in [Function::Sigmoid, Function::Tanh, Function::Softplus, elu] {
            let (low, high) = (function.apply(-1e6), function.apply(1e6));
            assert!(low.is_finite() && high.is_finite(), "{function:?}");
        }
        assert_eq!(Function::Softplus.apply(1e6), 1e6);
        assert_eq!(Function::Sigmoid.apply(-1e6), 0.0);
    }
}
