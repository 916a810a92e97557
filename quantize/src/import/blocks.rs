//! Channels that become pixels of blocks, and pixels of blocks that become channels.

use tract_onnx::pb::NodeProto;

use super::attributes::Attributes;
use super::{Importer, Taken};
use crate::graph::{Blocks, Clamp, Conv, Op, Padding, Window};

impl Importer<'_> {
    pub(super) fn depth_to_space(
        &mut self,
        node: &NodeProto,
        attributes: &Attributes<'_>,
    ) -> Taken<()> {
        let map = self.image(node)?;
        let output = self.output_shape(node)?;
        let block = usize::try_from(attributes.int("blocksize", 1)).unwrap_or(1);
        let channel_first = match attributes.text("mode", "DCR").as_str() {
            "DCR" => false,
            "CRD" => true,
            other => return Err(format!("its mode '{other}' is not supported")),
        };
        let blocks = Blocks {
            sides: [block, block],
            channel_first,
        };
        let (op, inputs) = (Op::DepthToSpace(blocks), vec![map.tensor]);
        self.push(node, op, Clamp::NONE, inputs, output, map.layout)
    }

    /// A convolution whose kernels have one weight each: at the start of a net, where such nodes are,
    /// that costs next to nothing.
    pub(super) fn space_to_depth(
        &mut self,
        node: &NodeProto,
        attributes: &Attributes<'_>,
    ) -> Taken<()> {
        let map = self.image(node)?;
        let inputs = self.graph.shape(map.tensor).channels;
        let output = self.output_shape(node)?;
        let block = usize::try_from(attributes.int("blocksize", 1)).unwrap_or(1);
        let taps = block * block * inputs;
        let mut weights = vec![0.0; taps * taps];
        // Both count the pixels of a block before its channels.
        for at in 0..taps {
            weights[at * taps + at] = 1.0;
        }
        let conv = Conv {
            weights,
            bias: vec![0.0; taps],
            window: Window {
                kernel: [block, block],
                stride: [block, block],
                dilation: [1, 1],
                padding: Padding::default(),
            },
            groups: 1,
            pad_pixel: None,
            steps: None,
        };
        let (op, inputs) = (Op::Conv(conv), vec![map.tensor]);
        self.push(node, op, Clamp::NONE, inputs, output, map.layout)
    }
}
