//! Which passes run, as the user chose.

/// How much work goes into the numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Ranges by the better method, weights to the nearest, biases corrected by what the f32 net
    /// shows.
    Fast,
    /// Equalization and adaptive rounding; of nets whose answers are far off, int16 for some tensors.
    #[default]
    Default,
    /// The same with all images and more samples of each, and int16 wherever it helps.
    Best,
}

impl Effort {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Default => "default",
            Self::Best => "best",
        }
    }
}

/// The passes that a user allows and asks for. `None`: the effort decides, and the pass is kept
/// only if the net's answers are not worse for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ptq {
    /// How much work goes into the numbers.
    pub effort: Effort,
    /// Equalization.
    pub equalize: Option<bool>,
    /// Adaptive rounding; without it weights are rounded to the nearest.
    pub adaptive_rounding: Option<bool>,
    /// Int16 for the few tensors that need it.
    pub int16: Option<bool>,
}

impl Ptq {
    /// The least effort.
    pub const FAST: Self = Self {
        effort: Effort::Fast,
        equalize: None,
        adaptive_rounding: None,
        int16: None,
    };

    /// Whether a pass with this switch runs, if it does so from effort `from` on.
    pub fn runs(&self, switch: Option<bool>, from: Effort) -> bool {
        switch.unwrap_or(self.effort as u8 >= from as u8)
    }
}
