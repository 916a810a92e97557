//! Resizes whose corners are aligned, by the sizes of their outputs.
//!
//! With `align_corners` ONNX counts in whole pixels of the output, whatever `scales` says of parts of
//! them: 29 rows times 1.5 are 43. tract counts 43.5. By sizes both mean the same, and once shapes
//! are known there are sizes.

use tract_onnx::pb::{GraphProto, TensorProto, tensor_proto::DataType};

/// Gives sizes to every such Resize that has scales, as far as `dims` knows its output; whether there
/// was one. Resize has sizes since operator set 11.
pub fn by_sizes(graph: &mut GraphProto, dims: impl Fn(&str) -> Option<Vec<usize>>) -> bool {
    let mut added = Vec::new();
    for node in graph
        .node
        .iter_mut()
        .filter(|node| node.op_type == "Resize")
    {
        let attribute = |name| {
            node.attribute
                .iter()
                .find(|attribute| attribute.name == name)
        };
        let mode = attribute("coordinate_transformation_mode");
        let aligned = mode.is_some_and(|mode| mode.s == b"align_corners");
        let has_scales = node.input.get(2).is_some_and(|name| !name.is_empty());
        let has_sizes = node.input.get(3).is_some_and(|name| !name.is_empty());
        let output = node.output.first().cloned().unwrap_or_default();
        if !aligned || !has_scales || has_sizes {
            continue;
        }
        let Some(dims) = dims(&output) else {
            continue;
        };
        let rank = dims.len() as i64;
        let sizes: Option<Vec<i64>> = match attribute("axes") {
            None => Some(dims.iter().map(|&dim| dim as i64).collect()),
            Some(axes) => {
                let place = |&axis: &i64| usize::try_from((axis + rank) % rank).ok();
                let size = |axis| Some(*dims.get(place(axis)?)? as i64);
                axes.ints.iter().map(size).collect()
            }
        };
        let Some(sizes) = sizes else {
            continue;
        };
        let names =
            ["roi", "scales", "sizes"].map(|what| format!("tidbit.corners.{output}.{what}"));
        let [roi, scales, sized] = names.clone();
        added.push(list(roi, DataType::Float, vec![]));
        added.push(list(scales, DataType::Float, vec![]));
        added.push(list(sized, DataType::Int64, sizes));
        node.input.truncate(1);
        node.input.extend(names);
    }
    let any = !added.is_empty();
    graph.initializer.extend(added);
    any
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
