//! How far figures that were counted on some images may be from those on all images.
//!
//! A share of 300 images is known to a few percentage points only. An interval of 95 % says to how
//! many: of all intervals that are made so, 95 % hold the true value. For one share it is Wilson's
//! score interval (Wilson 1927, *Probable inference, the law of succession, and statistical
//! inference*). Two nets that saw the same images are compared image by image, which tells far more
//! than two intervals beside each other: by Tango's score interval of the difference (Tango 1998,
//! *Equivalence test and confidence interval for the difference in proportions for the
//! paired-sample design*) and by McNemar's exact test (McNemar 1947). Tango's interval keeps its
//! level where few images differ, even where none does, which is the usual case here.

/// Least and greatest value that the images leave possible, at 95 %.
pub type Interval = [f64; 2];

/// 95 % of a normal distribution lie within so many standard deviations.
const Z: f64 = 1.959_963_984_540_054;

/// Wilson's interval of a share: `hits` of `total` images.
pub fn wilson(hits: usize, total: usize) -> Interval {
    let total = total.max(1) as f64;
    let share = hits as f64 / total;
    let weight = Z * Z / total;
    let middle = share + weight / 2.0;
    let half = Z * (share * (1.0 - share) / total + weight / (4.0 * total)).sqrt();
    [middle - half, middle + half].map(|limit| (limit / (1.0 + weight)).clamp(0.0, 1.0))
}

/// What two nets got right of the same images: only where one is right and the other is wrong do
/// they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paired {
    /// Images of which only the first net is right.
    pub only_first: usize,
    /// Images of which only the second net is right.
    pub only_second: usize,
    /// All images.
    pub total: usize,
}

impl Paired {
    /// Share of right answers that the first net has more than the second.
    pub fn difference(&self) -> f64 {
        (self.only_first as f64 - self.only_second as f64) / self.total.max(1) as f64
    }

    /// Tango's interval of the difference: all differences that a score test does not reject.
    pub fn interval(&self) -> Interval {
        [-1.0, 1.0].map(|end| {
            let (mut inside, mut outside) = (self.difference(), end);
            // Halved often enough to reach the last bits of an f64.
            for _ in 0..60 {
                let middle = (inside + outside) / 2.0;
                if self.rejects(middle) {
                    outside = middle;
                } else {
                    inside = middle;
                }
            }
            inside
        })
    }

    /// Whether the score test rejects that `difference` is the true one, at 5 %.
    fn rejects(&self, difference: f64) -> bool {
        let Self {
            only_first,
            only_second,
            total,
        } = *self;
        let [first, second, total] = [only_first, only_second, total].map(|count| count as f64);
        // The most likely share of images of which only the second is right, given the difference:
        // the root of a q^2 + b q + c.
        let a = 2.0 * total;
        let b = (2.0 * total - first + second) * difference - first - second;
        let c = -second * difference * (1.0 - difference);
        let share = ((b * b - 4.0 * a * c).max(0.0).sqrt() - b) / (2.0 * a);
        let variance = total * (2.0 * share + difference * (1.0 - difference));
        let distance = first - second - total * difference;
        distance * distance > Z * Z * variance
    }

    /// McNemar's exact p, two-sided: how often chance alone makes the nets differ so much, if an
    /// image on which one of them is right is as likely to be the first's as the second's.
    pub fn mcnemar(&self) -> f64 {
        let differing = self.only_first + self.only_second;
        let fewer = self.only_first.min(self.only_second);
        // Logarithms, since 2^-differing soon is below what an f64 holds.
        let mut log_term = -(differing as f64) * std::f64::consts::LN_2;
        let mut tail = log_term.exp();
        for count in 1..=fewer {
            log_term += ((differing - count + 1) as f64 / count as f64).ln();
            tail += log_term.exp();
        }
        (2.0 * tail).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Interval, Paired, Z, wilson};

    fn paired(only_first: usize, only_second: usize, total: usize) -> Paired {
        Paired {
            only_first,
            only_second,
            total,
        }
    }

    /// The intervals are those of the literature, to its digits.
    fn assert_near(found: Interval, expected: Interval, digits: f64) {
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() < digits, "{found} {expected}");
        }
    }

    #[test]
    fn wilson_gives_newcombes_figures() {
        // Newcombe 1998, Two-sided confidence intervals for the single proportion, table I.
        for (hits, total, expected) in [
            (81, 263, [0.2553, 0.3662]),
            (15, 148, [0.0624, 0.1605]),
            (0, 20, [0.0, 0.1611]),
            (1, 29, [0.0061, 0.1718]),
        ] {
            assert_near(wilson(hits, total), expected, 0.5e-4);
        }
        assert_eq!(wilson(20, 20)[1], 1.0);
    }

    #[test]
    fn tango_gives_published_figures() {
        // Fagerland, Lydersen and Laake 2014, Recommended tests and confidence intervals for
        // paired binomial proportions: airway reactivity of 21 children.
        assert_near(paired(1, 7, 21).interval(), [-0.517, -0.026], 0.5e-3);
        // Agresti and Min 2005, Simple improved confidence intervals for comparing matched
        // proportions: a trial of 86 patients.
        assert_near(paired(16, 8, 86).interval(), [-0.020, 0.207], 0.5e-3);
    }

    #[test]
    fn the_extremes_have_closed_forms() {
        let limit = Z * Z / (300.0 + Z * Z);
        assert_near(paired(0, 0, 300).interval(), [-limit, limit], 1e-12);
        // As far from equal as can be.
        let limit = (9.0 - Z * Z) / (9.0 + Z * Z);
        assert_near(paired(9, 0, 9).interval(), [limit, 1.0], 1e-12);
    }

    #[test]
    fn the_interval_leaves_out_zero_where_mcnemars_statistic_is_significant() {
        for first in 0..40 {
            for second in 0..40 {
                let pair = paired(first, second, 100);
                let [lo, hi] = pair.interval();
                assert!(lo <= pair.difference() && pair.difference() <= hi);
                let [first, second] = [first, second].map(|count| count as f64);
                let statistic = (first - second).powi(2) / (first + second).max(1.0);
                assert_eq!(lo > 0.0 || hi < 0.0, statistic > Z * Z, "{pair:?}");
            }
        }
    }

    #[test]
    fn mcnemar_gives_published_figures() {
        // Armitage and Berry 1994, p. 127: two media for culturing tubercle bacilli.
        assert!((paired(12, 2, 50).mcnemar() - 0.0129).abs() < 0.5e-4);
        // Fagerland, Lydersen and Laake 2013, The McNemar test for binary matched-pairs data: 9 of
        // the 256 ways in which 8 images can fall, twice.
        assert!((paired(1, 7, 21).mcnemar() - 18.0 / 256.0).abs() < 1e-12);
        assert_eq!(paired(0, 0, 300).mcnemar(), 1.0);
        assert_eq!(paired(5, 5, 300).mcnemar(), 1.0);
    }

    #[test]
    fn mcnemar_holds_for_many_images() {
        // The normal distribution is near: z is 2.0 and 1.98 with the correction for continuity.
        let p = paired(5100, 4900, 50_000).mcnemar();
        assert!((0.0455..0.0478).contains(&p), "{p}");
        assert!(paired(40_000, 10_000, 50_000).mcnemar() < 1e-300);
    }
}
