//! Operators that only relabel: Flatten, Reshape, Squeeze, Unsqueeze, Transpose.

use tract_onnx::pb::NodeProto;

use super::attributes::Attributes;
use super::{Importer, Map, Taken};

impl Importer<'_> {
    /// Any reshape that merges or separates whole axes; tract has worked out the new dimensions.
    pub(super) fn reshape(&mut self, node: &NodeProto) -> Taken<()> {
        let map = self.map(node, 0)?;
        let shape = self.graph.shape(map.tensor);
        let dims = self.output_dims(node)?;
        let layout = map.layout.reshaped(&shape, &dims).ok_or_else(|| {
            format!("a reshape to {dims:?} that splits rows, columns or channels is not supported")
        })?;
        self.relabel(node, map, layout)
    }

    pub(super) fn transpose(&mut self, node: &NodeProto, attributes: &Attributes<'_>) -> Taken<()> {
        let map = self.map(node, 0)?;
        let rank = map.layout.0.len();
        let perm: Vec<usize> = match attributes.ints("perm") {
            Some(perm) => perm
                .iter()
                .map(|&axis| super::windows::wrap(axis, rank))
                .collect(),
            None => (0..rank).rev().collect(),
        };
        let layout = map
            .layout
            .transposed(&perm)
            .ok_or("its perm is out of range")?;
        self.relabel(node, map, layout)
    }

    fn relabel(&mut self, node: &NodeProto, map: Map, layout: super::Layout) -> Taken<()> {
        let name = node.output.first().ok_or("it has no output")?;
        let tensor = map.tensor;
        self.maps.insert(name.clone(), Map { tensor, layout });
        Ok(())
    }
}
