//! The range of each activation tensor, by one of three methods.
//!
//! `minmax` keeps all that was seen; `percentile` leaves out the outermost 1/10,000 on each side;
//! `mse` searches the range whose clipping and rounding errors together are least (the expected
//! rounding error of a step is step²/12, the clipping error is summed over the histogram).

use crate::RangeMethod;
use crate::histogram::Histogram;

/// Part of the values that `percentile` leaves out on each side.
const TAIL: f64 = 1e-4;
/// Steps of the search of `mse` on each side.
const STEPS: u32 = 64;

/// Least and greatest value that a tensor's int8 stand for; zero lies within.
pub fn range(histogram: &Histogram, method: RangeMethod) -> (f32, f32) {
    let (min, max) = match method {
        RangeMethod::MinMax => histogram.extremes(),
        RangeMethod::Percentile => percentile(histogram),
        RangeMethod::Mse => least_error(histogram),
    };
    (min.min(0.0), max.max(0.0))
}

fn percentile(histogram: &Histogram) -> (f32, f32) {
    let tail = (histogram.total() as f64 * TAIL) as u64;
    let (min, max) = histogram.extremes();
    let bins: Vec<_> = histogram.bins().collect();
    let (lo, hi) = (edge(bins.iter(), tail), edge(bins.iter().rev(), tail));
    (lo.max(min), hi.min(max))
}

/// The first bin, in this order, behind the `tail` outermost values.
fn edge<'a>(mut bins: impl Iterator<Item = &'a (f32, u64)>, tail: u64) -> f32 {
    let mut left_out = 0;
    let kept = bins.find(|(_, count)| {
        left_out += count;
        left_out > tail
    });
    kept.map_or(0.0, |(value, _)| *value)
}

/// Shrinks the side on which it helps more, step by step, as far as it helps at all.
fn least_error(histogram: &Histogram) -> (f32, f32) {
    let (min, max) = histogram.extremes();
    let (min, max) = (min.min(0.0), max.max(0.0));
    let bins: Vec<_> = histogram.bins().collect();
    let total = histogram.total() as f64;
    let error = |lo: f32, hi: f32| {
        let step = f64::from(hi - lo) / 255.0;
        let clipped = bins.iter().map(|&(value, count)| {
            let beyond = f64::from((value - hi).max(lo - value).max(0.0));
            beyond * beyond * count as f64
        });
        clipped.sum::<f64>() + total * step * step / 12.0
    };
    let mut best = (min, max);
    let mut least = error(min, max);
    let part = |side: f32, step: u32| side * (1.0 - step as f32 / (STEPS as f32 * 1.25));
    let lows = if min < 0.0 { STEPS } else { 1 };
    let highs = if max > 0.0 { STEPS } else { 1 };
    // Coarse over both sides, then fine around the best: the error is smooth in both.
    for (stride, around) in [(8, None), (1, Some(8))] {
        let centre = best;
        for low in (0..lows).step_by(stride) {
            for high in (0..highs).step_by(stride) {
                let (lo, hi) = (part(min, low), part(max, high));
                let near = |value: f32, centre: f32, side: f32, width: u32| {
                    (value - centre).abs()
                        <= (side / (STEPS as f32 * 1.25)).abs() * width as f32 + f32::EPSILON
                };
                if let Some(width) = around
                    && !(near(lo, centre.0, min, width) && near(hi, centre.1, max, width))
                {
                    continue;
                }
                let found = error(lo, hi);
                if found < least {
                    (best, least) = ((lo, hi), found);
                }
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = f32>) -> Histogram {
        let mut histogram = Histogram::default();
        histogram.record(&values.into_iter().collect::<Vec<_>>());
        histogram
    }

    #[test]
    fn minmax_keeps_all_and_zero() {
        let histogram = of([1.0, 2.0, 5.0]);
        assert_eq!(range(&histogram, RangeMethod::MinMax), (0.0, 5.0));
    }

    #[test]
    fn outliers_do_not_stretch_percentile_and_mse() {
        let bulk = (0..100_000).map(|at| (at % 1000) as f32 / 1000.0);
        let histogram = of(bulk.chain([50.0]));
        let (_, minmax) = range(&histogram, RangeMethod::MinMax);
        let (_, percentile) = range(&histogram, RangeMethod::Percentile);
        let (_, mse) = range(&histogram, RangeMethod::Mse);
        assert_eq!(minmax, 50.0);
        assert!((0.9..1.1).contains(&percentile), "{percentile}");
        // Clipping costs (50 - h)^2, rounding 100,000 * (h / 255)^2 / 12: least at 50 / 1.128.
        assert!((43.5..45.1).contains(&mse), "{mse}");
    }

    #[test]
    fn mse_keeps_a_uniform_range() {
        let histogram = of((0..10_000).map(|at| at as f32 / 10_000.0 - 0.5));
        let (lo, hi) = range(&histogram, RangeMethod::Mse);
        assert!(lo < -0.48 && hi > 0.48, "{lo} {hi}");
    }
}
