//! Some tensors of a random net as int16, with values that need them.

use tidbit::blob::{AddParams, OpKind};
use tidbit_quantize::lower::{IntNet, IntOp, Params};
use tidbit_quantize::scale::Element;

use crate::random::SplitMix;

/// Bits by which the values of a tensor grow.
const MORE: u8 = 6;

/// Makes about a third of the tensors that can be int16 so.
pub(super) fn widen(net: &mut IntNet, seed: u64) {
    let mut random = SplitMix::new(seed);
    for tensor in 1..net.ops.len() {
        if takes(net, tensor) && random.within(0, 2) == 0 {
            grow(net, tensor);
        }
    }
}

/// Whether an operator makes int16, and all that read it take them; a pad pixel is of int8.
fn takes(net: &IntNet, tensor: usize) -> bool {
    let kinds = |kind: OpKind| {
        matches!(
            kind,
            OpKind::Conv | OpKind::Depthwise | OpKind::AveragePool | OpKind::Add
        )
    };
    let asked = |output: &tidbit_quantize::lower::IntOutput| {
        output.tensor == tensor || output.logits == tensor
    };
    let mut readers = net.ops.iter().filter(|op| op.inputs.contains(&tensor));
    let pixel = |op: &IntOp| matches!(&op.params, Params::Conv(conv) if conv.pad_pixel.is_some());
    kinds(net.ops[tensor].kind)
        && !net.outputs.iter().any(asked)
        && readers.all(|reader| kinds(reader.kind) && !pixel(reader))
}

/// A tensor's values become 64 times as great, and its readers make up for it.
fn grow(net: &mut IntNet, tensor: usize) {
    let op = &mut net.ops[tensor];
    op.scale.element = Element::Int16;
    let (least, most) = Element::Int16.limits();
    let wider = |bound: i16| (bound << MORE).clamp(least, most);
    op.clamp = (wider(op.clamp.0), wider(op.clamp.1));
    match &mut op.params {
        Params::Conv(conv) => conv.shift += MORE,
        Params::Pool(pool) => pool.shift += MORE,
        Params::Add(add) => more(add),
        _ => unreachable!("only these are made wide"),
    }
    for reader in net.ops.iter_mut() {
        for (operand, _) in reader
            .inputs
            .iter()
            .enumerate()
            .filter(|(_, input)| **input == tensor)
        {
            match &mut reader.params {
                Params::Conv(conv) => conv.multipliers.iter_mut().for_each(|m| *m >>= MORE),
                Params::Pool(pool) => pool.multipliers.iter_mut().for_each(|m| *m >>= MORE),
                Params::Add(add) if operand == 0 => add.ma >>= MORE,
                Params::Add(add) => add.mb >>= MORE,
                _ => unreachable!("only these read what is wide"),
            }
        }
    }
}

/// A sum that comes out 64 times as great.
fn more(add: &mut AddParams) {
    let less = add.shift.min(MORE);
    add.shift -= less;
    let left = MORE - less;
    (add.ma, add.mb) = (add.ma << left, add.mb << left);
}
