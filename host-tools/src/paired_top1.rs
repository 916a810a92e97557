//! Top-1 of the blob against that of its f32 net, image by image: is the blob worse, or may it be
//! chance?

use serde::Serialize;

use crate::grid::{Grid, images};
use crate::statistics::{Interval, Paired};

/// Below this p, chance is no longer taken for the cause of a difference.
const SIGNIFICANT: f64 = 0.05;

/// Who is right on the images on which only one of the two is, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PairedTop1 {
    /// Images of which only the reference knows the true class.
    pub only_reference_right: usize,
    /// Images of which only the blob knows the true class.
    pub only_blob_right: usize,
    /// Percentage points of top-1 that the blob loses; negative if it gains.
    pub drop_pp: f64,
    /// Its interval at 95 %.
    pub drop_pp_interval: Interval,
    /// McNemar's exact p, two-sided.
    pub mcnemar_p: f64,
}

impl PairedTop1 {
    /// From the counts, of the reference first.
    pub fn of(counts: Paired) -> Self {
        Self {
            only_reference_right: counts.only_first,
            only_blob_right: counts.only_second,
            drop_pp: counts.difference() * 100.0,
            drop_pp_interval: counts.interval().map(|limit| limit * 100.0),
            mcnemar_p: counts.mcnemar(),
        }
    }

    /// As a table.
    pub fn grid(&self) -> Grid {
        let [lo, hi] = self.drop_pp_interval;
        let mut grid = Grid::new(["top-1, image by image", ""]).right([1]);
        for (name, figure) in [
            (
                "only the reference is right",
                images(self.only_reference_right),
            ),
            ("only the blob is right", images(self.only_blob_right)),
            (
                "drop, in percentage points",
                format!("{:.2} ({lo:.2} to {hi:.2})", self.drop_pp),
            ),
            ("McNemar's exact p", format!("{:.3}", self.mcnemar_p)),
        ] {
            grid.row([name.to_owned(), figure]);
        }
        grid
    }

    /// What that means.
    pub fn sentence(&self) -> &'static str {
        match (self.mcnemar_p < SIGNIFICANT, self.drop_pp > 0.0) {
            (false, _) => {
                "The difference of top-1 is within noise: chance alone often makes one as large."
            }
            (true, true) => "The blob's top-1 is lower than chance explains.",
            (true, false) => "The blob's top-1 is higher than chance explains.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PairedTop1;
    use crate::statistics::Paired;
    use anstream::adapter::strip_str;

    fn paired(only_first: usize, only_second: usize) -> PairedTop1 {
        PairedTop1::of(Paired {
            only_first,
            only_second,
            total: 300,
        })
    }

    #[test]
    fn people_see_the_drop_and_its_interval() {
        insta::assert_snapshot!(strip_str(&paired(3, 0).grid().to_string()), @r##"
        ╭─────────────────────────────┬──────────────────────╮
        │ top-1, image by image       │                      │
        ├─────────────────────────────┼──────────────────────┤
        │ only the reference is right │             3 images │
        │ only the blob is right      │             0 images │
        │ drop, in percentage points  │ 1.00 (-0.28 to 2.90) │
        │ McNemar's exact p           │                0.250 │
        ╰─────────────────────────────┴──────────────────────╯
        "##);
    }

    #[test]
    fn the_sentence_says_whether_chance_explains_it() {
        assert!(paired(3, 0).sentence().contains("within noise"));
        assert!(paired(6, 0).sentence().contains("lower than chance"));
        assert!(paired(0, 6).sentence().contains("higher than chance"));
    }
}
