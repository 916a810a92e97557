//! Operators that treat the channels of a pixel one by one, or choose among them.

use tract_onnx::pb::NodeProto;

use super::attributes::Attributes;
use super::layout::Axis;
use super::windows::wrap;
use super::{Importer, Taken};
use crate::function::Function;
use crate::graph::{Clamp, Op, Shape};

impl Importer<'_> {
    /// A Relu with a slope below 0, one for all channels or one for each.
    pub(super) fn prelu(&mut self, node: &NodeProto) -> Taken<()> {
        let map = self.map(node, 0)?;
        let constant = self.constant(node, 1)?.ok_or("it has no slope")?;
        let slopes = self.by_channel(&map, &constant)?;
        let first = slopes.first().copied().unwrap_or_default();
        let op = match slopes.iter().all(|&slope| slope == first) {
            true => Op::Function(Function::LeakyRelu {
                slope: f64::from(first),
            }),
            false => Op::PRelu(slopes),
        };
        self.push_like(node, op, Clamp::NONE, map)
    }

    /// A factor of -1, which a convolution before it takes in.
    pub(super) fn negated(&mut self, node: &NodeProto) -> Taken<()> {
        let map = self.map(node, 0)?;
        let channels = self.graph.shape(map.tensor).channels;
        let op = Op::Affine {
            scale: vec![-1.0; channels],
            shift: vec![0.0; channels],
        };
        self.push_like(node, op, Clamp::NONE, map)
    }

    pub(super) fn arg_max(&mut self, node: &NodeProto, attributes: &Attributes<'_>) -> Taken<()> {
        let map = self.map(node, 0)?;
        let shape = self.graph.shape(map.tensor);
        let axis = wrap(attributes.int("axis", 0), map.layout.0.len());
        if !map.layout.holds(axis, Axis::C, &shape) {
            return Err("it is supported over the channels only".into());
        }
        if attributes.int("select_last_index", 0) != 0 {
            return Err("select_last_index is not supported: of equals the first is taken".into());
        }
        if shape.channels > 256 {
            return Err(format!(
                "its {} classes are more than the 256 whose numbers fit a byte: leave ArgMax off, \
                 the ranking of the classes comes with the answer anyway",
                shape.channels
            ));
        }
        let mut layout = map.layout.clone();
        match attributes.int("keepdims", 1) {
            0 => {
                layout.0.remove(axis);
            }
            _ => layout.0[axis].clear(),
        }
        let output = Shape {
            channels: 1,
            ..shape
        };
        let inputs = vec![map.tensor];
        self.push(node, Op::ArgMax, Clamp::NONE, inputs, output, layout)
    }
}
