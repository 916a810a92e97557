//! The answers of a net by their names: most nets have one, detectors and maps have several.

use serde::Serialize;
use tidbit::Model;
use tidbit_quantize::scale::{Element, Scale};

use crate::blob::scale;
use crate::grid::Grid;

/// Values of an answer that a table shows.
const SHOWN: usize = 6;

/// One answer of a net to one image.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NamedAnswer {
    /// Its name in the ONNX file.
    pub name: String,
    /// Rows, columns, channels.
    pub shape: [u16; 3],
    /// Real value of one step.
    pub scale: f32,
    /// The int8 that stands for 0.
    pub zero_point: i8,
    /// The raw int8: row by row, pixel by pixel, channels innermost.
    pub values: Vec<i8>,
}

/// The answers of a model, `values` being the raw int8 of each.
pub fn answers(model: &Model<'_>, values: &[Vec<i8>]) -> Vec<NamedAnswer> {
    let each = (0..model.outputs()).zip(values);
    let named = |(index, values): (u16, &Vec<i8>)| {
        let tensor = model.output_tensor(index)?;
        let Scale {
            scale, zero_point, ..
        } = scale(&tensor);
        Some(NamedAnswer {
            name: model.output_name(index)?.to_owned(),
            shape: [tensor.height, tensor.width, tensor.channels],
            scale,
            zero_point,
            values: values.clone(),
        })
    };
    each.filter_map(named).collect()
}

/// Cuts the int8 of all answers, one after another, into those of each; what is missing at the end
/// is missing in the last.
pub fn apart(model: &Model<'_>, all: &[i8]) -> Vec<Vec<i8>> {
    let mut rest = all;
    let lengths = (0..model.outputs()).map(|index| model.output_tensor(index));
    let cut = lengths.map(|tensor| {
        let elements = tensor.map_or(0, |tensor| tensor.elements());
        let elements = usize::try_from(elements).unwrap_or(usize::MAX);
        let (own, behind) = rest.split_at(elements.min(rest.len()));
        rest = behind;
        own.to_vec()
    });
    cut.collect()
}

impl NamedAnswer {
    /// The real values of the answers to some images as a table, the first few of each.
    pub fn grid<'a>(images: impl Iterator<Item = (&'a str, &'a [Self])>) -> Grid {
        let mut grid = Grid::new(["image", "answer", "shape", "values"]);
        for (image, answers) in images {
            for (place, answer) in answers.iter().enumerate() {
                let [height, width, channels] = answer.shape;
                grid.row([
                    if place == 0 {
                        image.to_owned()
                    } else {
                        String::new()
                    },
                    answer.name.clone(),
                    format!("{height} x {width} x {channels}"),
                    answer.real_values(),
                ]);
            }
        }
        grid
    }

    fn real_values(&self) -> String {
        let Self {
            scale, zero_point, ..
        } = *self;
        let scale = Scale {
            scale,
            zero_point,
            element: Element::Int8,
        };
        let values = self.values.iter().take(SHOWN);
        let shown: Vec<String> = values
            .map(|&q| format!("{:.3}", scale.dequantize(q)))
            .collect();
        let more = if self.values.len() > SHOWN {
            " …"
        } else {
            ""
        };
        shown.join(" ") + more
    }
}

#[cfg(test)]
mod tests {
    use super::NamedAnswer;

    #[test]
    fn a_table_shows_the_first_real_values() {
        let mut answer = NamedAnswer {
            name: "boxes".into(),
            shape: [1, 1, 2],
            scale: 0.5,
            zero_point: -1,
            values: vec![3, -1],
        };
        assert_eq!(answer.real_values(), "2.000 0.000");
        answer.values = vec![0; 7];
        assert_eq!(
            answer.real_values(),
            "0.500 0.500 0.500 0.500 0.500 0.500 …"
        );
    }
}
