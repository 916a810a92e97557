//! Import: an ONNX file becomes a [`Graph`].
//!
//! tract reads the file and works out all shapes and constants (so `Shape → Gather → Concat →
//! Reshape` chains are numbers before we look); the nodes are then translated one by one. What
//! cannot be translated is an error that names the node. Every activation is H × W × C from here
//! on; [`layout`] keeps track of which ONNX dimension is which, so that transposes, reshapes and
//! squeezes are mere relabelings.

mod attributes;
mod blocks;
mod channels;
mod dense;
mod elementwise;
mod functions;
mod halves;
pub mod layout;
mod order;
mod picks;
mod products;
mod quantized;
mod reduce;
mod resize;
mod rounding;
mod shapes;
mod sizes;
pub mod source;
mod spelled;
mod together;
mod transposed;
mod upsample;
mod views;
mod windows;

use std::collections::{BTreeMap, HashMap};

use tract_onnx::pb::NodeProto;

use crate::Error;
use crate::graph::{Clamp, Graph, Node, Op, Output, Shape, Tensor, TensorId};
use attributes::Attributes;
use layout::Layout;
use source::Source;
use views::View;

/// The ONNX operators that the import knows.
pub const SUPPORTED: &[&str] = &[
    "Abs",
    "Add",
    "ArgMax",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "Celu",
    "Clip",
    "Concat",
    "Constant",
    "Conv",
    "ConvTranspose",
    "DepthToSpace",
    "DequantizeLinear",
    "Div",
    "Dropout",
    "Elu",
    "Erf",
    "Exp",
    "Expand",
    "Flatten",
    "Gather",
    "Gelu",
    "Gemm",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Greater",
    "GreaterOrEqual",
    "HardSigmoid",
    "HardSwish",
    "Identity",
    "LeakyRelu",
    "Less",
    "LessOrEqual",
    "Log",
    "LogSoftmax",
    "MatMul",
    "Max",
    "MaxPool",
    "Min",
    "Mish",
    "Mul",
    "Neg",
    "PRelu",
    "Pad",
    "Pow",
    "QuantizeLinear",
    "Reciprocal",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceSum",
    "Relu",
    "Reshape",
    "Resize",
    "Selu",
    "Sigmoid",
    "Slice",
    "Softmax",
    "Softplus",
    "Softsign",
    "SpaceToDepth",
    "Split",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Sum",
    "Swish",
    "Tanh",
    "ThresholdedRelu",
    "Transpose",
    "Unsqueeze",
    "Upsample",
    "Where",
];

/// An activation while importing: a tensor of the graph, and which ONNX dimension is which axis.
#[derive(Clone, Debug)]
struct Map {
    tensor: TensorId,
    layout: Layout,
}

/// An imported net.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The graph.
    pub graph: Graph,
    /// How the ONNX input's dimensions are ordered.
    pub input_layout: Layout,
    /// Things that the user should know, one sentence each.
    pub notices: Vec<String>,
}

/// Why a node cannot be taken: the reason only; the importer adds which node it is.
type Refusal = String;
/// A node's result, or a reason.
type Taken<T> = Result<T, Refusal>;

struct Importer<'a> {
    source: &'a Source,
    graph: Graph,
    maps: HashMap<String, Map>,
    /// Activations whose axes are in parts.
    views: HashMap<String, (TensorId, View)>,
    /// Answers for which another tensor stands.
    logits: HashMap<String, String>,
    notices: Vec<String>,
}

