//! How far apart pieces of memory must lie: a forbidden range of the distance of each pair.
//!
//! Two rings that are needed at the same time must not overlap. But a whole tensor that is read from
//! the top while another is written from the top may overlap it from below, as long as no row is
//! written over before it was read (diagonal memory optimisation: Fernandez-Marques et al., 2020),
//! and an operator that works in place may write just where it reads. All of this is a statement
//! about the distance of two offsets.

/// Which distances `offset of a - offset of b` are forbidden, for a pair `a > b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Distances above this one, and below `hi`, are forbidden.
    pub lo: i64,
    /// See `lo`.
    pub hi: i64,
    /// Whether the distance 0 is allowed all the same.
    pub zero: bool,
}

impl Gap {
    /// Whether a distance is allowed.
    pub fn allows(&self, distance: i64) -> bool {
        distance <= self.lo || distance >= self.hi || (self.zero && distance == 0)
    }
}

/// Forbidden distances of all pairs of some pieces.
#[derive(Clone, Debug)]
pub struct Spacing {
    count: usize,
    gaps: Vec<Option<Gap>>,
}

impl Spacing {
    /// Of `count` pieces that may lie anywhere.
    pub fn new(count: usize) -> Self {
        Self {
            count,
            gaps: vec![None; count * count.saturating_sub(1) / 2],
        }
    }

    /// Number of pieces.
    pub fn count(&self) -> usize {
        self.count
    }

    fn index(a: usize, b: usize) -> usize {
        a * (a - 1) / 2 + b
    }

    /// What is forbidden of `offset of a - offset of b`, in either order of the pair.
    pub fn gap(&self, a: usize, b: usize) -> Option<Gap> {
        if a > b {
            return self.gaps[Self::index(a, b)];
        }
        let gap = self.gaps[Self::index(b, a)]?;
        Some(Gap {
            lo: -gap.hi,
            hi: -gap.lo,
            zero: gap.zero,
        })
    }

    /// Forbids distances of `a` from `b` above `lo` and below `hi`; 0 stays allowed if `zero`.
    ///
    /// Several ranges of a pair become the one that holds them all.
    pub fn forbid(&mut self, (a, b): (usize, usize), lo: i64, hi: i64, zero: bool) {
        if lo >= hi {
            return;
        }
        let zero = zero || lo >= 0 || hi <= 0;
        let (pair, lo, hi) = if a > b {
            ((a, b), lo, hi)
        } else {
            ((b, a), -hi, -lo)
        };
        let gap = &mut self.gaps[Self::index(pair.0, pair.1)];
        *gap = Some(match *gap {
            None => Gap { lo, hi, zero },
            Some(old) => Gap {
                lo: lo.min(old.lo),
                hi: hi.max(old.hi),
                zero: zero && old.zero,
            },
        });
    }

    /// Forbids `a` and `b` to share any byte; the pair of numbers is their lengths.
    pub fn forbid_overlap(&mut self, a: usize, b: usize, bytes: (usize, usize)) {
        self.forbid((a, b), -(bytes.0 as i64), bytes.1 as i64, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_reads_the_same_in_both_orders() {
        let mut spacing = Spacing::new(3);
        spacing.forbid((0, 2), -8, 100, false);
        let forward = spacing.gap(0, 2).unwrap();
        let backward = spacing.gap(2, 0).unwrap();
        for distance in -120..120 {
            assert_eq!(forward.allows(distance), backward.allows(-distance));
            assert_eq!(forward.allows(distance), distance <= -8 || distance >= 100);
        }
        assert_eq!(spacing.gap(0, 1), None);
    }

    #[test]
    fn zero_stays_allowed_only_if_every_range_says_so() {
        let mut spacing = Spacing::new(2);
        spacing.forbid((1, 0), -10, 10, true);
        assert!(spacing.gap(1, 0).unwrap().allows(0));
        spacing.forbid((1, 0), 2, 20, false);
        assert!(spacing.gap(1, 0).unwrap().allows(0), "0 is not in 2 .. 20");
        spacing.forbid((1, 0), -1, 3, false);
        assert!(!spacing.gap(1, 0).unwrap().allows(0));
    }
}
