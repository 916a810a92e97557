//! What tract gets wrong, said by the sizes of its output, which are known once shapes are.
//!
//! With `align_corners` ONNX counts in whole pixels of the output, whatever `scales` says of parts of
//! them: 29 rows times 1.5 are 43. tract counts 43.5. And an Expand in front of a Concat makes tract
//! contradict itself; to the nearest pixel, a Resize does the same.

use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto, TensorProto};
use tract_onnx::pb::{attribute_proto::AttributeType, tensor_proto::DataType};

/// Gives sizes to every such node, as far as `dims` knows its output; whether there was one. Resize
/// has sizes since operator set 11.
pub fn say(graph: &mut GraphProto, opset: i64, dims: impl Fn(&str) -> Option<Vec<usize>>) -> bool {
    let mut lists = Vec::new();
    for node in graph.node.iter_mut().filter(|_| opset >= 11) {
        let output = node.output.first().cloned().unwrap_or_default();
        let Some(dims) = dims(&output) else {
            continue;
        };
        let sizes = match node.op_type.as_str() {
            "Expand" => Some(dims.iter().map(|&dim| dim as i64).collect()),
            "Resize" if aligned_by_scales(node) => sizes(node, &dims),
            _ => None,
        };
        let Some(sizes) = sizes else {
            continue;
        };
        if node.op_type == "Expand" {
            node.op_type = "Resize".into();
            node.attribute = vec![
                text("coordinate_transformation_mode", "asymmetric"),
                text("nearest_mode", "floor"),
            ];
        }
        let names = ["roi", "scales", "sizes"].map(|what| format!("tidbit.{what}.{output}"));
        let [roi, scales, sized] = names.clone();
        lists.push(list(roi, DataType::Float, vec![]));
        lists.push(list(scales, DataType::Float, vec![]));
        lists.push(list(sized, DataType::Int64, sizes));
        node.input.truncate(1);
        node.input.extend(names);
    }
    let any = !lists.is_empty();
    graph.initializer.extend(lists);
    any
}

fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute
        .iter()
        .find(|attribute| attribute.name == name)
}

fn aligned_by_scales(node: &NodeProto) -> bool {
    let mode = attribute(node, "coordinate_transformation_mode");
    let has = |at: usize| node.input.get(at).is_some_and(|name| !name.is_empty());
    mode.is_some_and(|mode| mode.s == b"align_corners") && has(2) && !has(3)
}

/// The sizes of a Resize, of those axes that it names.
fn sizes(node: &NodeProto, dims: &[usize]) -> Option<Vec<i64>> {
    let rank = dims.len() as i64;
    let every: Vec<i64> = (0..rank).collect();
    let axes = attribute(node, "axes").map_or(&every, |axes| &axes.ints);
    let place = |&axis: &i64| usize::try_from((axis + rank) % rank.max(1)).ok();
    let size = |axis| Some(*dims.get(place(axis)?)? as i64);
    axes.iter().map(size).collect()
}

fn list(name: String, kind: DataType, values: Vec<i64>) -> TensorProto {
    TensorProto {
        name,
        dims: vec![values.len() as i64],
        data_type: kind as i32,
        int64_data: values,
        ..TensorProto::default()
    }
}

fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        s: value.as_bytes().to_vec(),
        r#type: AttributeType::String as i32,
        ..AttributeProto::default()
    }
}
