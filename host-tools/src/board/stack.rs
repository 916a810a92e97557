//! The stack that a blob takes on a board: the most of any operator in it, by the board's table.

use tidbit::Model;
use tidbit::blob::{ConvParams, OpKind};

use super::{Board, BoardError};

/// The key under which the table of stack has an operator: the name of its kind. A convolution that
/// reads its input where it lies and a pool that accumulates go ways of their own in the runtime, so
/// they have their own keys.
pub fn stack_key(model: &Model<'_>, index: u16) -> &'static str {
    let flow = &model.tables().flow;
    let Some(op) = flow.ops.get(index) else {
        return "?";
    };
    let in_ring = || {
        let params: ConvParams = model.tables().data.params(&op)?;
        let (input, output) = (flow.tensors.get(op.input_a)?, flow.tensors.get(index)?);
        Some(params.is_pointwise(&op) || params.takes_whole(&op, &input, &output))
    };
    match OpKind::from_byte(op.kind) {
        Some(OpKind::Conv) if in_ring() == Some(true) => "PointwiseConv",
        Some(OpKind::AveragePool) if op.accumulates != 0 => "AccumulatingAverage",
        _ if op.accumulates != 0 => "AccumulatingPool",
        kind => kind.map_or("?", OpKind::name),
    }
}

impl Board {
    /// Bytes of stack that an inference of this blob takes on the board.
    ///
    /// # Errors
    /// [`BoardError::NoStackFigure`] if an operator was not measured.
    pub fn stack_of(&self, model: &Model<'_>) -> Result<u64, BoardError> {
        let mut most = 0;
        for op in 0..model.tables().header.op_count {
            let key = stack_key(model, op);
            let figure = self.stack.get(key);
            most = most.max(*figure.ok_or_else(|| BoardError::NoStackFigure {
                board: self.name.clone(),
                key: key.to_owned(),
            })?);
        }
        Ok(most)
    }
}
