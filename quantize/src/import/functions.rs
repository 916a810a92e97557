//! Functions of one element that ONNX has an operator for, and Min and Max against a constant.

use tract_onnx::pb::NodeProto;

use super::attributes::Attributes;
use super::{Importer, Taken};
use crate::function::Function;
use crate::graph::{Clamp, Op};

impl Importer<'_> {
    /// An operator that is a function and nothing else; attributes have ONNX's defaults.
    pub(super) fn function(&mut self, node: &NodeProto, attributes: &Attributes<'_>) -> Taken<()> {
        let number = |name, default| f64::from(attributes.float(name, default));
        let function = match node.op_type.as_str() {
            "Sigmoid" => Function::Sigmoid,
            "Tanh" => Function::Tanh,
            "Softplus" => Function::Softplus,
            "Erf" => Function::Erf,
            "HardSwish" => Function::hard_swish(),
            "Mish" => Function::mish(),
            "Abs" => Function::Abs,
            "Exp" => Function::Exp,
            "Softsign" => Function::Softsign,
            "Reciprocal" => Function::Reciprocal,
            "Log" => Function::Log,
            "Sqrt" => Function::Sqrt,
            "Pow" => Function::Power(self.number(node, 1)?),
            "ThresholdedRelu" => Function::thresholded(number("alpha", 1.0)),
            "Selu" => Function::selu(number("alpha", 1.673_263_2), number("gamma", 1.050_700_9)),
            // With another factor tract, from which calibration has its values, leaves it out.
            "Celu" if number("alpha", 1.0) == 1.0 => Function::Elu { alpha: 1.0 },
            "Celu" => return Err("it is supported with an alpha of 1 only".into()),
            "LeakyRelu" => Function::LeakyRelu {
                slope: number("alpha", 0.01),
            },
            "Elu" => Function::Elu {
                alpha: number("alpha", 1.0),
            },
            "Gelu" => match attributes.text("approximate", "none").as_str() {
                "none" => Function::gelu(),
                "tanh" => Function::gelu_by_tanh(),
                other => return Err(format!("its approximation '{other}' is not supported")),
            },
            _ => return Err("tidbit has no such operator".into()),
        };
        let map = self.map(node, 0)?;
        self.push_like(node, Op::Function(function), Clamp::NONE, map)
    }

    /// A line and a clamp: a convolution before it can take in both.
    pub(super) fn hard_sigmoid(
        &mut self,
        node: &NodeProto,
        attributes: &Attributes<'_>,
    ) -> Taken<()> {
        let map = self.map(node, 0)?;
        let channels = self.graph.shape(map.tensor).channels;
        let op = Op::Affine {
            scale: vec![attributes.float("alpha", 0.2); channels],
            shift: vec![attributes.float("beta", 0.5); channels],
        };
        self.push_like(node, op, Clamp { lo: 0.0, hi: 1.0 }, map)
    }

    /// Min or Max: of an activation and numbers it is one side of a Clip.
    pub(super) fn extremum(&mut self, node: &NodeProto) -> Taken<()> {
        let activations = (0..node.input.len()).filter(|&index| self.is_activation(node, index));
        if activations.count() > 1 {
            return self.together(node);
        }
        let least = node.op_type == "Min";
        let mut found = None;
        let mut clamp = Clamp::NONE;
        for index in 0..node.input.len() {
            if self.is_activation(node, index) {
                found = Some(self.map(node, index)?);
                continue;
            }
            let bound = self.number(node, index)? as f32;
            clamp = clamp.then(match least {
                true => Clamp {
                    hi: bound,
                    ..Clamp::NONE
                },
                false => Clamp {
                    lo: bound,
                    ..Clamp::NONE
                },
            });
        }
        let map = found.ok_or("it reads no activation")?;
        self.push_like(node, Op::Clamp, clamp, map)
    }
}
