//! The range of each activation tensor, by one of four methods.
//!
//! `minmax` keeps all that was seen; `percentile` leaves out the outermost 1/10,000 on each side;
//! `mse` searches the range whose clipping and rounding errors together are least (the expected
//! rounding error of a step is step²/12, the clipping error is summed over the histogram);
//! `entropy` the range whose 256 steps tell most of how the values are spread (Migacz, "8-bit
//! Inference with TensorRT", GTC 2017).

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
        RangeMethod::Entropy => least_divergence(histogram),
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

/// Levels of the coarse histogram.
const LEVELS: usize = 255;
/// Parts of the full range that `entropy` tries; the narrowest has a quarter of them.
const PARTS: u32 = 64;

/// The part of the full range with the least Kullback-Leibler divergence of the histogram in 255
/// levels from the histogram itself, whose values beyond the range count as its ends.
fn least_divergence(histogram: &Histogram) -> (f32, f32) {
    let (min, max) = histogram.extremes();
    let (min, max) = (min.min(0.0), max.max(0.0));
    // Zeros, and what rounds to them, are on a step of every range and tell nothing about any.
    let zero = (max - min) / (2.0 * LEVELS as f32);
    let bins: Vec<_> = histogram
        .bins()
        .filter(|(value, _)| value.abs() > zero)
        .collect();
    let part = |part: u32| {
        let share = part as f32 / PARTS as f32;
        (min * share, max * share)
    };
    let candidates = (PARTS / 4..=PARTS).rev().map(part);
    let divergences = candidates.map(|range| (divergence(&bins, range), range));
    let best = divergences.reduce(|best, next| if next.0 < best.0 { next } else { best });
    best.map_or((min, max), |(_, range)| range)
}

/// Divergence of the bins, gathered in levels over `lo ..= hi`, from the bins.
fn divergence(bins: &[(f32, u64)], (lo, hi): (f32, f32)) -> f64 {
    let width = f64::from(hi) - f64::from(lo);
    let inside = |value: f32| (lo..=hi).contains(&value);
    let kept: Vec<(f32, u64)> = bins.iter().copied().filter(|bin| inside(bin.0)).collect();
    if width <= 0.0 || kept.is_empty() {
        return f64::INFINITY;
    }
    let level = |value: f32| {
        let share = (f64::from(value) - f64::from(lo)) / width;
        ((share * LEVELS as f64) as usize).min(LEVELS - 1)
    };
    // For each level what it holds, and in how many bins.
    let mut levels = [(0u64, 0u64); LEVELS];
    for &(value, count) in &kept {
        let (held, bins) = &mut levels[level(value)];
        *held += count;
        *bins += 1;
    }
    let clipped = |outside: &dyn Fn(f32) -> bool| -> u64 {
        let beyond = bins.iter().filter(|(value, _)| outside(*value));
        beyond.map(|(_, count)| count).sum()
    };
    let (below, above) = (clipped(&|value| value < lo), clipped(&|value| value > hi));
    let total: u64 = bins.iter().map(|(_, count)| count).sum();
    let held: u64 = kept.iter().map(|(_, count)| count).sum();
    let last = kept.len() - 1;
    let of_bin = |(at, &(value, count)): (usize, &(f32, u64))| {
        let beyond = u64::from(at == 0) * below + u64::from(at == last) * above;
        let truth = (count + beyond) as f64 / total as f64;
        let (in_level, bins) = levels[level(value)];
        let found = in_level as f64 / bins as f64 / held as f64;
        truth * (truth / found).ln()
    };
    kept.iter().enumerate().map(of_bin).sum()
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
    fn entropy_cuts_a_thin_tail() {
        // Exponential, so that an eighth of the range holds nearly all values.
        let values = (0..200_000).map(|at| -(1.0 - at as f32 / 200_000.0).ln());
        let histogram = of(values.chain([60.0]));
        let (lo, hi) = range(&histogram, RangeMethod::Entropy);
        assert!(lo == 0.0 && (10.0..25.0).contains(&hi), "{hi}");
    }

    #[test]
    fn mse_keeps_a_uniform_range() {
        let histogram = of((0..10_000).map(|at| at as f32 / 10_000.0 - 0.5));
        let (lo, hi) = range(&histogram, RangeMethod::Mse);
        assert!(lo < -0.48 && hi > 0.48, "{lo} {hi}");
    }
}
