//! QuantizeLinear as ONNX defines it, for tract to run.
//!
//! tract multiplies by the reciprocal of the scale where ONNX divides by the scale. The quotients
//! differ in their last bit, and where many values lie halfway between two steps (pixels less
//! 127.5, on steps of one pixel) so do the answers. So every QuantizeLinear with one scale is
//! spelled out: an f64 quotient rounded to f32 is the f32 quotient. One with a scale for each
//! channel is tract's own business: only weights have that.

use std::collections::HashMap;

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto, TensorProto, attribute_proto};

/// The graph with every QuantizeLinear of a tensor by one scale replaced by elementary nodes.
pub fn spelled_out(graph: &GraphProto) -> GraphProto {
    let mut spelled = graph.clone();
    let constants: HashMap<&str, &TensorProto> = constants(graph).collect();
    spelled.node.clear();
    for (at, node) in graph.node.iter().enumerate() {
        match Rounding::of(node, &constants, at) {
            Some(rounding) => {
                spelled.node.extend(rounding.nodes());
                spelled.initializer.extend(rounding.limits());
            }
            None => spelled.node.push(node.clone()),
        }
    }
    spelled
}

/// Puts a DequantizeLinear behind every QuantizeLinear that makes an answer: what its integers stand
/// for is what is compared.
pub fn answer_in_reals(graph: &mut GraphProto) {
    for output in &mut graph.output {
        let makes = |node: &&NodeProto| {
            node.op_type == "QuantizeLinear" && node.output.first() == Some(&output.name)
        };
        let Some(rounding) = graph.node.iter().find(makes).cloned() else {
            continue;
        };
        let integers = format!("tidbit.integers.{}", output.name);
        for node in &mut graph.node {
            let names = node.input.iter_mut().chain(&mut node.output);
            let own = names.filter(|name| **name == output.name);
            own.for_each(|name| name.clone_from(&integers));
        }
        let mut input = rounding.input;
        input[0] = integers;
        graph.node.push(NodeProto {
            name: format!("tidbit.reals.{}", output.name),
            op_type: "DequantizeLinear".into(),
            input,
            output: vec![output.name.clone()],
            ..NodeProto::default()
        });
        output.r#type = None;
    }
}

/// Initializers and the values of Constant nodes, by name.
fn constants(graph: &GraphProto) -> impl Iterator<Item = (&str, &TensorProto)> {
    let stored = graph.initializer.iter();
    let stored = stored.map(|tensor| (tensor.name.as_str(), tensor));
    let nodes = graph.node.iter().filter(|node| node.op_type == "Constant");
    let made = nodes.filter_map(|node| {
        let value = node.attribute.iter().find_map(|found| found.t.as_ref())?;
        Some((node.output.first()?.as_str(), value))
    });
    stored.chain(made)
}

/// A QuantizeLinear to be spelled out.
struct Rounding<'a> {
    node: &'a NodeProto,
    /// Before the names of what stands in its place.
    prefix: String,
    to: DataType,
}

impl<'a> Rounding<'a> {
    fn of(node: &'a NodeProto, constants: &HashMap<&str, &TensorProto>, at: usize) -> Option<Self> {
        let one = |index: usize| {
            let tensor = constants.get(node.input.get(index)?.as_str())?;
            (tensor.dims.iter().product::<i64>() == 1).then_some(*tensor)
        };
        if node.op_type != "QuantizeLinear" || node.output.len() != 1 {
            return None;
        }
        one(1).filter(|scale| scale.data_type == DataType::Float as i32)?;
        let to = match node.input.get(2).map(String::as_str) {
            None | Some("") => DataType::Uint8,
            Some(_) if one(2)?.data_type == DataType::Uint8 as i32 => DataType::Uint8,
            Some(_) if one(2)?.data_type == DataType::Int8 as i32 => DataType::Int8,
            Some(_) => return None,
        };
        let prefix = format!("tidbit.rounding.{at}");
        Some(Self { node, prefix, to })
    }

    fn name(&self, part: &str) -> String {
        format!("{}.{part}", self.prefix)
    }

