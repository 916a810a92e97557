//! Resize: where every row and column of the output lies on the input.
//!
//! ONNX has many ways of saying where a pixel of the output lies on the input
//! (`coordinate_transformation_mode`); all of them are numbers here, worked out once on the host.

use tidbit::blob::Position;
use tract_onnx::pb::NodeProto;

use super::attributes::Attributes;
use super::layout::Axis;
use super::{Importer, Taken};
use crate::graph::{Clamp, Op};

/// Shares are counted in so many parts of a whole.
const PARTS: f64 = 256.0;

/// One axis of a resize.
#[derive(Clone, Copy, Debug)]
struct Extent {
    input: usize,
    output: usize,
    /// Output per input, as the file has it: not always the quotient of both.
    scale: f64,
}

impl Importer<'_> {
    pub(super) fn resize(&mut self, node: &NodeProto, attributes: &Attributes<'_>) -> Taken<()> {
        let map = self.image_in_any_order(node)?;
        let shape = self.graph.shape(map.tensor);
        let dims = self.output_dims(node)?;
        let output = map.layout.shape_of(&dims);
        if output.channels != shape.channels {
            return Err("only rows and columns can be resized".into());
        }
        if attributes.int("antialias", 0) != 0 || attributes.int("exclude_outside", 0) != 0 {
            return Err("antialias and exclude_outside are not supported".into());
        }
        let scales = self.scales(node, attributes, dims.len())?;
        let along = |axis: Axis, input: usize, output: usize| {
            let dim = map.layout.0.iter().position(|axes| axes.contains(&axis));
            let stated = dim.and_then(|dim| scales.get(dim).copied().flatten());
            let extent = Extent {
                input,
                output,
                scale: stated.unwrap_or(output as f64 / input as f64),
            };
            positions(attributes, self.source.opset(), extent)
        };
        let rows = along(Axis::H, shape.height, output.height)?;
        let columns = along(Axis::W, shape.width, output.width)?;
        let op = Op::Resize(rows, columns);
        let inputs = vec![map.tensor];
        self.push(node, op, Clamp::NONE, inputs, output, map.layout)
    }

    /// One pixel that is spread over an image, as a pooled branch is.
    pub(super) fn expand(&mut self, node: &NodeProto) -> Taken<()> {
        let map = self.image(node)?;
        let shape = self.graph.shape(map.tensor);
        let output = self.output_shape(node)?;
        if (shape.height, shape.width, shape.channels) != (1, 1, output.channels) {
            return Err("only one pixel can be expanded, to more rows and columns".into());
        }
        let first = |count| vec![Position { first: 0, share: 0 }; count];
        let op = Op::Resize(first(output.height), first(output.width));
        let inputs = vec![map.tensor];
        self.push(node, op, Clamp::NONE, inputs, output, map.layout)
    }

    /// The scale of each dimension that the file states; where it states sizes, none.
    fn scales(
        &self,
        node: &NodeProto,
        attributes: &Attributes<'_>,
        rank: usize,
    ) -> Taken<Vec<Option<f64>>> {
        let at = if self.source.opset() < 11 { 1 } else { 2 };
        let Some(list) = self
            .constant(node, at)?
            .filter(|list| !list.values.is_empty())
        else {
            return Ok(vec![None; rank]);
        };
        let every: Vec<i64> = (0..list.values.len() as i64).collect();
        let axes = attributes.ints("axes").unwrap_or(&every);
        let mut scales = vec![None; rank];
        for (&axis, &scale) in axes.iter().zip(&list.values) {
            let place = scales.get_mut(super::windows::wrap(axis, rank));
            *place.ok_or("an axis is out of range")? = Some(f64::from(scale));
        }
        Ok(scales)
    }
}

