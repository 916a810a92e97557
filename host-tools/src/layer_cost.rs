//! What each operator of a net costs, beside its work.

use serde::Serialize;

use crate::Error;
use crate::grid::{Grid, grouped};
use crate::layers::Layer;
use crate::stdout::print;
use crate::verbs::bench::ratio;

/// An operator's cost, in instructions or nanoseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerCost {
    /// Its place.
    pub index: u16,
    /// Its name in the ONNX file.
    pub name: String,
    /// What it is.
    pub operator: &'static str,
    /// Multiply-accumulates.
    pub macs: u64,
    /// What it costs.
    pub cost: u64,
    /// Its share of the sum of all, 0 to 1.
    pub share: f64,
}

impl LayerCost {
    /// The operators with these costs; none without costs.
    pub fn of(layers: &[Layer], costs: impl Iterator<Item = u64>) -> Vec<Self> {
        let mut all: Vec<Self> = layers
            .iter()
            .zip(costs)
            .map(|(layer, cost)| Self {
                index: layer.index,
                name: layer.name.clone(),
                operator: layer.operator,
                macs: layer.macs,
                cost,
                share: 0.0,
            })
            .collect();
        let sum: u64 = all.iter().map(|layer| layer.cost).sum();
        for layer in &mut all {
            layer.share = ratio(layer.cost as f64, sum);
        }
        all
    }
}

/// Prints the operators as a table, and their sums by kind; nothing if there are none.
///
/// # Errors
/// [`Error::Stdout`].
pub fn show(layers: &[LayerCost], unit: &str) -> Result<(), Error> {
    if layers.is_empty() {
        return Ok(());
    }
    let headings = ["", "operator", "MACs", unit, "per MAC", "share", "name"];
    let mut grid = Grid::new(headings).right([0, 2, 3, 4, 5]);
    let per_mac = |cost: u64, macs: u64| match macs {
        0 => String::new(),
        _ => format!("{:.2}", ratio(cost as f64, macs)),
    };
    for layer in layers {
        grid.row([
            layer.index.to_string(),
            layer.operator.to_owned(),
            grouped(layer.macs),
            grouped(layer.cost),
            per_mac(layer.cost, layer.macs),
            format!("{:.1} %", 100.0 * layer.share),
            layer.name.clone(),
        ]);
    }
    print(grid)?;
    let mut kinds: Vec<&str> = layers.iter().map(|layer| layer.operator).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut grid = Grid::new(["operator", "MACs", unit, "per MAC", "share"]).right([1, 2, 3, 4]);
    for kind in kinds {
        let of_kind = || layers.iter().filter(|layer| layer.operator == kind);
        let macs = of_kind().map(|layer| layer.macs).sum();
        let cost = of_kind().map(|layer| layer.cost).sum();
        let share: f64 = of_kind().map(|layer| layer.share).sum();
        grid.row([
            kind.to_owned(),
            grouped(macs),
            grouped(cost),
            per_mac(cost, macs),
            format!("{:.1} %", 100.0 * share),
        ]);
    }
    print(grid)
}
