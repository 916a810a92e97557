//! The search for a plan: cuts first, then places, for a goal.
//!
//! Cuts are chosen by what is needed at one time; what the places really take may be a little more,
//! since pieces are fixed in place. So a few neighbouring choices of cuts are placed, and the best
//! is kept.

use super::clear::cleared;
use super::cuts::{Cut, STEP_COST, bound, cheapest, leanest};
use super::draft::{Draft, readers};
use super::known::Known;
use super::place::{memory_bytes, realize};
use super::{Plan, Ram, Ring, layerwise};
use crate::lower::IntNet;
use crate::{Error, Watch};

/// Plans a net for a goal; `scratch_bytes` is what it takes besides the arena.
///
/// # Errors
/// [`Error::RamBudget`] if no plan fits the budget, with the least that can be had.
pub fn plan(
    net: &IntNet,
    ram: Ram,
    scratch_bytes: usize,
    watch: &dyn Watch,
) -> Result<Plan, Error> {
    if ram == Ram::Layerwise {
        return Ok(layerwise(net));
    }
    let base = Draft {
        scratch: scratch_bytes,
        ..base(net)
    };
    let known = Known::new(&base);
    let plan = match ram {
        Ram::Budget(budget) => {
            let room = budget.saturating_sub(scratch_bytes);
            match within(&known, room, watch) {
                Some((plan, _)) => plan,
                None => {
                    let least = least(net, &known, watch)?;
                    if least.arena_bytes > room {
                        return Err(Error::RamBudget {
                            budget,
                            arena: least.arena_bytes,
                            scratch: scratch_bytes,
                        });
                    }
                    least
                }
            }
        }
        _ => least(net, &known, watch)?,
    };
    let bound = Some(bound(&known, plan.arena_bytes, watch));
    let draft = Draft {
        scratch: scratch_bytes,
        ..Draft::new(net, &plan.rings)
    };
    Ok(cleared(&draft, Plan { bound, ..plan }))
}

/// The net with whole rings, one row a step.
fn base(net: &IntNet) -> Draft {
    let readers = readers(net).into_iter();
    let rings: Vec<Ring> = readers
        .zip(&net.ops)
        .map(|(readers, op)| Ring {
            rows: op.shape.height,
            step_rows: 1,
            readers,
            ..Ring::default()
        })
        .collect();
    Draft::new(net, &rings)
}

/// The plan with the least arena; of about equal ones that with the least work.
fn least(net: &IntNet, known: &Known<'_>, watch: &dyn Watch) -> Result<Plan, Error> {
    let base = known.base;
    let lean = leanest(known, watch);
    let peak = lean.iter().map(|cut| cut.ring_bytes).max().unwrap_or(0);
    let whole = layerwise(net);
    let whole_cost = base
        .weights
        .iter()
        .map(|weights| *weights as u64 + STEP_COST);
    let mut candidates = vec![(whole, whole_cost.sum()), realize(base, &lean, peak)?];
    for slack in [0, 1, 2, 4] {
        let limit = peak + peak * slack / 100;
        let cuts = cheapest(known, limit, watch);
        if !cuts.is_empty() {
            candidates.push(realize(base, &cuts, peak)?);
        }
    }
    let fewest = |candidates: &[(Plan, u64)]| {
        let taken = candidates.iter().map(|(plan, _)| memory_bytes(base, plan));
        taken.min().unwrap_or(0)
    };
    // What takes a little less work in a little less room may be placed better, by luck.
    for _ in 0..2 {
        let less = fewest(&candidates).saturating_sub(base.scratch + 1);
        match within(known, less, watch) {
            Some(found) if found.0.arena_bytes <= less => candidates.push(found),
            _ => break,
        }
    }
    let room = fewest(&candidates).saturating_sub(base.scratch);
    candidates.extend(eased(known, &lean, room, watch));
    let fewest = fewest(&candidates);
    let near = candidates
        .into_iter()
        .filter(|(plan, _)| memory_bytes(base, plan) <= fewest + fewest / 200);
    let best = near.min_by_key(|(plan, cost)| (*cost, memory_bytes(base, plan)));
    best.map(|(plan, _)| plan).ok_or(Error::Planner)
}

/// The lean cuts, of which as many of the last as still fit `room` are those of the least work: late
/// layers are small, and need not be made row by row for the sake of early ones.
fn eased(known: &Known<'_>, lean: &[Cut], room: usize, watch: &dyn Watch) -> Option<(Plan, u64)> {
    let light = cheapest(known, room, watch);
    let starts: Vec<usize> = lean
        .iter()
        .map(|cut| cut.segment.start)
        .filter(|start| light.iter().any(|cut| cut.segment.start == *start))
        .collect();
    let from = |start: usize| {
        let early = lean.iter().filter(|cut| cut.segment.start < start);
        let late = light.iter().filter(|cut| cut.segment.start >= start);
        let cuts: Vec<Cut> = early.chain(late).cloned().collect();
        let found = realize(known.base, &cuts, room).ok()?;
        (found.0.arena_bytes <= room).then_some(found)
    };
    // The earliest that fits, as if what is later fitted too.
    let (mut fits, mut best) = (0..starts.len(), None);
    while !fits.is_empty() {
        let middle = fits.start + fits.len() / 2;
        match from(starts[middle]) {
            Some(found) => (fits.end, best) = (middle, Some(found)),
            None => fits.start = middle + 1,
        }
    }
    best
}

/// The plan with the least work whose arena takes at most `room` bytes, if one was found.
fn within(known: &Known<'_>, room: usize, watch: &dyn Watch) -> Option<(Plan, u64)> {
    let base = known.base;
    let mut limit = room;
    for _ in 0..6 {
        let cuts = cheapest(known, limit, watch);
        if cuts.is_empty() {
            return None;
        }
        let (plan, cost) = realize(base, &cuts, room).ok()?;
        if plan.arena_bytes <= room {
            return Some((plan, cost));
        }
        limit = limit.checked_sub(plan.arena_bytes - room)?;
    }
    None
}
