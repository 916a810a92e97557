//! Which classes are taken for which.
//!
//! For nets of few classes a matrix: a row for each true class, a column for each answer of the
//! blob. For others the pairs that are confused most. Without labels, the reference's answer
//! stands for the truth.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tabled::settings::Color;

use crate::comparison::Compared;
use crate::grid::Grid;

/// Most classes that a matrix has room for on a terminal.
const MATRIX_CLASSES: usize = 20;
/// Pairs that are shown where there is no room for a matrix.
const PAIRS: usize = 10;

/// How often which class was taken for which.
#[derive(Clone, Debug)]
pub struct Confusion {
    counts: BTreeMap<(usize, usize), usize>,
    classes: usize,
    truth: &'static str,
}

impl Confusion {
    /// Of these images, by a net of so many classes.
    pub fn of(images: &[Compared], classes: usize) -> Self {
        let mut counts = BTreeMap::new();
        for image in images {
            let truth = image.label.or(image.reference.first().copied());
            if let (Some(truth), Some(&blob)) = (truth, image.blob.first()) {
                *counts.entry((truth, blob)).or_insert(0) += 1;
            }
        }
        let labelled = images.iter().all(|image| image.label.is_some());
        Self {
            counts,
            classes,
            truth: if labelled { "true class" } else { "reference" },
        }
    }

    /// The matrix or the pairs, whichever there is room for; `None` if no pair was confused.
    pub fn grid(&self, name: impl Fn(usize) -> String) -> Option<Grid> {
        if self.classes <= MATRIX_CLASSES {
            Some(self.matrix(name))
        } else {
            self.pairs(name)
        }
    }

    fn matrix(&self, name: impl Fn(usize) -> String) -> Grid {
        let corner = format!("{} \\ blob", self.truth);
        let columns = (0..self.classes).map(|class| class.to_string());
        let mut grid = Grid::new(std::iter::once(corner).chain(columns)).right(1..=self.classes);
        for truth in 0..self.classes {
            let count = |blob| self.counts.get(&(truth, blob)).copied().unwrap_or(0);
            let cells = (0..self.classes).map(|blob| match count(blob) {
                0 => String::new(),
                count => count.to_string(),
            });
            let heading = match name(truth) {
                name if name == truth.to_string() => name,
                name => format!("{truth} {name}"),
            };
            grid.row(std::iter::once(heading).chain(cells));
            for blob in (0..self.classes).filter(|&blob| count(blob) != 0) {
                let color = if blob == truth {
                    Color::FG_GREEN
                } else {
                    Color::FG_RED
                };
                grid.paint(blob + 1, color);
            }
        }
        grid
    }

    fn pairs(&self, name: impl Fn(usize) -> String) -> Option<Grid> {
        let mut pairs: Vec<_> = self
            .counts
            .iter()
            .filter(|((truth, blob), _)| truth != blob)
            .collect();
        pairs.sort_by_key(|&(_, &count)| Reverse(count));
        let mut grid = Grid::new([self.truth, "taken by the blob for", "images"]).right([2]);
        for &(&(truth, blob), count) in pairs.iter().take(PAIRS) {
            grid.row([name(truth), name(blob), count.to_string()]);
        }
        (!pairs.is_empty()).then_some(grid)
    }
}

#[cfg(test)]
mod tests {
    use super::Confusion;
    use crate::comparison::Compared;
    use anstream::adapter::strip_str;

    fn images(pairs: &[(usize, usize)]) -> Vec<Compared> {
        let image = |&(truth, blob): &(usize, usize)| Compared {
            label: Some(truth),
            reference: vec![0],
            blob: vec![blob],
            reference_score: 1.0,
            reference_on_blob: 0.0,
            blob_score: 1.0,
            sqnr: Default::default(),
        };
        pairs.iter().map(image).collect()
    }

    #[test]
    fn few_classes_are_a_matrix() {
        let confusion = Confusion::of(&images(&[(0, 0), (0, 0), (0, 1), (1, 1), (2, 0)]), 3);
        let name = |class: usize| ["cat", "dog", "2"][class].to_owned();
        let grid = confusion.grid(name).unwrap().to_string();
        insta::assert_snapshot!(strip_str(&grid), @r##"
        ╭───────────────────┬───┬───┬───╮
        │ true class \ blob │ 0 │ 1 │ 2 │
        ├───────────────────┼───┼───┼───┤
        │ 0 cat             │ 2 │ 1 │   │
        │ 1 dog             │   │ 1 │   │
        │ 2                 │ 1 │   │   │
        ╰───────────────────┴───┴───┴───╯
        "##);
    }

    #[test]
    fn many_classes_are_the_pairs_that_are_confused_most() {
        let confusion = Confusion::of(&images(&[(7, 7), (3, 4), (900, 5), (900, 5)]), 1000);
        let grid = confusion
            .grid(|class| format!("class {class}"))
            .unwrap()
            .to_string();
        insta::assert_snapshot!(strip_str(&grid), @r##"
        ╭────────────┬───────────────────────┬────────╮
        │ true class │ taken by the blob for │ images │
        ├────────────┼───────────────────────┼────────┤
        │ class 900  │ class 5               │      2 │
        │ class 3    │ class 4               │      1 │
        ╰────────────┴───────────────────────┴────────╯
        "##);
        assert!(
            Confusion::of(&images(&[(7, 7)]), 1000)
                .grid(|class| class.to_string())
                .is_none()
        );
    }
}
