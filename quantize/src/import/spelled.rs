//! Operators that are written as several others before anything else reads them: a Sum of many, and
//! Swish, which tract lacks.

use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto, TensorProto, tensor_proto::DataType};

/// Spells them out.
pub fn out(graph: &mut GraphProto) {
    for node in std::mem::take(&mut graph.node) {
        match node.op_type.as_str() {
            "Sum" => graph.node.extend(sum(&node)),
            "Swish" => {
                let (nodes, factor) = swish(&node);
                graph.node.extend(nodes);
                graph.initializer.push(factor);
            }
            _ => graph.node.push(node),
        }
    }
}

/// A part of a node; the last has its name and makes its output.
fn part(node: &NodeProto, op: &str, inputs: [&str; 2], what: Option<&str>) -> NodeProto {
    let output = node.output.first().cloned().unwrap_or_default();
    let name = what.map(|what| format!("{output} ({what})"));
    let inputs = inputs.into_iter().filter(|input| !input.is_empty());
    NodeProto {
        name: name.clone().unwrap_or_else(|| node.name.clone()),
        op_type: op.into(),
        input: inputs.map(String::from).collect(),
        output: vec![name.unwrap_or(output)],
        ..NodeProto::default()
    }
}

fn sum(node: &NodeProto) -> Vec<NodeProto> {
    let [first, others @ ..] = node.input.as_slice() else {
        return vec![node.clone()];
    };
    let mut parts: Vec<NodeProto> = Vec::new();
    let mut left = first.clone();
    for (at, right) in (1..).zip(others) {
        let what = (at < others.len()).then(|| format!("of {}", at + 1));
        let next = part(node, "Add", [&left, right], what.as_deref());
        left.clone_from(&next.output[0]);
        parts.push(next);
    }
    match parts.is_empty() {
        true => vec![part(node, "Identity", [first, ""], None)],
        false => parts,
    }
}

/// `x * sigmoid(alpha * x)`.
fn swish(node: &NodeProto) -> (Vec<NodeProto>, TensorProto) {
    let named = |found: &&AttributeProto| found.name == "alpha";
    let alpha = node
        .attribute
        .iter()
        .find(named)
        .map_or(1.0, |found| found.f);
    let x = node.input.first().map_or("", String::as_str);
    let factor = format!("{} (alpha)", node.output.first().map_or("", String::as_str));
    let line = part(node, "Mul", [x, &factor], Some("line"));
    let gate = part(node, "Sigmoid", [&line.output[0], ""], Some("gate"));
    let product = part(node, "Mul", [x, &gate.output[0]], None);
    let factor = TensorProto {
        name: factor,
        data_type: DataType::Float as i32,
        float_data: vec![alpha],
        ..TensorProto::default()
    };
    (vec![line, gate, product], factor)
}
