//! What a blob takes of each of a board's budgets.

use serde::Serialize;
use tidbit::Model;
use tidbit_link::buffer_bytes;

use super::{Board, BoardError};
use crate::grid::{Grid, grouped};

/// One budget, and what of it a blob needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// What it is of, in words.
    #[serde(skip)]
    pub what: &'static str,
    /// Bytes that the blob needs.
    pub need: u64,
    /// Bytes that the board has.
    pub have: u64,
}

impl Budget {
    fn holds(&self) -> bool {
        self.need <= self.have
    }

    /// By how much it is exceeded, as a part of a sentence.
    pub(super) fn excess(&self) -> String {
        let Self { what, need, have } = self;
        let more = need.saturating_sub(*have);
        format!("{need} bytes of {what}, {more} more than the {have} that the board has")
    }

    /// As a cell of a table.
    fn cell(&self) -> String {
        format!("{} / {}", grouped(self.need), grouped(self.have))
    }
}

/// A blob against all budgets of a board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fit {
    /// Name of the board.
    pub board: String,
    /// Flash for the blob.
    pub flash: Budget,
    /// Memory: arena and scratch.
    pub memory: Budget,
    /// The link's buffer: a row of the image, or all scores.
    pub buffer: Budget,
    /// Stack below the caller of the runtime.
    pub stack: Budget,
    /// Whether the blob exceeds none of them.
    pub fits: bool,
}

impl Fit {
    /// Holds a blob against a board.
    ///
    /// # Errors
    /// [`BoardError::NoStackFigure`].
    pub fn of(board: &Board, model: &Model<'_>) -> Result<Self, BoardError> {
        let row = model.input_shape().row_bytes();
        let budget = |what, need, have| Budget { what, need, have };
        let mut fit = Self {
            board: board.name.clone(),
            flash: budget(
                "flash for the blob",
                model.tables().data.0.len() as u64,
                board.blob_bytes,
            ),
            memory: budget(
                "memory (arena and scratch)",
                model.memory_bytes() as u64,
                board.arena_bytes,
            ),
            buffer: budget(
                "buffer (a row of the image, or the scores)",
                buffer_bytes(row, model.classes()) as u64,
                board.buffer_bytes,
            ),
            stack: budget("stack", board.stack_of(model)?, board.stack_bytes),
            fits: true,
        };
        fit.fits = fit.exceeded().is_empty();
        Ok(fit)
    }

    fn budgets(&self) -> [&Budget; 4] {
        [&self.flash, &self.memory, &self.buffer, &self.stack]
    }

    /// The budgets that the blob exceeds.
    pub fn exceeded(&self) -> Vec<Budget> {
        let budgets = self.budgets().into_iter().copied();
        budgets.filter(|budget| !budget.holds()).collect()
    }

    /// Blob and boards as a table: of each budget what is needed and what there is.
    pub fn grid(fits: &[Self]) -> Grid {
        let headings = ["board", "flash", "memory", "row buffer", "stack", "fits"];
        let mut grid = Grid::new(headings).right([1, 2, 3, 4]);
        for fit in fits {
            let over = fit.exceeded();
            let verdict = over.iter().map(|budget| {
                let more = budget.need.saturating_sub(budget.have);
                format!("no: lacks {} bytes of {}", grouped(more), budget.what)
            });
            let verdict: Vec<String> = verdict.collect();
            let mut row = vec![fit.board.clone()];
            row.extend(fit.budgets().map(Budget::cell));
            row.push(if verdict.is_empty() {
                "yes".to_owned()
            } else {
                verdict.join("\n")
            });
            grid.row(row);
        }
        grid
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Fit};

    #[test]
    fn what_does_not_fit_is_told_with_the_difference() {
        let budget = |what, need, have| Budget { what, need, have };
        let fit = Fit {
            board: "tiny".into(),
            flash: budget("flash for the blob", 1200, 1000),
            memory: budget("memory (arena and scratch)", 5, 5),
            buffer: budget("buffer", 1, 2),
            stack: budget("stack", 20, 8),
            fits: false,
        };
        assert_eq!(fit.exceeded(), [fit.flash, fit.stack]);
        insta::assert_snapshot!(fit.flash.excess(), @"1200 bytes of flash for the blob, 200 more than the 1000 that the board has");
        insta::assert_snapshot!(anstream::adapter::strip_str(&Fit::grid(&[fit]).to_string()), @r##"
        ╭───────┬───────────────┬────────┬────────────┬────────┬───────────────────────────────────────────╮
        │ board │         flash │ memory │ row buffer │  stack │ fits                                      │
        ├───────┼───────────────┼────────┼────────────┼────────┼───────────────────────────────────────────┤
        │ tiny  │ 1 200 / 1 000 │  5 / 5 │      1 / 2 │ 20 / 8 │ no: lacks 200 bytes of flash for the blob │
        │       │               │        │            │        │ no: lacks 12 bytes of stack               │
        ╰───────┴───────────────┴────────┴────────────┴────────┴───────────────────────────────────────────╯
        "##);
    }
}
