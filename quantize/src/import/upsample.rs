//! Upsample, which ONNX replaced by Resize, as the Resize that does the same.

use tract_onnx::pb::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};
use tract_onnx::pb::{attribute_proto::AttributeType, tensor_proto::DataType};

/// The first operator set with Resize.
const FIRST: i64 = 10;

/// Makes a Resize of every Upsample; rounds those of operator set 10 down, as they are meant.
///
/// # Errors
/// Why the net cannot be raised to the operator set that has Resize.
pub fn modernize(proto: &mut ModelProto) -> Result<(), String> {
    let opset = proto
        .opset_import
        .iter_mut()
        .find(|opset| opset.domain.is_empty() || opset.domain == "ai.onnx");
    let (Some(opset), Some(graph)) = (opset, proto.graph.as_mut()) else {
        return Ok(());
    };
    let has = |op: &str| graph.node.iter().any(|node| node.op_type == op);
    if opset.version < FIRST && has("Upsample") {
        // These take as inputs from then on what they had as attributes.
        if let Some(op) = ["Slice", "TopK"].into_iter().find(|op| has(op)) {
            return Err(format!(
                "Upsample together with {op} is not supported in operator set {}: convert the net to operator set 11 or later",
                opset.version
            ));
        }
        opset.version = FIRST;
        upsamples(graph);
    }
    if opset.version == FIRST {
        let resizes = graph.node.iter_mut();
        for node in resizes.filter(|node| node.op_type == "Resize") {
            node.attribute.push(text("nearest_mode", "floor"));
        }
    }
    Ok(())
}

fn upsamples(graph: &mut GraphProto) {
    for node in &mut graph.node {
        if node.op_type != "Upsample" {
            continue;
        }
        node.op_type = "Resize".into();
        for attribute in &mut node.attribute {
            if attribute.s == b"bilinear" {
                attribute.s = b"linear".to_vec();
            }
        }
        // Before operator set 9 the scales are an attribute.
        if let Some(scales) = take_scales(node) {
            let name = format!(
                "{}_scales",
                node.output.first().cloned().unwrap_or_default()
            );
            node.input.push(name.clone());
            graph.initializer.push(TensorProto {
                name,
                dims: vec![scales.len() as i64],
                data_type: DataType::Float as i32,
                float_data: scales,
                ..TensorProto::default()
            });
        }
    }
}

fn take_scales(node: &mut NodeProto) -> Option<Vec<f32>> {
    let at = node
        .attribute
        .iter()
        .position(|attribute| attribute.name == "scales")?;
    Some(node.attribute.remove(at).floats)
}

fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        s: value.as_bytes().to_vec(),
        r#type: AttributeType::String as i32,
        ..AttributeProto::default()
    }
}
