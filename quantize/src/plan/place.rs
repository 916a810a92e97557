//! From cuts to a plan: every ring and landing gets its place in the arena.

use std::ops::Range;

use tidbit::blob::InPlace;
use tidbit::kernels::scratch;

use super::cuts::Cut;
use super::draft::Draft;
use super::pack::{Piece, pack};
use super::pull::size;
use super::replay::{Replay, Write};
use super::spacing::Spacing;
use super::{Plan, Ring};
use crate::Error;

/// Places the rings of some cuts; stops looking once the arena is down to `enough`. Also says what
/// the cuts cost.
///
/// A pointwise convolution that works in place copies every pixel aside first, so it does only where
/// that saves memory that is asked for.
pub fn realize(base: &Draft, cuts: &[Cut], enough: usize) -> Result<(Plan, u64), Error> {
    let mut apart = base.clone();
    for in_place in &mut apart.in_place {
        if *in_place == InPlace::Behind {
            *in_place = InPlace::Never;
        }
    }
    let plan = place(&apart, cuts, enough)?;
    let cost = cuts.iter().map(|cut| cut.cost).sum();
    if plan.arena_bytes <= enough {
        return Ok((plan, cost));
    }
    let close = place(base, cuts, enough)?;
    let better = memory_bytes(base, &close) < memory_bytes(base, &plan);
    Ok((if better { close } else { plan }, cost))
}

/// Arena and scratch of a plan: a pointwise convolution that works in place keeps pixels aside.
pub fn memory_bytes(base: &Draft, plan: &Plan) -> usize {
    let span = |tensor: usize| {
        let ring = &plan.rings[tensor];
        ring.offset..ring.offset + ring.rows * base.ring_row_bytes(tensor)
    };
    let aside = (0..plan.rings.len())
        .filter(|&op| base.in_place[op] == InPlace::Behind)
        .filter_map(|op| {
            let input = base.inputs(op).next()?;
            let (out, read) = (span(op), span(input));
            let meets = out.start < read.end && read.start < out.end;
            let pixel = usize::from(base.tensors[input].channels);
            meets.then(|| scratch::of_patches(pixel, 1))
        });
    plan.arena_bytes + aside.max().unwrap_or(0).max(base.scratch)
}

fn place(base: &Draft, cuts: &[Cut], enough: usize) -> Result<Plan, Error> {
    let mut draft = base.clone();
    for cut in cuts {
        size(&mut draft, &cut.segment, cut.style);
    }
    let segments: Vec<Range<usize>> = cuts.iter().map(|cut| cut.segment.clone()).collect();
    arrange(&draft, &segments, &[], enough)
}

/// Places rings and landings of which the sizes are known. What the operators of `clear` make lies on none
/// of the rows that a step of theirs begins with.
pub fn arrange(
    draft: &Draft,
    segments: &[Range<usize>],
    clear: &[usize],
    enough: usize,
) -> Result<Plan, Error> {
    let count = draft.ops.len();
    let mut spacing = Spacing::new(2 * count);
    let mut steps = vec![0u64; 2 * count];
    for segment in segments {
        let mut replay = Replay::new(draft, segment.clone());
        let ran = replay.run(|replay, write| {
            keep_apart(replay, write, &mut spacing);
            if clear.contains(&write.tensor) && !write.lands {
                keep_clear(replay, write, &mut spacing);
            }
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
            bytes: piece_bytes(draft, piece),
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
    Ok(Plan {
        rings: (0..count).map(ring).collect(),
        segments: segments.iter().map(Range::len).collect(),
        arena_bytes: packed.bytes,
        bound: None,
    })
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

/// Notes the distances that would put a row of a step on a row of the operator's input, whole, that is there
/// when the step begins.
fn keep_clear(replay: &Replay<'_>, write: &Write, spacing: &mut Spacing) {
    let draft = replay.draft;
    let (op, record) = (write.tensor, &draft.ops[write.tensor]);
    let step = write.row - write.row % record.step_rows.max(1);
    let first = (step * record.stride_rows).saturating_sub(record.pad_top);
    let start = usize::from(write.row) * write.bytes;
    for input in draft.inputs(op).filter(|&input| replay.is_whole(input)) {
        let row = draft.ring_row_bytes(input);
        let lo = (usize::from(first) * row) as i64 - (start + write.bytes) as i64;
        let hi = (usize::from(replay.needed[input].made) * row) as i64 - start as i64;
        spacing.forbid((op, input), lo, hi, false);
    }
}
