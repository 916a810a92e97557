//! Gather: which channel comes from where, and tables where scales differ. The runtime's operator
//! has two inputs, so more of them are put together one after another.

use tidbit::blob::{NO_CHANNEL, OpKind};

use super::{IntGather, IntOp, Params, table};
use crate::function::Function;
use crate::graph::{Gather, Shape};
use crate::scale::Scale;

/// The operators that pick from `inputs`, all different; the last makes the tensor that is asked
/// for, of this shape and scale, those before it put inputs side by side.
pub fn chain(
    name: &str,
    gather: &Gather,
    inputs: &[usize],
    ops: &[IntOp],
    (shape, scale): (Shape, Scale),
) -> Result<Vec<IntOp>, String> {
    let mut chain: Vec<IntOp> = Vec::new();
    let [first, others @ ..] = inputs else {
        return Err("it has no input".into());
    };
    let mut taken = vec![*first];
    let mut made = ops[*first].shape;
    let one = |name: String, inputs: &[usize], gather: &Gather, shape, made: &[IntOp]| {
        let of = |&input: &usize| ops.get(input).unwrap_or_else(|| &made[input - ops.len()]);
        op(
            name,
            inputs,
            inputs.iter().map(of).collect(),
            gather,
            (shape, scale),
        )
    };
    for (part, input) in (1..).zip(others) {
        taken.push(*input);
        if part == others.len() {
            break;
        }
        made.channels += ops[*input].shape.channels;
        let all = Gather::of_channels((0..made.channels).map(Some));
        let op = one(format!("{name} (part {part})"), &taken, &all, made, &chain)?;
        taken = vec![ops.len() + chain.len()];
        chain.push(op);
    }
    let last = one(name.into(), &taken, gather, shape, &chain)?;
    chain.push(last);
    Ok(chain)
}

/// One operator of up to two inputs.
fn op(
    name: String,
    inputs: &[usize],
    from: Vec<&IntOp>,
    gather: &Gather,
    (shape, scale): (Shape, Scale),
) -> Result<IntOp, String> {
    let pick = |channel: &Option<usize>| match channel {
        None => Some(NO_CHANNEL),
        Some(channel) => u16::try_from(*channel).ok().filter(|&at| at != NO_CHANNEL),
    };
    let map = gather.channels.iter().map(pick).collect::<Option<_>>();
    let map = map.ok_or("its inputs have more than 65,535 channels together")?;
    let requantize = |at: usize| {
        let own = from
            .get(at)
            .map(|op| op.scale)
            .filter(|own| *own != scale)?;
        Some(table::of(&Function::Identity, own, scale))
    };
    Ok(IntOp {
        name,
        kind: OpKind::Gather,
        inputs: inputs.to_vec(),
        shape,
        scale,
        equalization: vec![],
        clamp: (-128, 127),
        params: Params::Gather(IntGather {
            map,
            tables: [requantize(0), requantize(1)],
            first: gather.first,
            stride: gather.stride,
        }),
    })
}
