//! How often a plan makes the rows of a tensor: found by going through its steps, as the executor
//! does.

use tidbit::Model;
use tidbit::schedule::{Next, Progress, Schedule};

/// The rows of one operator's tensor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowsMade {
    /// Rows that the steps of the plan make, or take of the input, where an operator accumulates.
    pub made: u64,
    /// Rows that there are of them.
    pub height: u64,
}

impl RowsMade {
    /// What is done more than once of `macs`, the work of making each row once.
    pub fn recomputed(&self, macs: u64) -> u64 {
        let again = self.made.saturating_sub(self.height);
        let work = u128::from(macs) * u128::from(again) / u128::from(self.height.max(1));
        u64::try_from(work).unwrap_or(u64::MAX)
    }
}

/// The rows that the plan of a model makes, operator by operator.
pub fn rows_made(model: &Model<'_>) -> Vec<RowsMade> {
    let tables = model.tables();
    let flow = &tables.flow;
    let heights = (0..tables.header.op_count).map(|op| flow.height(op).unwrap_or(0));
    let mut rows: Vec<RowsMade> = heights
        .map(|height| RowsMade {
            made: 0,
            height: height.into(),
        })
        .collect();
    for segment in tables.segments.iter() {
        let mut progress = Progress::new(&segment);
        // A valid plan never stalls, and a step makes at least one row: this ends.
        while let Next::Step(step) = flow.next(&segment, &progress) {
            if let Some(rows) = rows.get_mut(usize::from(step.op)) {
                rows.made += u64::from(step.rows);
            }
            flow.note(&segment, &mut progress, &step);
            let op = flow.ops.get(step.op);
            let inputs = op.map(|op| [step.op, op.input_a, op.input_b]);
            for tensor in inputs.into_iter().flatten() {
                flow.settle(&segment, &mut progress, tensor);
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::RowsMade;

    #[test]
    fn only_rows_made_again_are_recomputed() {
        let rows = |made, height| RowsMade { made, height };
        assert_eq!(rows(8, 8).recomputed(800), 0);
        assert_eq!(rows(10, 8).recomputed(800), 200);
        assert_eq!(rows(0, 0).recomputed(800), 0);
    }
}
