//! Reductions: over rows and columns they are global pools, sums and means of channels are convolutions.

use tract_onnx::pb::NodeProto;

use super::attributes::Attributes;
use super::layout::{Axis, Layout, extent};
use super::windows::wrap;
use super::{Importer, Map, Taken};
use crate::graph::{Clamp, Conv, Op, PoolKind, Shape, Window};

impl Importer<'_> {
    /// A mean, sum, maximum or minimum over whole axes.
    pub(super) fn reduce(&mut self, node: &NodeProto, attributes: &Attributes<'_>) -> Taken<()> {
        let map = self.map(node, 0)?;
        let shape = self.graph.shape(map.tensor);
        let rank = map.layout.0.len();
        let axes: Vec<i64> = match (attributes.ints("axes"), self.constant(node, 1)?) {
            (Some(axes), _) => axes.to_vec(),
            (None, Some(axes)) => axes.ints(),
            (None, None) => return Err("to reduce all dimensions is not supported".into()),
        };
        let axes: Vec<usize> = axes.iter().map(|&axis| wrap(axis, rank)).collect();
        let mut kept = map.layout.clone();
        let mut over = Vec::new();
        for &axis in &axes {
            over.append(kept.0.get_mut(axis).ok_or("an axis is out of range")?);
        }
        if attributes.int("keepdims", 1) == 0 {
            let mut at = 0;
            kept.0.retain(|_| {
                at += 1;
                !axes.contains(&(at - 1))
            });
        }
        let single = |axis| extent(&shape, axis) == 1;
        let reduces = |axis| over.contains(&axis) && !single(axis);
        let pixels = [Axis::H, Axis::W];
        let whole = pixels.iter().all(|&axis| single(axis) || reduces(axis));
        let some = pixels.iter().any(|&axis| reduces(axis));
        let channels = reduces(Axis::C);
        let average = PoolKind::Average { include_pad: false };
        match (node.op_type.as_str(), channels) {
            ("ReduceMean", true) if !some => {
                self.over_all_channels(node, &map, kept, 1.0 / shape.channels as f32)
            }
            ("ReduceSum", true) if !some => self.over_all_channels(node, &map, kept, 1.0),
            ("ReduceSum", false) if whole => self.whole_sum(node, &map, kept),
            ("ReduceMax", false) if whole => self.whole_image(node, map, PoolKind::Max, kept),
            ("ReduceMin", false) if whole => self.whole_image(node, map, PoolKind::Min, kept),
            ("ReduceMean", false) if whole => self.whole_image(node, map, average, kept),
            _ => Err(
                "it is supported over rows and columns together, and a mean or a sum over channels"
                    .into(),
            ),
        }
    }

    /// The sum of a pixel's channels, each times a factor.
    fn over_all_channels(
        &mut self,
        node: &NodeProto,
        map: &Map,
        layout: Layout,
        factor: f32,
    ) -> Taken<()> {
        let shape = self.graph.shape(map.tensor);
        let conv = of_ones(1, [1, 1], (shape.channels, 1), factor);
        let output = Shape {
            channels: 1,
            ..shape
        };
        let inputs = vec![map.tensor];
        self.push(node, Op::Conv(conv), Clamp::NONE, inputs, output, layout)
    }

    /// The sum of all pixels of a channel.
    fn whole_sum(&mut self, node: &NodeProto, map: &Map, layout: Layout) -> Taken<()> {
        let shape = self.graph.shape(map.tensor);
        let kernel = [shape.height, shape.width];
        let conv = of_ones(shape.channels, kernel, (1, shape.channels), 1.0);
        let output = Shape {
            height: 1,
            width: 1,
            ..shape
        };
        let inputs = vec![map.tensor];
        self.push(node, Op::Conv(conv), Clamp::NONE, inputs, output, layout)
    }
}

/// A convolution whose weights are all one number; inputs are those of a group.
fn of_ones(
    outputs: usize,
    kernel: [usize; 2],
    (inputs, groups): (usize, usize),
    weight: f32,
) -> Conv {
    Conv {
        weights: vec![weight; outputs * kernel[0] * kernel[1] * inputs],
        bias: vec![0.0; outputs],
        window: Window::plain(kernel),
        groups,
        pad_pixel: None,
        steps: None,
    }
}
