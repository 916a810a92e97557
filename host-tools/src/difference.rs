//! Where a board and the host, or two backends of the host, differ: nowhere, or tidbit is broken.

use tidbit::Model;

use crate::inference::Inference;

/// Where one answer differs from the other, if it does: the first place in the net's order.
pub fn difference(model: &Model<'_>, one: &Inference, other: &Inference) -> Option<String> {
    let pair = one
        .tensor_hashes
        .iter()
        .flatten()
        .zip(other.tensor_hashes.iter().flatten());
    if let Some(index) = pair.into_iter().position(|(one, other)| one != other) {
        let tables = model.tables();
        let op = u16::try_from(index)
            .ok()
            .and_then(|index| tables.flow.ops.get(index));
        let name = op.and_then(|op| tables.data.text(op.name, op.name_bytes.into()));
        return Some(format!("tensor {index} ('{}')", name.unwrap_or_default()));
    }
    let apart = |place: Option<usize>, what: &str| place.map(|place| format!("{what} {place}"));
    let lengths =
        |inference: &Inference| -> Vec<usize> { inference.outputs.iter().map(Vec::len).collect() };
    if lengths(one) != lengths(other)
        || one.tensor_hashes.iter().len() != other.tensor_hashes.iter().len()
    {
        return Some("the length of the answer".into());
    }
    let outputs = one
        .outputs
        .iter()
        .flatten()
        .zip(other.outputs.iter().flatten())
        .position(|(one, other)| one != other);
    let scores = one
        .scores
        .iter()
        .zip(&other.scores)
        .position(|(one, other)| one != other);
    apart(outputs, "output").or(apart(scores, "the score of class"))
}
