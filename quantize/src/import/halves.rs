//! f16 becomes f32 before tract sees it, so that reference and import work on the same numbers.

use tract_onnx::Onnx;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{GraphProto, TensorProto, type_proto};
use tract_onnx::prelude::*;
use tract_onnx::tensor::load_tensor;

/// Turns every f16 of a graph into f32; weights that lie in a file of their own are looked for in
/// `folder`.
///
/// # Errors
/// Weights that cannot be read.
pub fn widen(graph: &mut GraphProto, onnx: &Onnx, folder: Option<&str>) -> TractResult<()> {
    let half = DataType::Float16 as i32;
    let single = DataType::Float as i32;
    for info in graph.input.iter_mut().chain(&mut graph.output) {
        if let Some(type_proto::Value::TensorType(tensor)) =
            info.r#type.as_mut().and_then(|info| info.value.as_mut())
            && tensor.elem_type == half
        {
            tensor.elem_type = single;
        }
    }
    let attributes = graph.node.iter_mut().flat_map(|node| {
        let casts = node.op_type == "Cast";
        let attributes = node.attribute.iter_mut();
        attributes.map(move |attribute| (casts, attribute))
    });
    let mut tensors: Vec<&mut TensorProto> = graph.initializer.iter_mut().collect();
    for (casts, attribute) in attributes {
        if casts && attribute.name == "to" && attribute.i == i64::from(half) {
            attribute.i = i64::from(single);
        }
        tensors.extend(&mut attribute.t);
    }
    let halves = tensors
        .into_iter()
        .filter(|tensor| tensor.data_type == half);
    for tensor in halves {
        let values = load_tensor(&*onnx.provider, tensor, folder)?
            .cast_to::<f32>()?
            .into_owned();
        let values = values.try_as_plain_ram()?;
        let singles = values
            .as_slice::<f32>()?
            .iter()
            .flat_map(|value| value.to_le_bytes());
        *tensor = TensorProto {
            name: std::mem::take(&mut tensor.name),
            dims: std::mem::take(&mut tensor.dims),
            data_type: single,
            raw_data: singles.collect(),
            ..TensorProto::default()
        };
    }
    Ok(())
}
