//! Dense layers: a convolution whose kernel is as large as its input.
//!
//! So a layer behind a Flatten needs no flattening: its weights are put in the order in which the
//! rows of the image lie, whatever order the file flattened them in.

use tract_onnx::pb::NodeProto;

use super::attributes::Attributes;
use super::layout::{Axis, Layout};
use super::{Importer, Taken, source::Constant};
use crate::graph::{Clamp, Conv, Op, Shape, Window};

impl Importer<'_> {
    pub(super) fn gemm(&mut self, node: &NodeProto, attributes: &Attributes<'_>) -> Taken<()> {
        if attributes.int("transA", 0) != 0 {
            return Err("transA is not supported".into());
        }
        let (alpha, beta) = (
            attributes.float("alpha", 1.0),
            attributes.float("beta", 1.0),
        );
        let weights = self.constant(node, 1)?.ok_or("it has no weights")?;
        let bias = self.constant(node, 2)?;
        let transposed = attributes.int("transB", 0) != 0;
        let bias = bias.map(|bias| bias.values.iter().map(|value| value * beta).collect());
        self.dense(node, &weights, transposed, alpha, bias)
    }

    pub(super) fn matmul(&mut self, node: &NodeProto) -> Taken<()> {
        let weights = self.constant(node, 1)?.ok_or("it has no weights")?;
        self.dense(node, &weights, false, 1.0, None)
    }

    fn dense(
        &mut self,
        node: &NodeProto,
        weights: &Constant,
        transposed: bool,
        alpha: f32,
        bias: Option<Vec<f32>>,
    ) -> Taken<()> {
        let map = self.map(node, 0)?;
        let shape = self.graph.shape(map.tensor);
        let &[rows, columns] = weights.dims.as_slice() else {
            return Err(format!(
                "its weights have the shape {:?}; a matrix is expected",
                weights.dims
            ));
        };
        let (inputs, outputs) = if transposed {
            (columns, rows)
        } else {
            (rows, columns)
        };
        let axes = map.layout.0.split_last();
        let vector = axes.is_some_and(|(_, rest)| {
            rest.iter()
                .flatten()
                .all(|axis| super::layout::extent(&shape, *axis) == 1)
        });
        if !vector || inputs != shape.elements() {
            return Err(format!(
                "its {inputs} weights a row do not fit its input of {shape}: flatten it first"
            ));
        }
        let order = map.layout.to_hwc(&shape);
        let mut ordered = vec![0.0; weights.values.len()];
        for output in 0..outputs {
            for (input, &place) in order.iter().enumerate() {
                let at = if transposed {
                    output * inputs + input
                } else {
                    input * outputs + output
                };
                ordered[output * inputs + place] = alpha * weights.values[at];
            }
        }
        let bias = match bias {
            Some(bias) if bias.len() == outputs => bias,
            Some(bias) if bias.len() == 1 => vec![bias[0]; outputs],
            Some(bias) => {
                return Err(format!(
                    "its bias has {} numbers for {outputs} outputs",
                    bias.len()
                ));
            }
            None => vec![0.0; outputs],
        };
        let steps = self.steps(node, &ordered, outputs);
        let conv = Conv {
            weights: ordered,
            bias,
            window: Window::plain([shape.height, shape.width]),
            groups: 1,
            pad_pixel: None,
            steps,
        };
        let output = Shape {
            height: 1,
            width: 1,
            channels: outputs,
        };
        let mut layout = vec![vec![]; map.layout.0.len()];
        if let Some(last) = layout.last_mut() {
            last.push(Axis::C);
        }
        self.push(
            node,
            Op::Conv(conv),
            Clamp::NONE,
            vec![map.tensor],
            output,
            Layout(layout),
        )
    }
}
