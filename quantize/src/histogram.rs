//! What calibration remembers of an activation tensor: a histogram that any order of images gives.
//!
//! Bins are equal and cover `-limit .. limit`, limit a power of two. A value beyond the limit
//! doubles it, and pairs of bins merge; since limits are powers of two the counts are the same
//! whatever came first, and histograms of several threads add up exactly.

const BINS: usize = 8192;

/// A histogram of the values of one tensor.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Vec<u64>,
    limit: f32,
    min: f32,
    max: f32,
    finite: bool,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; BINS],
            limit: (-30f32).exp2(),
            min: f32::INFINITY,
            max: f32::NEG_INFINITY,
            finite: true,
        }
    }
}

impl Histogram {
    /// Takes values in.
    pub fn record(&mut self, values: &[f32]) {
        let (min, max) = values
            .iter()
            .fold((self.min, self.max), |(min, max), &value| {
                (min.min(value), max.max(value))
            });
        self.finite &= values.iter().all(|value| value.is_finite());
        if values.is_empty() || !self.finite {
            return;
        }
        (self.min, self.max) = (min, max);
        self.reach(min.abs().max(max.abs()));
        let scale = BINS as f32 / (2.0 * self.limit);
        for value in values {
            let bin = ((value + self.limit) * scale) as usize;
            self.counts[bin.min(BINS - 1)] += 1;
        }
    }

    /// Adds what another histogram has seen.
    pub fn merge(mut self, mut other: Self) -> Self {
        self.reach(other.limit);
        other.reach(self.limit);
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        Self {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            finite: self.finite && other.finite,
            ..self
        }
    }

    /// Doubles the limit until it covers `value`.
    fn reach(&mut self, value: f32) {
        while self.limit < value {
            let mut wider = vec![0; BINS];
            for (pair, counts) in self.counts.chunks_exact(2).enumerate() {
                wider[BINS / 4 + pair] = counts[0] + counts[1];
            }
            self.counts = wider;
            self.limit *= 2.0;
        }
    }

    /// Whether every value was a number.
    pub fn is_finite(&self) -> bool {
        self.finite
    }

    /// Least and greatest value seen; 0, 0 if nothing was.
    pub fn extremes(&self) -> (f32, f32) {
        if self.min > self.max {
            (0.0, 0.0)
        } else {
            (self.min, self.max)
        }
    }

    /// Bins that are not empty: value in the middle, count.
    pub fn bins(&self) -> impl Iterator<Item = (f32, u64)> + '_ {
        let width = 2.0 * self.limit / BINS as f32;
        let middle = move |bin: usize| (bin as f32 + 0.5) * width - self.limit;
        let bins = self
            .counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0);
        bins.map(move |(bin, count)| (middle(bin), *count))
    }

    /// Number of values seen.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_images_does_not_matter() {
        let parts = [
            vec![0.1, -0.3, 7.0],
            vec![0.01, 1000.0],
            vec![-64.0, 3.0, 0.0],
        ];
        let of = |order: [usize; 3]| {
            let mut histogram = Histogram::default();
            order
                .iter()
                .for_each(|&part| histogram.record(&parts[part]));
            histogram
        };
        let (one, two) = (of([0, 1, 2]), of([2, 1, 0]));
        assert_eq!(one.counts, two.counts);
        let merged = of([0, 0, 0]).merge(of([1, 2, 2]));
        assert_eq!(merged.extremes(), (-64.0, 1000.0));
        assert_eq!(merged.total(), 9 + 8);
    }

    #[test]
    fn a_number_that_is_none_is_noticed() {
        let mut histogram = Histogram::default();
        histogram.record(&[1.0, f32::NAN]);
        assert!(!histogram.is_finite());
    }
}
