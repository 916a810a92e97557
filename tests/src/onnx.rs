//! Small ONNX nets made on the spot: what the operator tests quantize and compare.
//!
//! Weights are pseudo-random from a seed, so a net is the same on every run.

use prost::Message;
pub use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto, tensor_shape_proto, type_proto,
};

use crate::random::SplitMix;

/// A value of an attribute.
#[derive(Clone, Debug)]
pub enum Attr {
    /// An integer.
    Int(i64),
    /// A number.
    Float(f32),
    /// Integers.
    Ints(Vec<i64>),
    /// Numbers.
    Floats(Vec<f32>),
    /// A text.
    Text(&'static str),
}

/// A net under construction. The image is called `image`.
pub struct Net {
    graph: GraphProto,
    random: SplitMix,
    opset: i64,
}

impl Net {
    /// A net that takes an image of these dimensions.
    pub fn new(dims: [i64; 4]) -> Self {
        let graph = GraphProto {
            name: "net".into(),
            input: vec![value_info("image", Some(&dims))],
            ..GraphProto::default()
        };
        Self {
            graph,
            random: SplitMix::new(0x9e37_79b9_7f4a_7c15),
            opset: 13,
        }
    }

    /// The same for another version of the operator set.
    pub fn opset(mut self, opset: i64) -> Self {
        self.opset = opset;
        self
    }

    /// A number between -1 and 1.
    pub fn random(&mut self) -> f32 {
        self.random.unit()
    }

    /// A constant of random numbers times `scale` plus `offset`.
    pub fn weights(&mut self, dims: &[i64], scale: f32, offset: f32) -> String {
        let count: i64 = dims.iter().product();
        let values: Vec<f32> = (0..count).map(|_| self.random() * scale + offset).collect();
        self.constant(dims, &values)
    }

    /// A constant of these numbers.
    pub fn constant(&mut self, dims: &[i64], values: &[f32]) -> String {
        let name = format!("constant_{}", self.graph.initializer.len());
        self.graph.initializer.push(TensorProto {
            name: name.clone(),
            dims: dims.to_vec(),
            data_type: DataType::Float as i32,
            raw_data: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            ..TensorProto::default()
        });
        name
    }

    /// A constant list of integers.
    pub fn ints(&mut self, values: &[i64]) -> String {
        let name = format!("constant_{}", self.graph.initializer.len());
        self.graph.initializer.push(TensorProto {
            name: name.clone(),
            dims: vec![values.len() as i64],
            data_type: DataType::Int64 as i32,
            raw_data: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            ..TensorProto::default()
        });
        name
    }

    /// A constant of small integers; `kind` is `Int8`, `Uint8` or `Int32`.
    pub fn integers(&mut self, dims: &[i64], kind: DataType, values: &[i32]) -> String {
        let name = format!("constant_{}", self.graph.initializer.len());
        let width = if kind == DataType::Int32 { 4 } else { 1 };
        let bytes = values.iter().map(|value| value.to_le_bytes());
        self.graph.initializer.push(TensorProto {
            name: name.clone(),
            dims: dims.to_vec(),
            data_type: kind as i32,
            raw_data: bytes
                .flat_map(|bytes| bytes.into_iter().take(width))
                .collect(),
            ..TensorProto::default()
        });
        name
    }

    /// A node with one output, whose name is returned.
    pub fn node(&mut self, op: &str, inputs: &[&str], attributes: &[(&str, Attr)]) -> String {
        let name = format!("{op}_{}", self.graph.node.len());
        self.graph.node.push(NodeProto {
            name: name.clone(),
            op_type: op.into(),
            input: inputs.iter().map(|input| (*input).into()).collect(),
            output: vec![name.clone()],
            attribute: attributes.iter().map(attribute).collect(),
            ..NodeProto::default()
        });
        name
    }

    /// A node with several outputs, whose names are returned.
    pub fn parts(
        &mut self,
        op: &str,
        inputs: &[&str],
        attributes: &[(&str, Attr)],
        count: usize,
    ) -> Vec<String> {
        let first = self.node(op, inputs, attributes);
        let others = (1..count).map(|at| format!("{first}:{at}"));
        let names: Vec<String> = std::iter::once(first.clone()).chain(others).collect();
        if let Some(node) = self.graph.node.last_mut() {
            node.output.clone_from(&names);
        }
        names
    }

    /// A convolution with random weights and bias, scaled for outputs of the inputs' size.
    pub fn conv(&mut self, input: &str, weights: [i64; 4], attributes: &[(&str, Attr)]) -> String {
        let taps = (weights[1] * weights[2] * weights[3]) as f32;
        let bias = self.weights(&weights[..1], 0.2, 0.0);
        let weights = self.weights(&weights, 1.7 / taps.sqrt(), 0.0);
        self.node("Conv", &[input, &weights, &bias], attributes)
    }

    /// The operators of the net so far.
    pub fn operators(&self) -> Vec<String> {
        self.graph
            .node
            .iter()
            .map(|node| node.op_type.clone())
            .collect()
    }

    /// The file, with `output` as the net's answer.
    pub fn finish(self, output: &str) -> Vec<u8> {
        self.finish_with(&[output])
    }

    /// The file, with several answers.
    pub fn finish_with(mut self, outputs: &[&str]) -> Vec<u8> {
        let infos = outputs.iter().map(|output| value_info(output, None));
        self.graph.output = infos.collect();
        let model = ModelProto {
            ir_version: 7,
            opset_import: vec![OperatorSetIdProto {
                version: self.opset,
                ..OperatorSetIdProto::default()
            }],
            graph: Some(self.graph),
            ..ModelProto::default()
        };
        model.encode_to_vec()
    }
}

fn attribute((name, value): &(&str, Attr)) -> AttributeProto {
    use tract_onnx::pb::attribute_proto::AttributeType as Type;
    let mut attribute = AttributeProto {
        name: (*name).into(),
        ..AttributeProto::default()
    };
    let kind = match value {
        Attr::Int(value) => {
            attribute.i = *value;
            Type::Int
        }
        Attr::Float(value) => {
            attribute.f = *value;
            Type::Float
        }
        Attr::Ints(values) => {
            attribute.ints = values.clone();
            Type::Ints
        }
        Attr::Floats(values) => {
            attribute.floats = values.clone();
            Type::Floats
        }
        Attr::Text(text) => {
            attribute.s = text.as_bytes().to_vec();
            Type::String
        }
    };
    attribute.r#type = kind as i32;
    attribute
}

fn value_info(name: &str, dims: Option<&[i64]>) -> ValueInfoProto {
    let dim = |value: &i64| tensor_shape_proto::Dimension {
        value: Some(tensor_shape_proto::dimension::Value::DimValue(*value)),
        ..tensor_shape_proto::Dimension::default()
    };
    let tensor = type_proto::Tensor {
        elem_type: DataType::Float as i32,
        shape: dims.map(|dims| TensorShapeProto {
            dim: dims.iter().map(dim).collect(),
        }),
    };
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(tensor)),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}