/// Where each row (or column) of the output lies.
fn positions(attributes: &Attributes<'_>, opset: i64, extent: Extent) -> Taken<Vec<Position>> {
    let (transformation, rounding) = match opset {
        ..=10 => ("asymmetric", "floor"),
        _ => ("half_pixel", "round_prefer_floor"),
    };
    let transformation = attributes.text("coordinate_transformation_mode", transformation);
    let rounding = attributes.text("nearest_mode", rounding);
    let last = extent.input.saturating_sub(1) as f64;
    let place = |at: usize| {
        let coordinate = coordinate(&transformation, at as f64, &extent)?;
        match attributes.text("mode", "nearest").as_str() {
            "nearest" => {
                let nearest = match rounding.as_str() {
                    "round_prefer_floor" => (coordinate - 0.5).ceil(),
                    "round_prefer_ceil" => (coordinate + 0.5).floor(),
                    "floor" => coordinate.floor(),
                    "ceil" => coordinate.ceil(),
                    other => return Err(format!("its nearest_mode '{other}' is not supported")),
                };
                Ok(position(nearest.clamp(0.0, last)))
            }
            "linear" => Ok(position(coordinate.clamp(0.0, last))),
            other => Err(format!(
                "its mode '{other}' is not supported: only nearest and linear are"
            )),
        }
    };
    (0..extent.output).map(place).collect()
}

/// The real coordinate on the input of row (or column) `at` of the output.
fn coordinate(transformation: &str, at: f64, extent: &Extent) -> Taken<f64> {
    let Extent {
        input,
        output,
        scale,
    } = *extent;
    let (last_input, last_output) = (input as f64 - 1.0, output as f64 - 1.0);
    Ok(match transformation {
        "half_pixel" => (at + 0.5) / scale - 0.5,
        "pytorch_half_pixel" if output > 1 => (at + 0.5) / scale - 0.5,
        "pytorch_half_pixel" => 0.0,
        "align_corners" if output > 1 => at * last_input / last_output,
        "align_corners" => 0.0,
        "asymmetric" => at / scale,
        "tf_half_pixel_for_nn" => (at + 0.5) / scale,
        "half_pixel_symmetric" => {
            let kept = output as f64 / (scale * input as f64);
            input as f64 / 2.0 * (1.0 - kept) + (at + 0.5) / scale - 0.5
        }
        other => {
            return Err(format!(
                "its coordinate_transformation_mode '{other}' is not supported"
            ));
        }
    })
}

/// The position nearest to a coordinate on the input.
fn position(coordinate: f64) -> Position {
    let parts = (coordinate * PARTS).round();
    Position {
        first: (parts / PARTS).floor() as u16,
        share: (parts % PARTS) as u16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(transformation: &str, input: usize, output: usize) -> Vec<f64> {
        let extent = Extent {
            input,
            output,
            scale: output as f64 / input as f64,
        };
        let places = (0..output).map(|at| coordinate(transformation, at as f64, &extent));
        places.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn every_way_of_counting_coordinates() {
        assert_eq!(at("half_pixel", 2, 4), [-0.25, 0.25, 0.75, 1.25]);
        assert_eq!(at("pytorch_half_pixel", 4, 1), [0.0]);
        assert_eq!(at("align_corners", 3, 5), [0.0, 0.5, 1.0, 1.5, 2.0]);
        assert_eq!(at("align_corners", 3, 1), [0.0]);
        assert_eq!(at("asymmetric", 2, 4), [0.0, 0.5, 1.0, 1.5]);
        assert_eq!(at("tf_half_pixel_for_nn", 2, 4), [0.25, 0.75, 1.25, 1.75]);
        assert_eq!(at("half_pixel_symmetric", 2, 4), at("half_pixel", 2, 4));
        let extent = Extent {
            input: 2,
            output: 4,
            scale: 2.0,
        };
        assert!(coordinate("tf_crop_and_resize", 0.0, &extent).is_err());
    }

    #[test]
    fn shares_are_256ths_and_never_a_whole() {
        let place = |first, share| Position { first, share };
        assert_eq!(position(1.25), place(1, 64));
        assert_eq!(position(1.999), place(2, 0));
        assert_eq!(position(0.0), place(0, 0));
    }
}
