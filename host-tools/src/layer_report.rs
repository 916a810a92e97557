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
    /// SQNR of its output, in dB: infinite where it is exact; `None` where it is a part of a node that
    /// became several operators, and the file has no such tensor.
    #[serde(serialize_with = "finite")]
    pub sqnr_db: Option<f64>,
    /// How far that lies below the lowest of its inputs, each counted as [`CEILING_DB`] at most, and
    /// one without an SQNR as the lowest of its own inputs; negative where it lies above.
    #[serde(serialize_with = "finite")]
    pub fall_db: Option<f64>,
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
fn finite<S: Serializer>(number: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    number
        .filter(|number| number.is_finite())
        .serialize(serializer)
}

impl LayerReport {
    /// From the operators of a blob and the SQNR of each, as far as it has one.
    pub fn of(operators: &[Layer], decibels: &[Option<f64>]) -> Self {
        // What each tensor counts as for those who read it.
        let mut counted: Vec<f64> = Vec::with_capacity(operators.len());
        let mut layers = Vec::with_capacity(operators.len());
        for (layer, &sqnr_db) in operators.iter().zip(decibels) {
            let inputs = layer
                .inputs
                .iter()
                .map(|&input| counted[usize::from(input)]);
            let lowest = inputs.fold(CEILING_DB, f64::min);
            counted.push(sqnr_db.map_or(lowest, |db| db.min(CEILING_DB)));
            if !layer.inputs.is_empty() {
                layers.push(LayerSqnr {
                    index: layer.index,
                    name: layer.name.clone(),
                    operator: layer.operator,
                    inputs: layer.inputs.clone(),
                    output_shape: layer.output_shape,
                    sqnr_db,
                    fall_db: sqnr_db.map(|db| lowest - db),
                });
            }
        }
        let falls = |layer: &&LayerSqnr| layer.fall_db.is_some_and(|db| db > FALL_DB);
        let first_fall = layers.iter().find(falls).map(|layer| layer.index);
        let known = layers
            .iter()
            .filter_map(|layer| Some((layer.index, layer.sqnr_db?)));
        let lowest = known.min_by(|one, other| one.1.total_cmp(&other.1));
        Self {
            first_fall,
            lowest: lowest.map(|(index, _)| index),
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
                layer.sqnr_db.map_or(String::new(), decibels),
                layer
                    .fall_db
                    .filter(|db| *db > 0.0)
                    .map_or(String::new(), decibels),
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
        LayerReport::of(&layers, &decibels.map(Some))
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

    /// A node that became two operators: the first has no truth, the second loses 9 dB.
    #[test]
    fn a_part_of_a_node_has_no_sqnr_and_counts_as_what_it_reads() {
        let layers = [
            layer(0, "Input", &[]),
            layer(1, "Conv", &[0]),
            layer(2, "Conv", &[1]),
            layer(3, "DepthToSpace", &[2]),
        ];
        let decibels = [Some(f64::INFINITY), Some(25.0), None, Some(16.0)];
        let found = LayerReport::of(&layers, &decibels);
        assert_eq!((found.first_fall, found.lowest), (Some(3), Some(3)));
        assert_eq!(
            (found.layers[1].sqnr_db, found.layers[1].fall_db),
            (None, None)
        );
        assert_eq!(found.layers[2].fall_db, Some(9.0));
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
