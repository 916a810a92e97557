//! Adaptive rounding: the integer weights of one output channel whose *outputs* are nearest.
//!
//! With `w` the wanted real weights and `A` the second moments of the inputs, integer weights `q` of
//! step `s` err by `(s q - w)ᵀ A (s q - w)`. Rounding each weight to the nearest leaves out that
//! inputs are correlated: what one weight errs, its neighbours can make up for. Two steps:
//!
//! 1. Optimal Brain Quantization in a fixed order, as in Frantar, Ashkboos, Hoefler and Alistarh,
//!    "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers" (ICLR
//!    2023): a weight is rounded, and those that are still to come take its error in. With a
//!    Cholesky factor of `A` itself this is Babai's nearest plane: no inverse is needed.
//! 2. Coordinate descent, as in Behdin et al., "QuantEase: Optimization-Based Quantization for
//!    Language Models" (2023): each weight moves to the integer that is best given all the others,
//!    until none moves.

use super::matrix::{Square, dot};

/// Most rounds of coordinate descent.
const SWEEPS: usize = 8;

/// Greatest magnitude of a weight.
const MOST: f64 = 127.0;

/// Second moments of the inputs, ready to round any number of output channels.
pub struct Rounder {
    /// Inputs by energy. They are rounded from the last one on: the first to be rounded finds all
    /// others still able to make up for it.
    order: Vec<usize>,
    /// The moments in that order.
    moments: Square,
    /// The transposed Cholesky factor of the moments.
    upper: Square,
    /// The Cholesky factor.
    lower: Square,
}

/// Integer weights of one output channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// In steps of the scale, in the order of the inputs.
    pub weights: Vec<i8>,
    /// Real value of one step.
    pub scale: f64,
    /// `(s q - w)ᵀ A (s q - w)`.
    pub error: f64,
}

impl Rounder {
    /// `None` where the moments are not positive.
    pub fn new(moments: &Square) -> Option<Self> {
        let mut order: Vec<usize> = (0..moments.size).collect();
        order.sort_by(|&a, &b| moments.diagonal(a).total_cmp(&moments.diagonal(b)));
        let moments = moments.reordered(&order);
        let lower = moments.cholesky()?;
        let size = lower.size;
        let transposed = (0..size * size).map(|at| lower.entries[at % size * size + at / size]);
        Some(Self {
            upper: Square {
                size,
                entries: transposed.collect(),
            },
            order,
            moments,
            lower,
        })
    }

    /// The weights `w` with `A w = target`.
    pub fn solve(&self, target: &[f64]) -> Vec<f64> {
        let mut ordered: Vec<f64> = self.order.iter().map(|&at| target[at]).collect();
        self.lower.solve(&mut ordered);
        let mut weights = vec![0.0; ordered.len()];
        for (&at, &weight) in self.order.iter().zip(&ordered) {
            weights[at] = weight;
        }
        weights
    }

    /// Rounds the wanted weights to steps of `scale`.
    pub fn round(&self, wanted: &[f64], scale: f64) -> Row {
        let wanted: Vec<f64> = self.order.iter().map(|&at| wanted[at]).collect();
        let (mut steps, mut errors) = self.nearest_plane(&wanted, scale);
        let mut gradient: Vec<f64> = (0..steps.len())
            .map(|row| dot(self.moments.row(row), &errors))
            .collect();
        for _ in 0..SWEEPS {
            let mut moved = false;
            for at in 0..steps.len() {
                let ideal = steps[at] - gradient[at] / (self.moments.diagonal(at) * scale);
                let step = ideal.round().clamp(-MOST, MOST);
                if step != steps[at] {
                    let by = (step - steps[at]) * scale;
                    steps[at] = step;
                    errors[at] += by;
                    for (gradient, moment) in gradient.iter_mut().zip(self.moments.row(at)) {
                        *gradient += by * moment;
                    }
                    moved = true;
                }
            }
            if !moved {
                break;
            }
        }
        let mut weights = vec![0; steps.len()];
        for (&at, &step) in self.order.iter().zip(&steps) {
            weights[at] = step as i8;
        }
        Row {
            weights,
            scale,
            error: dot(&errors, &gradient),
        }
    }

    /// Babai's nearest plane: steps, and what each errs.
    fn nearest_plane(&self, wanted: &[f64], scale: f64) -> (Vec<f64>, Vec<f64>) {
        let (mut steps, mut errors) = (vec![0.0; wanted.len()], vec![0.0; wanted.len()]);
        for at in (0..wanted.len()).rev() {
            let row = self.upper.row(at);
            let owed = dot(&row[at + 1..], &errors[at + 1..]) / row[at];
            let step = ((wanted[at] - owed) / scale).round().clamp(-MOST, MOST);
            steps[at] = step;
            errors[at] = step * scale - wanted[at];
        }
        (steps, errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moments of inputs that all follow one common signal.
    fn correlated(size: usize) -> Square {
        let mut moments = Square::zeros(size);
        let share = |at: usize| 1.0 + (at * 37 % 11) as f64 / 10.0;
        for at in 0..size * size {
            moments.entries[at] = share(at / size) * share(at % size);
        }
        moments.shifted(0.2)
    }

    fn wanted(size: usize) -> Vec<f64> {
        let value = |at: usize| ((at * 7919 + 5) % 1009) as f64 / 1009.0 - 0.5;
        (0..size).map(value).collect()
    }

    fn error(moments: &Square, wanted: &[f64], row: &[i8], scale: f64) -> f64 {
        let errors: Vec<f64> = row
            .iter()
            .zip(wanted)
            .map(|(&step, wanted)| f64::from(step) * scale - wanted)
            .collect();
        let gradient: Vec<f64> = (0..moments.size)
            .map(|row| dot(moments.row(row), &errors))
            .collect();
        dot(&errors, &gradient)
    }

    #[test]
    fn correlated_inputs_make_up_for_each_other() {
        let (moments, wanted, scale) = (correlated(48), wanted(48), 0.5 / 127.0);
        let nearest: Vec<i8> = wanted
            .iter()
            .map(|weight| (weight / scale).round() as i8)
            .collect();
        let row = Rounder::new(&moments).unwrap().round(&wanted, scale);
        let before = error(&moments, &wanted, &nearest, scale);
        let after = error(&moments, &wanted, &row.weights, scale);
        assert!((row.error - after).abs() < 1e-9 * after.max(1e-9) + 1e-15);
        assert!(after < 0.7 * before, "{after} {before}");
    }

    #[test]
    fn no_single_step_betters_it() {
        let (moments, wanted, scale) = (correlated(20), wanted(20), 0.01);
        let row = Rounder::new(&moments).unwrap().round(&wanted, scale);
        for at in 0..20 {
            for by in [-1, 1] {
                let mut other = row.weights.clone();
                other[at] += by;
                assert!(error(&moments, &wanted, &other, scale) >= row.error - 1e-12);
            }
        }
    }

    #[test]
    fn the_target_is_solved_for() {
        let moments = correlated(9);
        let truth = wanted(9);
        let target: Vec<f64> = (0..9).map(|row| dot(moments.row(row), &truth)).collect();
        let found = Rounder::new(&moments).unwrap().solve(&target);
        for (truth, found) in truth.iter().zip(&found) {
            assert!((truth - found).abs() < 1e-9);
        }
    }
}
