//! Another order in which the same operators can run.

use tidbit_quantize::lower::{IntNet, IntOutput};

use crate::random::SplitMix;

/// Puts the operators into a random order in which each stands behind those that it reads.
///
/// The image stays first, for all depend on it, and the output last, for it depends on all.
pub(super) fn shuffle(net: IntNet, seed: u64) -> IntNet {
    let mut random = SplitMix::new(seed);
    let mut left: Vec<usize> = (0..net.ops.len()).collect();
    // Place of each operator in the new order.
    let mut places: Vec<Option<usize>> = vec![None; net.ops.len()];
    let mut order = Vec::new();
    while !left.is_empty() {
        let is_ready = |op: &usize| net.ops[*op].inputs.iter().all(|&a| places[a].is_some());
        let ready: Vec<usize> = left.iter().copied().filter(is_ready).collect();
        let next = *random
            .pick(&ready)
            .expect("operators read only earlier ones, so one is ready");
        places[next] = Some(order.len());
        order.push(next);
        left.retain(|&op| op != next);
    }
    let place = |op: usize| places[op].expect("every operator was placed");
    let moved = |&op: &usize| {
        let mut op = net.ops[op].clone();
        for input in &mut op.inputs {
            *input = place(*input);
        }
        op
    };
    let answer = |output: &IntOutput| IntOutput {
        tensor: place(output.tensor),
        logits: place(output.logits),
        ..output.clone()
    };
    IntNet {
        ops: order.iter().map(moved).collect(),
        outputs: net.outputs.iter().map(answer).collect(),
    }
}