    /// The nodes that compute it, the last of which makes its output.
    fn nodes(&self) -> Vec<NodeProto> {
        let has_zero_point = self.node.input.get(2).is_some_and(|name| !name.is_empty());
        let (x, scale) = (&self.node.input[0], &self.node.input[1]);
        let mut nodes = vec![
            cast(x, &self.name("wide"), DataType::Double),
            cast(scale, &self.name("wide_scale"), DataType::Double),
            self.binary("Div", "wide", "wide_scale", "quotient"),
            cast(&self.name("quotient"), &self.name("steps"), DataType::Float),
            self.binary("Round", "steps", "", "whole"),
        ];
        let mut last = "whole";
        if has_zero_point {
            let zero_point = self.name("zero_point");
            nodes.push(cast(&self.node.input[2], &zero_point, DataType::Float));
            nodes.push(self.binary("Add", "whole", "zero_point", "moved"));
            last = "moved";
        }
        nodes.push(self.binary("Max", last, "least", "raised"));
        nodes.push(self.binary("Min", "raised", "greatest", "saturated"));
        let mut result = cast(&self.name("saturated"), &self.node.output[0], self.to);
        result.name.clone_from(&self.node.name);
        nodes.push(result);
        nodes
    }

    fn binary(&self, op: &str, a: &str, b: &str, output: &str) -> NodeProto {
        let inputs = [a, b].into_iter().filter(|input| !input.is_empty());
        NodeProto {
            name: self.name(output),
            op_type: op.into(),
            input: inputs.map(|input| self.name(input)).collect(),
            output: vec![self.name(output)],
            ..NodeProto::default()
        }
    }

    /// Least and greatest of its integers.
    fn limits(&self) -> [TensorProto; 2] {
        let (least, greatest) = match self.to {
            DataType::Uint8 => (0.0f32, 255.0f32),
            _ => (-128.0, 127.0),
        };
        [("least", least), ("greatest", greatest)].map(|(name, value)| TensorProto {
            name: self.name(name),
            data_type: DataType::Float as i32,
            raw_data: value.to_le_bytes().to_vec(),
            ..TensorProto::default()
        })
    }
}

fn cast(input: &str, output: &str, to: DataType) -> NodeProto {
    NodeProto {
        name: output.into(),
        op_type: "Cast".into(),
        input: vec![input.into()],
        output: vec![output.into()],
        attribute: vec![AttributeProto {
            name: "to".into(),
            i: to as i64,
            r#type: attribute_proto::AttributeType::Int as i32,
            ..AttributeProto::default()
        }],
        ..NodeProto::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(name: &str, data_type: DataType) -> TensorProto {
        TensorProto {
            name: name.into(),
            data_type: data_type as i32,
            ..TensorProto::default()
        }
    }

    /// The operators that stand in the place of a QuantizeLinear with these constants.
    fn operators(scale: TensorProto, zero_point: Option<TensorProto>) -> Vec<String> {
        let names = ["x", "scale", "zero_point"];
        let node = NodeProto {
            op_type: "QuantizeLinear".into(),
            input: names[..2 + usize::from(zero_point.is_some())]
                .iter()
                .map(ToString::to_string)
                .collect(),
            output: vec!["y".into()],
            ..NodeProto::default()
        };
        let graph = GraphProto {
            node: vec![node],
            initializer: std::iter::once(scale).chain(zero_point).collect(),
            ..GraphProto::default()
        };
        let spelled = spelled_out(&graph);
        let last = spelled.node.last().expect("a node");
        assert_eq!(last.output, ["y"]);
        spelled.node.into_iter().map(|node| node.op_type).collect()
    }

    #[test]
    fn one_scale_is_spelled_out() {
        let scale = || number("scale", DataType::Float);
        let signed = operators(scale(), Some(number("zero_point", DataType::Int8)));
        let expected = [
            "Cast", "Cast", "Div", "Cast", "Round", "Cast", "Add", "Max", "Min", "Cast",
        ];
        assert_eq!(signed, expected);
        assert_eq!(operators(scale(), None).len(), 8);
    }

    #[test]
    fn what_tract_has_to_take_stays() {
        let mut scales = number("scale", DataType::Float);
        scales.dims = vec![3];
        assert_eq!(operators(scales, None), ["QuantizeLinear"]);
        let wide = number("zero_point", DataType::Int16);
        let scale = number("scale", DataType::Float);
        assert_eq!(operators(scale, Some(wide)), ["QuantizeLinear"]);
    }
}
