//! Segments that need not be looked at, since cutting them everywhere does no harm.
//!
//! Where every operator by itself, and every tensor that would then be whole, takes no more than
//! some threshold, a longer segment cannot bring the most bytes of a plan below what the threshold
//! is or what other parts of the net take. Late layers with small images are like that: without this
//! rule most of the search would go there. A search with a threshold has the best plan if that takes
//! more than the threshold; else it is made again with a lower one.

use std::ops::Range;

/// Which stretches of a net are loose, for one threshold.
pub struct Loose {
    /// Operators before each place that by themselves take more than the threshold.
    tight_ops: Vec<usize>,
    /// Places up to each one at which more than the threshold crosses a cut.
    tight_cuts: Vec<usize>,
}

impl Loose {
    /// Nothing is.
    pub fn none(places: usize) -> Self {
        Self {
            tight_ops: (0..places).collect(),
            tight_cuts: (0..places).collect(),
        }
    }

    /// For the bytes that each operator takes by itself, and that cross each place to cut.
    pub fn new(singles: &[usize], crossings: &[usize], threshold: usize) -> Self {
        let mut tight_ops = vec![0];
        for &bytes in singles {
            let before = tight_ops[tight_ops.len() - 1];
            tight_ops.push(before + usize::from(bytes > threshold));
        }
        let count = |sum: &mut usize, &bytes: &usize| {
            *sum += usize::from(bytes > threshold);
            Some(*sum)
        };
        Self {
            tight_ops,
            tight_cuts: crossings.iter().scan(0, count).collect(),
        }
    }

    /// Whether a segment of several operators is no better than these by themselves.
    pub fn is(&self, segment: &Range<usize>) -> bool {
        let ops = self.tight_ops[segment.end] - self.tight_ops[segment.start];
        let cuts = self.tight_cuts[segment.end - 1] - self.tight_cuts[segment.start];
        segment.len() > 1 && ops == 0 && cuts == 0
    }
}

#[cfg(test)]
mod tests {
    use super::Loose;

    #[test]
    fn a_tight_operator_or_cut_within_keeps_a_segment() {
        // Operators 0 to 3; what crosses in front of each, and behind the last.
        let loose = Loose::new(&[9, 2, 2, 2], &[0, 9, 2, 9, 0], 5);
        assert!(!loose.is(&(0..2)), "operator 0");
        assert!(loose.is(&(1..3)));
        assert!(!loose.is(&(1..4)), "the cut before operator 3");
        assert!(!loose.is(&(3..4)), "a single operator is always looked at");
        assert!(!Loose::none(5).is(&(1..3)));
    }
}