/// Translates a net.
///
/// # Errors
/// [`Error::Interface`] and [`Error::Unsupported`].
pub fn import(source: &Source) -> Result<Imported, Error> {
    let (name, dims) = source.input()?;
    let layout = Layout::of_image(&dims).ok_or_else(|| Error::Interface {
        reason: match dims.first() {
            Some(&batch) if batch != 1 && dims.len() == 4 => format!(
                "the input '{name}' is a batch of {batch} images ({dims:?}): the batch must be 1, or dynamic"
            ),
            _ => format!("the input '{name}' has the shape {dims:?}"),
        },
    })?;
    let image = Tensor {
        name: name.clone(),
        shape: layout.shape_of(&dims),
        layout: layout.clone(),
        equalization: None,
    };
    let map = Map {
        tensor: 0,
        layout: layout.clone(),
    };
    let mut importer = Importer {
        source,
        graph: Graph {
            tensors: vec![image],
            nodes: Vec::new(),
            input: 0,
            outputs: Vec::new(),
            given: BTreeMap::new(),
            parts_apart: false,
        },
        maps: HashMap::from([(name, map)]),
        views: HashMap::new(),
        logits: HashMap::new(),
        notices: Vec::new(),
    };
    for node in source.nodes() {
        importer.node(node)?;
    }
    for name in source.outputs()? {
        let output = importer.output(name)?;
        if importer.views.contains_key(&output.name) {
            importer.notices.push(format!(
                "the answer '{}' is given as its tensor lies, before it is split and reordered: {} (rows, \
                 columns, channels)",
                output.name,
                importer.graph.shape(output.tensor)
            ));
        }
        importer.graph.outputs.push(output);
    }
    importer.graph.remove_dead();
    Ok(Imported {
        graph: importer.graph,
        input_layout: layout,
        notices: importer.notices,
    })
}

