//! Files that are quantized already: QuantizeLinear and DequantizeLinear.
//!
//! Such a file computes in f32, but rounds tensors to int8 in between: a QuantizeLinear and a
//! DequantizeLinear behind it are one function, [`Function::Quantized`], and give their tensor its
//! scale. A DequantizeLinear of constants is a constant to tract; that its numbers are whole
//! multiples of a step is what is kept here of weights. u8 is i8 with 128 taken off the zero point.

use tract_onnx::pb::NodeProto;
use tract_onnx::prelude::DatumType;

use super::{Importer, Map, Taken};
use crate::function::Function;
use crate::graph::{Clamp, Node, Op, TensorId};
use crate::scale::{Element, Scale};

/// How far from a whole number of steps a weight may be: f32 products are off by less.
const WHOLE: f32 = 1e-3;

impl Importer<'_> {
    /// Rounds an activation, and gives it its scale.
    pub(super) fn quantize_linear(&mut self, node: &NodeProto) -> Taken<()> {
        let scale = self.grid(node, node.output.first())?;
        if self.passes_view(node, scale) {
            return Ok(());
        }
        let map = self.map(node, 0)?;
        if let Some(tensor) = self.rounded(map.tensor, scale) {
            let name = node.output.first().ok_or("it has no output")?;
            self.maps.insert(name.clone(), Map { tensor, ..map });
            return Ok(());
        }
        let op = Op::Function(Function::Quantized(scale));
        self.push_like(node, op, Clamp::NONE, map)?;
        self.graph.given.insert(self.graph.tensors.len() - 1, scale);
        Ok(())
    }

    /// Whether a node does nothing: it reads a tensor whose axes are in parts, of these steps already.
    /// Quantizers put roundings around every reshape and transpose of a channel shuffle.
    fn passes_view(&mut self, node: &NodeProto, scale: Scale) -> bool {
        let view = node
            .input
            .first()
            .and_then(|name| self.views.get(name))
            .cloned();
        let same = view.filter(|(tensor, _)| self.graph.given.get(tensor) == Some(&scale));
        let Some((view, output)) = same.zip(node.output.first()) else {
            return false;
        };
        self.views.insert(output.clone(), view);
        true
    }

    /// A tensor as an earlier node rounded it to these steps: one is enough, and what is made of both
    /// is then seen to be made of one tensor.
    fn rounded(&self, tensor: TensorId, scale: Scale) -> Option<TensorId> {
        let mut nodes = self.graph.nodes.iter();
        let alike = |node: &&Node| {
            let rounds = matches!(&node.op, Op::Function(Function::Quantized(to)) if *to == scale);
            rounds && node.inputs == [tensor]
        };
        Some(nodes.find(alike)?.output)
    }

    /// The same tensor in f32.
    pub(super) fn dequantize_linear(&mut self, node: &NodeProto) -> Taken<()> {
        let scale = self.grid(node, node.input.first())?;
        if self.passes_view(node, scale) {
            return Ok(());
        }
        let map = self.map(node, 0)?;
        let given = self.graph.given.get(&map.tensor);
        let given = given.ok_or("no QuantizeLinear made its input")?;
        if *given != scale {
            return Err(format!(
                "its scale {} and zero point {} are not those of the QuantizeLinear before it, {} and {}",
                scale.scale, scale.zero_point, given.scale, given.zero_point
            ));
        }
        let name = node.output.first().ok_or("it has no output")?;
        // Under this name the reference knows the tensor's rounded values.
        self.graph.tensors[map.tensor].name.clone_from(name);
        self.graph.tensors[map.tensor].layout = map.layout.clone();
        self.maps.insert(name.clone(), map);
        Ok(())
    }

    /// Scale and zero point of a node, for the type of `integers`.
    fn grid(&self, node: &NodeProto, integers: Option<&String>) -> Taken<Scale> {
        let kind = integers.and_then(|name| self.source.element_type(name));
        let offset = match kind {
            Some(DatumType::U8) => 128.0,
            Some(DatumType::I8) => 0.0,
            Some(other) => {
                return Err(format!(
                    "its integers are {other:?}; only 8 bits are supported"
                ));
            }
            None => return Err("the type of its integers is unknown".into()),
        };
        let scale = self.constant(node, 1)?.ok_or("it has no scale")?;
        let zero_point = self.constant(node, 2)?;
        let zero_points = zero_point.map_or_else(|| vec![0.0], |found| found.values);
        let (&[scale], &[zero_point]) = (scale.values.as_slice(), zero_points.as_slice()) else {
            return Err("an activation with a scale for each channel is not supported: quantize activations with one scale a tensor".into());
        };
        if !scale.is_finite() || scale <= 0.0 {
            return Err(format!(
                "its scale is {scale}; a positive number is expected"
            ));
        }
        Ok(Scale {
            scale,
            zero_point: (zero_point - offset) as i8,
            element: Element::Int8,
        })
    }

    /// The step of each output channel's weights, if the file gives int8 weights without zero
    /// points (or u8 weights whose zero points leave them within int8). `weights` are those of the
    /// node's second input, `outputs` rows in any order of elements.
    pub(super) fn steps(
        &self,
        node: &NodeProto,
        weights: &[f32],
        outputs: usize,
    ) -> Option<Vec<f32>> {
        self.steps_of_rows(node, weights, &(0..outputs).collect::<Vec<_>>())
    }

    /// The same for rows of which each has the scale of the given place, where the file has several.
    pub(super) fn steps_of_rows(
        &self,
        node: &NodeProto,
        weights: &[f32],
        places: &[usize],
    ) -> Option<Vec<f32>> {
        let outputs = places.len();
        let count = places.iter().max()? + 1;
        let scales = self.weight_scales(node.input.get(1)?)?;
        let steps: Vec<f32> = match scales.as_slice() {
            &[scale] => vec![scale; outputs],
            scales if scales.len() == count => places.iter().map(|&place| scales[place]).collect(),
            _ => return None,
        };
        let whole = |(row, step): (&[f32], &f32)| {
            row.iter().all(|weight| {
                let count = weight / step;
                (count - count.round()).abs() < WHOLE && (-128.0..=127.0).contains(&count.round())
            })
        };
        let rows = weights.chunks_exact(weights.len() / outputs);
        rows.zip(&steps).all(whole).then_some(steps)
    }

    /// The scales of the DequantizeLinear from which a constant comes, through nodes that only move
    /// its elements.
    fn weight_scales(&self, name: &str) -> Option<Vec<f32>> {
        let mut name = name;
        loop {
            let mut nodes = self.source.nodes().iter();
            let node = nodes.find(|node| node.output.iter().any(|output| output == name))?;
            match node.op_type.as_str() {
                "DequantizeLinear" => {
                    let scales = self.source.constant(node.input.get(1)?)?.values;
                    let positive = scales.iter().all(|scale| scale.is_finite() && *scale > 0.0);
                    return positive.then_some(scales);
                }
                "Transpose" | "Reshape" | "Identity" | "Squeeze" | "Unsqueeze" | "Flatten" => {
                    name = node.input.first()?;
                }
                _ => return None,
            }
        }
    }
}
