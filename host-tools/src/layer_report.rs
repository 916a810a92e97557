//! What the SQNR of every operator says about where a net breaks.
//!
//! The SQNR of an operator's output holds the errors of all operators before it, so a low one does
//! not mean that the operator itself is to blame. What it loses itself is its *fall*: how far its
//! SQNR lies below the lowest of the tensors that it reads.

use serde::{Serialize, Serializer};
use tabled::settings::Color;

use crate::grid::Grid;
use crate::layers::Layer;

/// A layer whose fall is more than this is where a net breaks, in dB: its own error then has three
/// times the energy of all that came before it.
pub const FALL_DB: f64 = 6.0;
/// What an input counts as at most when a fall is measured, in dB. Whatever reads the exact image
/// must round, and what is lost above this level hardly moves an answer.
pub const CEILING_DB: f64 = 30.0;

/// The SQNR of one operator's output.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerSqnr {
    /// Its place in the blob.
    pub index: u16,
    /// Its name in the ONNX file.
    pub name: String,
    /// What it is.
    pub operator: &'static str,
    /// Tensors that it reads.
    pub inputs: Vec<u16>,
    /// Rows, columns, channels of its output.
    pub output_shape: [u16; 3],
    /// SQNR of its output, in dB: infinite where it is exact.
    #[serde(serialize_with = "finite")]
    pub sqnr_db: f64,
    /// How far that lies below the lowest of its inputs, each counted as [`CEILING_DB`] at most;
    /// negative where it lies above.
    #[serde(serialize_with = "finite")]
    pub fall_db: f64,
}

/// The SQNR of every operator's output, and where a user should look.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerReport {
    /// The operators behind the image, in order.
    pub layers: Vec<LayerSqnr>,
    /// The first whose fall is more than [`FALL_DB`].
    pub first_fall: Option<u16>,
    /// The one with the lowest SQNR.
    pub lowest: Option<u16>,
}

/// A number, or nothing where it is infinite.
fn finite<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    Some(*number)
        .filter(|number| number.is_finite())
        .serialize(serializer)
}

impl LayerReport {
    /// From the operators of a blob and the SQNR of each.
    pub fn of(layers: &[Layer], decibels: &[f64]) -> Self {
        let counted = |tensor: &u16| decibels[usize::from(*tensor)].min(CEILING_DB);
        let layers: Vec<LayerSqnr> = layers
            .iter()
            .filter(|layer| !layer.inputs.is_empty())
            .map(|layer| {
                let sqnr_db = decibels[usize::from(layer.index)];
                let lowest = layer.inputs.iter().map(counted).fold(CEILING_DB, f64::min);
                LayerSqnr {
                    index: layer.index,
                    name: layer.name.clone(),
                    operator: layer.operator,
                    inputs: layer.inputs.clone(),
                    output_shape: layer.output_shape,
                    sqnr_db,
                    fall_db: lowest - sqnr_db,
                }
            })
            .collect();
        let first_fall = layers.iter().find(|layer| layer.fall_db > FALL_DB);
        let lowest = layers
            .iter()
            .min_by(|one, other| one.sqnr_db.total_cmp(&other.sqnr_db));
        Self {
            first_fall: first_fall.map(|layer| layer.index),
            lowest: lowest.map(|layer| layer.index),
            layers,
        }
    }

    /// The operators as a table.
    pub fn grid(&self) -> Grid {
        let headings = [
            "", "operator", "reads", "output", "SQNR", "fall", "", "name",
        ];
        let mut grid = Grid::new(headings).right([0, 4, 5]);
        for layer in &self.layers {
            let [height, width, channels] = layer.output_shape;
            let reads: Vec<String> = layer.inputs.iter().map(u16::to_string).collect();
            let first = (self.first_fall == Some(layer.index)).then_some("first fall");
            let lowest = (self.lowest == Some(layer.index)).then_some("lowest");
            let marks: Vec<&str> = first.into_iter().chain(lowest).collect();
            grid.row([
                layer.index.to_string(),
                layer.operator.to_owned(),
                reads.join(" "),
                format!("{height} x {width} x {channels}"),
                decibels(layer.sqnr_db),
                match layer.fall_db > 0.0 {
                    true => decibels(layer.fall_db),
                    false => String::new(),
                },
                marks.join(", "),
                layer.name.clone(),
            ]);
            if !marks.is_empty() {
                grid.paint(4, Color::FG_RED).paint(6, Color::FG_RED);
            }
        }
        grid
    }

