//! How long the host waits for a board before it takes it for dead.

use std::time::Duration;

use tidbit::Model;
use tidbit::blob::{OpKind, op_cost};

/// Boot: the firmware checks the whole blob before it answers.
pub(super) const BOOT: Duration = Duration::from_secs(120);
/// Silence during an inference besides the arithmetic.
const REST: Duration = Duration::from_secs(60);
/// Elements per second that even a slow machine emulates; the usual is twenty times as many.
const ELEMENTS_PER_SECOND: u64 = 400_000;

/// The longest silence of a board that computes this net.
pub(super) fn inference(model: &Model<'_>) -> Duration {
    let tables = model.tables();
    let work = (0u16..).zip(tables.flow.ops.iter()).map(|(index, op)| {
        let kind = OpKind::from_byte(op.kind)?;
        let cost = op_cost(&tables.flow, &tables.data, index, &op, kind);
        cost.ok().map(|cost| cost.work)
    });
    let work: u64 = work.map(Option::unwrap_or_default).sum();
    REST.saturating_add(Duration::from_secs(work / ELEMENTS_PER_SECOND))
}
