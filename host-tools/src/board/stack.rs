//! The stack that a blob takes on a board: the most of any operator in it, by the board's table.

use tidbit::Model;
use tidbit::blob::{ConvParams, OpKind, OpRecord};

use super::{Board, BoardError};

/// The key under which the table of stack has an operator: the name of its kind. A pointwise
/// convolution and a pool that accumulates go ways of their own in the runtime, and take less, so
/// they have their own keys.
pub fn stack_key(model: &Model<'_>, op: &OpRecord) -> &'static str {
    let tables = model.tables();
    let kind = OpKind::from_byte(op.kind);
    let params = || tables.data.params::<ConvParams>(op);
    let pointwise = kind == Some(OpKind::Conv) && params().is_some_and(|p| p.is_pointwise(op));
    if pointwise {
        return "PointwiseConv";
    }
    if op.accumulates != 0 {
        return "AccumulatingPool";
    }
    kind.map_or("?", OpKind::name)
}

impl Board {
    /// Bytes of stack that an inference of this blob takes on the board.
    ///
    /// # Errors
    /// [`BoardError::NoStackFigure`] if an operator was not measured.
    pub fn stack_of(&self, model: &Model<'_>) -> Result<u64, BoardError> {
        let mut most = 0;
        for op in model.tables().flow.ops.iter() {
            let key = stack_key(model, &op);
            let figure = self.stack.get(key);
            most = most.max(*figure.ok_or_else(|| BoardError::NoStackFigure {
                board: self.name.clone(),
                key: key.to_owned(),
            })?);
        }
        Ok(most)
    }
}
