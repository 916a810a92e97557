//! Where a board and the host differ: nowhere, or tidbit is broken.

use tidbit::Model;

use crate::inference::Inference;

/// Where a board's answer differs from the host's, if it does: the first place in the net's order.
pub fn difference(model: &Model<'_>, board: &Inference, host: &Inference) -> Option<String> {
    let pair = board
        .tensor_hashes
        .iter()
        .flatten()
        .zip(host.tensor_hashes.iter().flatten());
    if let Some(index) = pair.into_iter().position(|(board, host)| board != host) {
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
    if lengths(board) != lengths(host)
        || board.tensor_hashes.iter().len() != host.tensor_hashes.iter().len()
    {
        return Some("the length of the answer".into());
    }
    let outputs = board
        .outputs
        .iter()
        .flatten()
        .zip(host.outputs.iter().flatten())
        .position(|(board, host)| board != host);
    let scores = board
        .scores
        .iter()
        .zip(&host.scores)
        .position(|(board, host)| board != host);
    apart(outputs, "output").or(apart(scores, "the score of class"))
}
