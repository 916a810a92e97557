//! The search for a plan: cuts first, then places, for a goal.
//!
//! Cuts are chosen by what is needed at one time; what the places really take may be a little more,
//! since pieces are fixed in place. So a few neighbouring choices of cuts are placed, and the best
//! is kept.

use super::cuts::{Cut, STEP_COST, cheapest, leanest};
use super::draft::{Draft, readers};
use super::pack::{Piece, pack};
use super::pull::size;
use super::replay::{Replay, Write};
use super::spacing::Spacing;
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
    let base = base(net);
    let bound = leanest(&base, |cut| cut.row_bytes, watch);
    let bound = bound.iter().map(|cut| cut.row_bytes).max();
    let plan = match ram {
        Ram::Budget(budget) => {
            let room = budget.saturating_sub(scratch_bytes);
            match within(&base, room, watch) {
                Some(plan) => plan,
                None => {
                    let least = least(net, &base, watch)?;
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
        _ => least(net, &base, watch)?,
    };
    Ok(Plan { bound, ..plan })
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
fn least(net: &IntNet, base: &Draft, watch: &dyn Watch) -> Result<Plan, Error> {
    let lean = leanest(base, |cut| cut.ring_bytes, watch);
    let peak = lean.iter().map(|cut| cut.ring_bytes).max().unwrap_or(0);
    let whole = layerwise(net);
    let whole_cost = base
        .weights
        .iter()
        .map(|weights| *weights as u64 + STEP_COST);
    let mut candidates = vec![(whole, whole_cost.sum()), realize(base, &lean, peak)?];
    for slack in [0, 1, 2, 4] {
        let limit = peak + peak * slack / 100;
        let cuts = cheapest(base, limit, watch);
        if !cuts.is_empty() {
            candidates.push(realize(base, &cuts, peak)?);
        }
    }
    let fewest = candidates
        .iter()
        .map(|plan| plan.0.arena_bytes)
        .min()
        .unwrap_or(0);
    let near = candidates
        .into_iter()
        .filter(|plan| plan.0.arena_bytes <= fewest + fewest / 200);
    let best = near.min_by_key(|(plan, cost)| (*cost, plan.arena_bytes));
    best.map(|(plan, _)| plan).ok_or(Error::Planner)
}

/// The plan with the least work whose arena takes at most `room` bytes, if one was found.
fn within(base: &Draft, room: usize, watch: &dyn Watch) -> Option<Plan> {
    let mut limit = room;
    for _ in 0..6 {
        let cuts = cheapest(base, limit, watch);
        if cuts.is_empty() {
            return None;
        }
        let (plan, _) = realize(base, &cuts, room).ok()?;
        if plan.arena_bytes <= room {
            return Some(plan);
        }
        limit = limit.checked_sub(plan.arena_bytes - room)?;
    }
    None
}

/// Places the rings of some cuts; stops looking once the arena is down to `enough`. Also says what
/// the cuts cost.
fn realize(base: &Draft, cuts: &[Cut], enough: usize) -> Result<(Plan, u64), Error> {
    let mut draft = base.clone();
    for cut in cuts {
        size(&mut draft, &cut.segment, cut.style);
    }
    let count = draft.ops.len();
    let mut spacing = Spacing::new(2 * count);
    let mut steps = vec![0u64; 2 * count];
    for cut in cuts {
        let mut replay = Replay::new(&draft, cut.segment.clone());
        let ran = replay.run(|replay, write| {
            keep_apart(replay, write, &mut spacing);
            for &tensor in &replay.tensors {
                let [ring, landing] = replay.ranges(tensor);
                steps[tensor] += u64::from(!ring.is_empty());
                steps[count + tensor] += u64::from(!landing.is_empty());
            }
            true
        });
        ran.map_err(|_| Error::Planner)?;
    }
    let pieces: Vec<Piece> = (0..2 * count)
        .map(|piece| Piece {
            bytes: piece_bytes(&draft, piece),
            steps: steps[piece].max(1),
        })
        .collect();
    let packed = pack(&pieces, &spacing, enough);
    let ring = |index: usize| {
        let tensor = &draft.tensors[index];
        let outlives = usize::from(tensor.last_reader) == usize::from(u16::MAX);
        Ring {
            offset: packed.offsets[index],
            rows: tensor.ring_rows.into(),
            landing_offset: packed.offsets[count + index],
            landing_rows: tensor.landing_rows.into(),
            step_rows: draft.ops[index].step_rows.into(),
            accumulates: draft.ops[index].accumulates != 0,
            readers: (
                tensor.first_reader.into(),
                (!outlives).then_some(tensor.last_reader.into()),
            ),
        }
    };
    let plan = Plan {
        rings: (0..count).map(ring).collect(),
        segments: cuts.iter().map(|cut| cut.segment.len()).collect(),
        arena_bytes: packed.bytes,
        bound: None,
    };
    Ok((plan, cuts.iter().map(|cut| cut.cost).sum()))
}

/// Bytes of a piece: the ring of a tensor, or, from the number of tensors on, its landing.
fn piece_bytes(draft: &Draft, piece: usize) -> usize {
    let count = draft.ops.len();
    let Some(tensor) = piece.checked_sub(count) else {
        return usize::from(draft.tensors[piece].ring_rows) * draft.ring_row_bytes(piece);
    };
    draft.tensors[tensor].landing_bytes()
}

/// Notes which distances a row that is written forbids to all that is needed at the moment.
fn keep_apart(replay: &Replay<'_>, write: &Write, spacing: &mut Spacing) {
    let count = replay.draft.ops.len();
    let writer = if write.lands {
        count + write.tensor
    } else {
        write.tensor
    };
    let row = usize::from(write.row) * write.bytes;
    let written = if replay.is_whole(write.tensor) {
        row..row + write.bytes
    } else {
        0..piece_bytes(replay.draft, writer)
    };
    for &tensor in &replay.tensors {
        for (block, range) in replay.ranges(tensor).into_iter().enumerate() {
            let piece = tensor + block * count;
            if range.is_empty() || piece == writer {
                continue;
            }
            let (lo, zero) = replay.overlap(write, (tensor, block), (&written, &range));
            let hi = range.end as i64 - written.start as i64;
            spacing.forbid((writer, piece), lo, hi, zero);
        }
    }
}
