//! Operators that move no data: Flatten, Reshape, Squeeze, Unsqueeze, Transpose. Only what splits
//! the channels and merges them in another order does.

use tract_onnx::pb::NodeProto;

use super::attributes::Attributes;
use super::views::View;
use super::{Importer, Map, Taken};
use crate::graph::{Clamp, Gather, Op, TensorId};

impl Importer<'_> {
    /// Any reshape that merges or separates whole axes; tract has worked out the new dimensions.
    pub(super) fn reshape(&mut self, node: &NodeProto) -> Taken<()> {
        let dims = self.output_dims(node)?;
        if let Ok(map) = self.map(node, 0) {
            let shape = self.graph.shape(map.tensor);
            if let Some(layout) = map.layout.reshaped(&shape, &dims) {
                return self.relabel(node, map, layout);
            }
        }
        let (tensor, view) = self.view(node)?;
        let view = view.reshaped(&dims).ok_or_else(|| {
            format!("a reshape to {dims:?} that mixes rows, columns and channels is not supported")
        })?;
        self.look_at(node, tensor, view)
    }

    pub(super) fn transpose(&mut self, node: &NodeProto, attributes: &Attributes<'_>) -> Taken<()> {
        let rank = self.output_dims(node)?.len();
        let perm: Vec<usize> = match attributes.ints("perm") {
            Some(perm) => perm
                .iter()
                .map(|&axis| super::windows::wrap(axis, rank))
                .collect(),
            None => (0..rank).rev().collect(),
        };
        let wrong = "its perm is out of range";
        if let Ok(map) = self.map(node, 0) {
            let layout = map.layout.transposed(&perm).ok_or(wrong)?;
            return self.relabel(node, map, layout);
        }
        let (tensor, view) = self.view(node)?;
        let view = view.transposed(&perm).ok_or(wrong)?;
        self.look_at(node, tensor, view)
    }

    /// The first input as parts of axes.
    fn view(&self, node: &NodeProto) -> Taken<(TensorId, View)> {
        let name = node.input.first().ok_or("it has no input")?;
        if let Some(view) = self.views.get(name) {
            return Ok(view.clone());
        }
        let map = self.map(node, 0)?;
        let shape = self.graph.shape(map.tensor);
        Ok((map.tensor, View::of(&map.layout, &shape)))
    }

    /// Takes a view for the output: if all axes are whole, it is the tensor again, or one with its
    /// channels in another order.
    fn look_at(&mut self, node: &NodeProto, tensor: TensorId, view: View) -> Taken<()> {
        let name = node.output.first().ok_or("it has no output")?;
        let shape = self.graph.shape(tensor);
        let Some((layout, order)) = view.whole(&shape) else {
            self.views.insert(name.clone(), (tensor, view));
            return Ok(());
        };
        if order.iter().copied().eq(0..shape.channels) {
            self.maps.insert(name.clone(), Map { tensor, layout });
            return Ok(());
        }
        let shuffle = Op::Gather(Gather::of_channels(order.into_iter().map(Some)));
        self.push(node, shuffle, Clamp::NONE, vec![tensor], shape, layout)
    }

    fn relabel(&mut self, node: &NodeProto, map: Map, layout: super::Layout) -> Taken<()> {
        let name = node.output.first().ok_or("it has no output")?;
        let tensor = map.tensor;
        self.maps.insert(name.clone(), Map { tensor, layout });
        Ok(())
    }
}
