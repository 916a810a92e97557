//! Steps of several rows that are clear of their input.
//!
//! A tensor may grow into the one that it is made of, behind the rows that are still needed: that saves
//! memory, but an operator then has to make its rows one by one. A depthwise convolution takes less work
//! where it makes several together, so rings whose sizes are settled are placed once more with the outputs
//! of such steps clear of their inputs, and that counts if it takes no byte more.

use std::ops::Range;

use tidbit::blob::{InPlace, OpKind};

use super::Plan;
use super::draft::Draft;
use super::place::{arrange, memory_bytes};

/// A plan with as many steps clear of their input as cost nothing; `draft` has its rings.
pub fn cleared(draft: &Draft, plan: Plan) -> Plan {
    let mut all: Vec<usize> = (0..draft.ops.len())
        .filter(|&op| gains(draft, &plan, op))
        .collect();
    let mut start = 0;
    let segments: Vec<Range<usize>> = plan
        .segments
        .iter()
        .map(|ops| {
            start += ops;
            start - ops..start
        })
        .collect();
    let mut apart = draft.clone();
    for in_place in &mut apart.in_place {
        if *in_place == InPlace::Behind {
            *in_place = InPlace::Never;
        }
    }
    let fits = |clear: &[usize]| {
        [&apart, draft].into_iter().find_map(|draft| {
            let found = arrange(draft, &segments, clear, plan.arena_bytes).ok()?;
            let fits = found.arena_bytes <= plan.arena_bytes
                && memory_bytes(draft, &found) <= memory_bytes(draft, &plan);
            fits.then_some(found)
        })
    };
    // Late operators have the smallest tensors.
    while !all.is_empty() {
        if let Some(found) = fits(&all) {
            return Plan {
                bound: plan.bound,
                ..found
            };
        }
        all = all.split_off(all.len().div_ceil(2));
    }
    plan
}

/// Whether an operator makes several rows of a step faster together, and its tensor and its input could both
/// be in the arena.
fn gains(draft: &Draft, plan: &Plan, op: usize) -> bool {
    let record = &draft.ops[op];
    let both = draft.inputs(op).chain([op]);
    let whole =
        |tensor: usize| plan.rings[tensor].rows == usize::from(draft.tensors[tensor].height);
    record.kind == OpKind::Depthwise.byte()
        && record.step_rows > 1
        && draft.inputs(op).all(whole)
        && both.map(|tensor| draft.whole_bytes(tensor)).sum::<usize>() <= plan.arena_bytes
}