impl Importer<'_> {
    /// Translates one node.
    fn node(&mut self, node: &NodeProto) -> Result<(), Error> {
        let constant = node
            .output
            .iter()
            .all(|output| output.is_empty() || self.source.constant(output).is_some());
        let activation = |input| self.maps.contains_key(input) || self.views.contains_key(input);
        let reads_activation = node.input.iter().any(activation);
        if constant || node.op_type == "Constant" {
            return Ok(());
        }
        if !SUPPORTED.contains(&node.op_type.as_str()) {
            return Err(self.unsupported(node, "tidbit has no such operator".into()));
        }
        if !reads_activation {
            return Err(self.unsupported(
                node,
                "it depends neither on the image nor on constants alone".into(),
            ));
        }
        let attributes = Attributes(node);
        let taken = match node.op_type.as_str() {
            "Identity" | "Dropout" | "Cast" => self.alias(node),
            "Relu" => self.relu(node),
            "Clip" => self.clip(node, &attributes),
            "Min" | "Max" => self.extremum(node),
            "HardSigmoid" => self.hard_sigmoid(node, &attributes),
            "PRelu" => self.prelu(node),
            "Sigmoid" | "Tanh" | "Softplus" | "Erf" | "HardSwish" | "Mish" | "LeakyRelu"
            | "Elu" | "Gelu" | "Abs" | "Exp" | "Softsign" | "Selu" | "Celu" | "Reciprocal"
            | "Log" | "Sqrt" | "Pow" | "ThresholdedRelu" => self.function(node, &attributes),
            "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "Where" => self.together(node),
            "Add" | "Sub" | "Mul" | "Div" => self.arithmetic(node),
            "BatchNormalization" => self.batch_norm(node, &attributes),
            "Conv" => self.conv(node, &attributes),
            "MaxPool" | "AveragePool" => self.pool(node, &attributes),
            "GlobalAveragePool" | "GlobalMaxPool" => self.global_pool(node),
            "ReduceMean" | "ReduceMax" | "ReduceMin" | "ReduceSum" => {
                self.reduce(node, &attributes)
            }
            "Gemm" => self.gemm(node, &attributes),
            "MatMul" => self.matmul(node),
            "Pad" => self.pad(node, &attributes),
            "Softmax" => self.softmax(node, &attributes),
            "LogSoftmax" => self.log_softmax(node, &attributes),
            "Expand" => self.expand(node),
            "SpaceToDepth" => self.space_to_depth(node, &attributes),
            "Concat" => self.concat(node, &attributes),
            "Split" => self.split(node, &attributes),
            "Slice" => self.slice(node, &attributes),
            "Gather" => self.gather(node, &attributes),
            "Flatten" | "Reshape" | "Squeeze" | "Unsqueeze" => self.reshape(node),
            "Transpose" => self.transpose(node, &attributes),
            "Neg" => self.negated(node),
            "Resize" => self.resize(node, &attributes),
            "ConvTranspose" => self.conv_transpose(node, &attributes),
            "DepthToSpace" => self.depth_to_space(node, &attributes),
            "ArgMax" => self.arg_max(node, &attributes),
            "QuantizeLinear" => self.quantize_linear(node),
            "DequantizeLinear" => self.dequantize_linear(node),
            _ => Err("tidbit has no such operator".into()),
        };
        taken.map_err(|reason| self.unsupported(node, reason))
    }

    /// An answer. One whose axes are in parts is answered in the order of the tensor under it.
    fn output(&self, name: String) -> Result<Output, Error> {
        let shape = |tensor: TensorId| self.graph.shape(tensor);
        let found = match (self.maps.get(&name), self.views.get(&name)) {
            (Some(map), _) => Some((map.tensor, map.layout.to_hwc(&shape(map.tensor)))),
            (None, Some((tensor, view))) => Some((*tensor, view.to_hwc(&shape(*tensor)))),
            (None, None) => None,
        };
        let (tensor, places) = found.ok_or_else(|| Error::Interface {
            reason: format!("the output '{name}' is the same for every image"),
        })?;
        Ok(Output {
            values: self.logits.get(&name).unwrap_or(&name).clone(),
            name,
            tensor,
            places,
        })
    }

    /// The error for a node that cannot be taken.
    fn unsupported(&self, node: &NodeProto, reason: Refusal) -> Error {
        let shape = |name: &String| match self.source.dims(name) {
            Some(dims) => format!("{dims:?}"),
            None => "?".into(),
        };
        let list = |names: &[String]| {
            let named = names.iter().filter(|name| !name.is_empty());
            named.map(shape).collect::<Vec<_>>().join(" ")
        };
        Error::Unsupported {
            node: source::node_name(node),
            op: node.op_type.clone(),
            shapes: format!("{} -> {}", list(&node.input), list(&node.output)),
            reason,
            supported: SUPPORTED.join(", "),
        }
    }

    /// The activation that is input `index` of a node.
    fn map(&self, node: &NodeProto, index: usize) -> Taken<Map> {
        let name = node.input.get(index).ok_or("an input is missing")?;
        let map = self.maps.get(name);
        map.cloned()
            .ok_or_else(|| match self.views.contains_key(name) {
                true => format!(
                    "its input '{name}' is a reshape that splits or mixes rows, columns and channels, which is \
                     understood as an answer of the net, or where another reshape puts them together again: \
                     let the net end there"
                ),
                false => format!("its input '{name}' is a constant, an image is expected"),
            })
    }

    /// The constant that is input `index` of a node; `None` if it is left out.
    fn constant(&self, node: &NodeProto, index: usize) -> Taken<Option<source::Constant>> {
        match node.input.get(index) {
            Some(name) if !name.is_empty() => self
                .source
                .constant(name)
                .map(Some)
                .ok_or_else(|| format!("its input '{name}' must be a constant")),
            _ => Ok(None),
        }
    }

    /// Dimensions of the node's first output.
    fn output_dims(&self, node: &NodeProto) -> Taken<Vec<usize>> {
        let name = node.output.first().ok_or("it has no output")?;
        let dims = self.source.dims(name);
        dims.ok_or_else(|| {
            format!(
                "its output shape cannot be worked out. {}",
                self.source.analysis
            )
        })
    }

    /// Adds a node to the graph, and a tensor for its output.
    fn push(
        &mut self,
        node: &NodeProto,
        op: Op,
        clamp: Clamp,
        inputs: Vec<TensorId>,
        shape: Shape,
        layout: Layout,
    ) -> Taken<()> {
        self.push_output(node, 0, op, clamp, inputs, (shape, layout))
    }

    /// As [`push`](Self::push), for output `at` of the node.
    fn push_output(
        &mut self,
        node: &NodeProto,
        at: usize,
        op: Op,
        clamp: Clamp,
        inputs: Vec<TensorId>,
        (shape, layout): (Shape, Layout),
    ) -> Taken<()> {
        if shape.elements() == 0 {
            return Err("its output has no elements".into());
        }
        let name = node.output.get(at).ok_or("it has no output")?;
        let tensor = self.graph.tensors.len();
        self.graph.tensors.push(Tensor {
            name: name.clone(),
            shape,
            layout: layout.clone(),
            equalization: None,
        });
        self.graph.nodes.push(Node {
            name: source::node_name(node),
            op,
            clamp,
            inputs,
            output: tensor,
        });
        self.maps.insert(name.clone(), Map { tensor, layout });
        Ok(())
    }

    /// Adds a node whose output has the shape and layout of its input.
    fn push_like(&mut self, node: &NodeProto, op: Op, clamp: Clamp, map: Map) -> Taken<()> {
        let shape = self.graph.shape(map.tensor);
        self.push(node, op, clamp, vec![map.tensor], shape, map.layout)
    }
}
