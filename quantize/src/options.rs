//! What a user chooses about a quantization.

use crate::Error;
use crate::plan::Ram;
use crate::ptq::options::{Effort, Ptq};

/// What the net is fed: `(pixel - mean) / std`, pixel in 0..255.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalization {
    /// One number for all channels, or one a channel in the order in which the net takes them.
    pub mean: Vec<f32>,
    /// As `mean`.
    pub std: Vec<f32>,
    /// The net takes blue first.
    pub bgr: bool,
}

impl Normalization {
    /// One that leaves pixels as they are.
    pub fn plain(channels: usize) -> Self {
        Self {
            mean: vec![0.0; channels],
            std: vec![1.0; channels],
            bgr: false,
        }
    }

    /// The same with one number for each channel.
    ///
    /// # Errors
    /// Numbers that do not fit the channels, are not finite, or divide by zero.
    pub fn spread(&self, channels: usize) -> Result<Self, Error> {
        let list = |what, numbers: &[f32]| match numbers.len() {
            1 => Ok(vec![numbers[0]; channels]),
            have if have == channels => Ok(numbers.to_vec()),
            have => Err(Error::Normalization {
                what,
                have,
                channels,
            }),
        };
        let mean = list("--mean", &self.mean)?;
        let std = list("--std", &self.std)?;
        let wrong = |value: &&f32| !value.is_finite();
        if let Some(&value) = mean.iter().find(wrong) {
            return Err(Error::NormalizationValue {
                what: "--mean",
                value,
            });
        }
        if let Some(&value) = std.iter().find(|value| wrong(value) || **value == 0.0) {
            return Err(Error::NormalizationValue {
                what: "--std",
                value,
            });
        }
        Ok(Self {
            mean,
            std,
            bgr: self.bgr,
        })
    }
}

/// How the range of an activation tensor is chosen from what the calibration images show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RangeMethod {
    /// All values seen.
    MinMax,
    /// All but the outermost values.
    Percentile,
    /// The range with the least mean squared error.
    Mse,
    /// The range that keeps most of how the values are spread.
    Entropy,
}

impl RangeMethod {
    /// All methods, in the order in which they are tried.
    pub const ALL: [Self; 4] = [Self::MinMax, Self::Percentile, Self::Mse, Self::Entropy];

    /// The method's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::MinMax => "minmax",
            Self::Percentile => "percentile",
            Self::Mse => "mse",
            Self::Entropy => "entropy",
        }
    }
}

/// What a user chooses about a quantization.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the net is fed.
    pub normalization: Normalization,
    /// Class names, in order of the classes; empty for none.
    pub labels: Vec<String>,
    /// `None`: whichever method gives the better output SQNR on the calibration images.
    pub ranges: Option<RangeMethod>,
    /// What the plan is made for.
    pub ram: Ram,
    /// The passes that choose the numbers.
    pub ptq: Ptq,
}

impl Options {
    /// Whether they leave no choice that has to be judged.
    pub fn is_settled(&self) -> bool {
        self.ranges.is_some() && !self.runs_passes()
    }

    /// Whether any pass may run besides the choice of ranges.
    pub fn runs_passes(&self) -> bool {
        let Ptq {
            effort,
            equalize,
            adaptive_rounding,
            int16,
        } = self.ptq;
        let passes = [equalize, adaptive_rounding, int16];
        let runs = passes.map(|pass| pass.unwrap_or(effort != Effort::Fast));
        runs.contains(&true)
    }
}
