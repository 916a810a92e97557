//! What a user chooses about a quantization.

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
}
