//! Signal to quantization noise ratio.

/// Energies of a signal and of its error, over any number of answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sqnr {
    signal: f64,
    noise: f64,
}

impl Sqnr {
    /// Takes in an answer: the truth and what stands for it.
    pub fn add(&mut self, truth: &[f32], found: impl IntoIterator<Item = f32>) {
        for (&truth, found) in truth.iter().zip(found) {
            let error = f64::from(truth) - f64::from(found);
            self.signal += f64::from(truth) * f64::from(truth);
            self.noise += error * error;
        }
    }

    /// Of both together.
    pub fn merge(self, other: Self) -> Self {
        Self {
            signal: self.signal + other.signal,
            noise: self.noise + other.noise,
        }
    }

    /// `10 log10(signal / noise)`; infinite where there is no noise.
    pub fn db(&self) -> f64 {
        10.0 * (self.signal / self.noise).log10()
    }
}

#[cfg(test)]
mod tests {
    use super::Sqnr;

    #[test]
    fn a_tenth_of_the_amplitude_is_20_db() {
        let mut sqnr = Sqnr::default();
        sqnr.add(&[1.0, -1.0], [1.1, -1.1]);
        assert!((sqnr.db() - 20.0).abs() < 1e-4);
    }
}