    /// Where a user should look, as a sentence.
    pub fn sentence(&self) -> String {
        let named = |index: Option<u16>| {
            let layer = self
                .layers
                .iter()
                .find(|layer| Some(layer.index) == index)?;
            Some(format!("operator {} ('{}')", layer.index, layer.name))
        };
        match named(self.first_fall) {
            Some(first) => {
                format!("The SQNR first falls by more than {FALL_DB} dB at {first}.")
            }
            None => format!("No operator lets the SQNR fall by more than {FALL_DB} dB."),
        }
    }
}

/// A ratio as people read it.
fn decibels(db: f64) -> String {
    match db {
        f64::INFINITY => "exact".into(),
        db if db.is_finite() => format!("{db:.1} dB"),
        _ => "none".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Layer, LayerReport};
    use anstream::adapter::strip_str;

    fn layer(index: u16, operator: &'static str, inputs: &[u16]) -> Layer {
        Layer {
            index,
            name: format!("block/{index}"),
            operator,
            inputs: inputs.to_vec(),
            input_shape: None,
            output_shape: [8, 8, 4],
            kernel: None,
            stride: None,
            macs: 0,
            parameters: 0,
            bytes: 0,
            scale: 1.0,
            zero_point: 0,
            ring_rows: 8,
            ring_offset: 0,
            landing_rows: 0,
            landing_offset: 0,
            step_rows: 1,
            clamp: None,
        }
    }

    /// An image, three convolutions in a row, and the sum of the first and the last.
    fn of(decibels: [f64; 5]) -> LayerReport {
        let layers = [
            layer(0, "Input", &[]),
            layer(1, "Conv", &[0]),
            layer(2, "Depthwise", &[1]),
            layer(3, "Pointwise", &[2]),
            layer(4, "Add", &[1, 3]),
        ];
        LayerReport::of(&layers, &decibels)
    }

    #[test]
    fn the_first_of_several_falls_is_named() {
        let found = of([f64::INFINITY, 36.0, 27.0, 20.9, 12.0]);
        assert_eq!((found.first_fall, found.lowest), (Some(3), Some(4)));
        assert!(found.sentence().contains("operator 3 ('block/3')"));
        insta::assert_snapshot!(strip_str(&found.grid().to_string()), @r##"
        ╭───┬───────────┬───────┬───────────┬─────────┬────────┬────────────┬─────────╮
        │   │ operator  │ reads │ output    │    SQNR │   fall │            │ name    │
        ├───┼───────────┼───────┼───────────┼─────────┼────────┼────────────┼─────────┤
        │ 1 │ Conv      │ 0     │ 8 x 8 x 4 │ 36.0 dB │        │            │ block/1 │
        │ 2 │ Depthwise │ 1     │ 8 x 8 x 4 │ 27.0 dB │ 3.0 dB │            │ block/2 │
        │ 3 │ Pointwise │ 2     │ 8 x 8 x 4 │ 20.9 dB │ 6.1 dB │ first fall │ block/3 │
        │ 4 │ Add       │ 1 3   │ 8 x 8 x 4 │ 12.0 dB │ 8.9 dB │ lowest     │ block/4 │
        ╰───┴───────────┴───────┴───────────┴─────────┴────────┴────────────┴─────────╯
        "##);
    }

    #[test]
    fn losses_above_the_ceiling_are_no_fall() {
        let found = of([f64::INFINITY, 45.0, 31.0, 26.0, 25.0]);
        assert_eq!((found.first_fall, found.lowest), (None, Some(4)));
        assert!(found.sentence().starts_with("No operator"));
    }

    #[test]
    fn a_sum_falls_below_the_worse_of_its_inputs() {
        assert_eq!(of([f64::INFINITY, 36.0, 30.0, 25.0, 20.0]).first_fall, None);
        let found = of([f64::INFINITY, 36.0, 30.0, 25.0, 18.0]);
        assert_eq!(found.first_fall, Some(4));
    }

    #[test]
    fn what_is_exact_or_nothing_is_null_in_json() {
        let found = of([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, 1.0, 1.0]);
        assert_eq!((found.first_fall, found.lowest), (Some(2), Some(2)));
        let json = serde_json::to_value(&found).unwrap();
        assert!(json["layers"][0]["sqnr_db"].is_null() && json["layers"][1]["fall_db"].is_null());
        let shown = found.grid().to_string();
        assert!(shown.contains("exact") && shown.contains("none"), "{shown}");
    }
}
