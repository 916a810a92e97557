//! The time axis: steps of the schedule from left to right.
//!
//! A step's width is a share of its operator's. Half of the axis is dealt out to the operators
//! evenly, so that the smallest is still seen; half by their multiply-accumulates, so that what
//! takes long looks long. Widths by steps alone would give an image fed row by row most of a
//! layer-by-layer plan.

use crate::memory_map::MemoryMap;

use super::style::tick;

/// Where each step is.
pub struct Time {
    /// Left edge of each step, and the right one of the last.
    edges: Vec<f64>,
}

/// A stretch of the axis over which a value stays the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Its left edge.
    pub from: f64,
    /// Its right edge.
    pub to: f64,
    /// The value.
    pub value: usize,
}

impl Time {
    /// Of the steps of a map, from `left` on and `width` wide.
    pub fn of(map: &MemoryMap, left: f64, width: f64) -> Self {
        let count = map.tensors.len();
        let mut steps = vec![0usize; count];
        for step in &map.steps {
            steps[step.op] += 1;
        }
        let work: u64 = map.tensors.iter().map(|tensor| tensor.macs).sum();
        let shares: Vec<f64> = map
            .tensors
            .iter()
            .zip(steps)
            .map(|(tensor, steps)| {
                let even = 1.0 / count as f64;
                let by_work = match work {
                    0 => even,
                    _ => tensor.macs as f64 / work as f64,
                };
                (even + by_work) / 2.0 / steps as f64
            })
            .collect();
        let mut edge = 0.0;
        let ends = map.steps.iter().map(|step| {
            edge += shares[step.op];
            left + width * edge.min(1.0)
        });
        Self {
            edges: std::iter::once(left).chain(ends).collect(),
        }
    }

    /// Left edge of a step; behind the last step, the end of the axis.
    pub fn start(&self, step: usize) -> f64 {
        self.edges[step.min(self.edges.len() - 1)]
    }

    /// Right edge of a step.
    pub fn end(&self, step: usize) -> f64 {
        self.start(step + 1)
    }

    /// Steps with a round number, at least `distance` from one another.
    pub fn ticks(&self, distance: f64) -> Vec<usize> {
        let steps = self.edges.len() - 1;
        let every = tick(steps as f64, 40.0) as usize;
        let mut last = f64::NEG_INFINITY;
        (0..steps)
            .step_by(every)
            .filter(|&step| {
                let far = self.start(step) - last >= distance;
                if far {
                    last = self.start(step);
                }
                far
            })
            .collect()
    }

    /// A curve through runs of steps (first, last, value), zero in between. Neighbours
    /// narrower than a pixel become one, of their greatest value: so a peak is always seen, and a picture
    /// of a million steps is no larger than one of thousands.
    pub fn curve(&self, runs: impl IntoIterator<Item = (usize, usize, usize)>) -> Vec<Stretch> {
        let mut curve: Vec<Stretch> = Vec::new();
        let mut next = None;
        for (first, last, value) in runs {
            if let Some(gap) = next.filter(|&next| next < first) {
                push(&mut curve, self.start(gap), self.start(first), 0);
            }
            push(&mut curve, self.start(first), self.end(last), value);
            next = Some(last + 1);
        }
        curve
    }
}

fn push(curve: &mut Vec<Stretch>, from: f64, to: f64, value: usize) {
    match curve.last_mut() {
        Some(last) if last.value == value => last.to = to,
        Some(last) if last.to - last.from < 1.0 && to - from < 1.0 => {
            last.to = to;
            last.value = last.value.max(value);
        }
        _ => curve.push(Stretch { from, to, value }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Stretch, Time};

    fn time(edges: &[f64]) -> Time {
        Time {
            edges: edges.to_vec(),
        }
    }

    #[test]
    fn narrow_stretches_become_one_of_their_greatest_value() {
        let time = time(&[0.0, 0.3, 0.6, 0.9, 9.0, 12.0, 20.0]);
        let curve = time.curve([(0, 0, 2), (1, 1, 5), (2, 2, 1), (3, 3, 4), (5, 5, 4)]);
        let stretch = |from, to, value| Stretch { from, to, value };
        assert_eq!(
            curve,
            [
                stretch(0.0, 0.9, 5),
                stretch(0.9, 9.0, 4),
                stretch(9.0, 12.0, 0),
                stretch(12.0, 20.0, 4)
            ]
        );
    }

    #[test]
    fn ticks_keep_their_distance() {
        let edges: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!(time(&edges).ticks(30.0), [0, 30, 60, 90]);
    }
}
