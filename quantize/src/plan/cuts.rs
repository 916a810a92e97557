//! Where to cut a net into segments: dynamic programming over the places to cut.
//!
//! What a segment takes does not depend on the cuts around it: the tensors that cross a cut are
//! whole, whoever made them. So the best cuts of the first *n* operators, for every *n*, follow
//! from those of fewer.

use std::ops::Range;

use rayon::prelude::*;
use tidbit::blob::plan::MAX_SEGMENT_OPS;

use super::draft::Draft;
use super::pull::{Style, size};
use super::replay::Replay;
use crate::Watch;

/// What a step costs besides its arithmetic, in bytes of weights that could be read meanwhile.
pub const STEP_COST: u64 = 1500;
/// Rows a step that are tried for the last operator of a segment, most first.
const ROWS: [usize; 6] = [usize::MAX, 32, 8, 4, 2, 1];

/// A segment, and what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Its operators.
    pub segment: Range<usize>,
    /// How its rows are made.
    pub style: Style,
    /// Most bytes of rings at one time.
    pub ring_bytes: usize,
    /// Most bytes of needed rows at one time.
    pub row_bytes: usize,
    /// Bytes of weights read, rows moved, steps.
    pub cost: u64,
}

/// Runs one segment in one style; `None` if it takes more than `limit` bytes at a time.
pub fn evaluate(
    base: &Draft,
    segment: Range<usize>,
    style: Style,
    limit: usize,
    measure: impl Fn(&Cut) -> usize,
) -> Option<Cut> {
    let mut draft = base.clone();
    size(&mut draft, &segment, style);
    let mut replay = Replay::new(&draft, segment.clone());
    let mut cut = Cut {
        segment,
        style,
        ring_bytes: 0,
        row_bytes: 0,
        cost: 0,
    };
    let whole = replay.run(|replay, write| {
        let (rows, rings) = replay.peak_at(write);
        cut.row_bytes = cut.row_bytes.max(rows);
        cut.ring_bytes = cut.ring_bytes.max(rings);
        measure(&cut) <= limit
    });
    cut.cost = replay.weight_bytes + replay.moved_bytes + STEP_COST * replay.steps;
    (whole.is_ok() && measure(&cut) <= limit).then_some(cut)
}

/// Bytes of whole tensors that cross each place to cut.
fn crossings(base: &Draft) -> Vec<usize> {
    let cross = |cut: usize| {
        let whole = (0..cut).filter(|&tensor| base.outlives(tensor, cut));
        whole.map(|tensor| base.whole_bytes(tensor)).sum()
    };
    (0..=base.ops.len()).map(cross).collect()
}

/// Whether an operator of the segment reads two tensors of it: then the order of asking matters.
fn branches(base: &Draft, segment: &Range<usize>) -> bool {
    segment.clone().any(|op| {
        base.inputs(op)
            .filter(|input| segment.contains(input))
            .count()
            > 1
    })
}

/// Row by row, with landings: the style that takes the least memory, in both orders of asking.
fn lean(base: &Draft, segment: &Range<usize>) -> Vec<Style> {
    let style = |second_first| Style {
        rows: 1,
        landings: true,
        second_first,
    };
    if branches(base, segment) {
        vec![style(false), style(true)]
    } else {
        vec![style(false)]
    }
}

/// Every style that the planner knows.
fn styles(base: &Draft, segment: &Range<usize>, rows: usize) -> Vec<Style> {
    let both = |style: Style| {
        [false, true].map(|landings| Style {
            rows,
            landings,
            ..style
        })
    };
    lean(base, segment).into_iter().flat_map(both).collect()
}

/// The cuts with the least greatest bytes of rings of a segment, row by row.
pub fn leanest(base: &Draft, watch: &dyn Watch) -> Vec<Cut> {
    let narrow = crossings(base);
    let count = base.ops.len();
    let dips: Vec<usize> = (0..=count)
        .filter(|&cut| {
            let ends = cut == 0 || cut == count;
            ends || (narrow[cut] <= narrow[cut - 1] && narrow[cut] < narrow[cut + 1])
        })
        .collect();
    let value = |segment: &Range<usize>, limit: usize| {
        let styles = lean(base, segment).into_iter();
        let cuts = styles.filter_map(|style| evaluate(base, segment.clone(), style, limit, rings));
        cuts.min_by_key(|cut| (cut.ring_bytes, cut.cost))
    };
    let rank = |cut: &Cut, so_far: u64| so_far.max(cut.ring_bytes as u64);
    // Few cuts first: what they take is a limit by which the others are soon given up.
    let rough = cheapest_path(&dips, &narrow, usize::MAX, &value, rank, &());
    let limit = rough.iter().map(rings).max().unwrap_or(usize::MAX);
    let all: Vec<usize> = (0..=count).collect();
    let fine = cheapest_path(&all, &narrow, limit, &value, rank, watch);
    if fine.is_empty() { rough } else { fine }
}

/// The least, over all cuts and styles, of the most bytes of rows that are needed at one time: no
/// placing gets below. `limit` is what a plan is known to take.
pub fn bound(base: &Draft, limit: usize, watch: &dyn Watch) -> usize {
    let rows = |cut: &Cut| cut.row_bytes;
    let value = |segment: &Range<usize>, limit: usize| {
        let styles = ROWS.iter().flat_map(|&rows| styles(base, segment, rows));
        let cuts = styles.filter_map(|style| evaluate(base, segment.clone(), style, limit, rows));
        cuts.min_by_key(|cut| cut.row_bytes)
    };
    let rank = |cut: &Cut, so_far: u64| so_far.max(cut.row_bytes as u64);
    let all: Vec<usize> = (0..=base.ops.len()).collect();
    let cuts = cheapest_path(&all, &crossings(base), limit, &value, rank, watch);
    cuts.iter().map(rows).max().unwrap_or(limit)
}

/// What a cut takes of the arena at one time.
fn rings(cut: &Cut) -> usize {
    cut.ring_bytes
}

/// The cuts and styles with the least cost whose segments each take at most `limit` bytes of rings;
/// empty if there are none.
pub fn cheapest(base: &Draft, limit: usize, watch: &dyn Watch) -> Vec<Cut> {
    let value = |segment: &Range<usize>, limit: usize| {
        ROWS.iter().find_map(|&rows| {
            let styles = styles(base, segment, rows).into_iter();
            let cuts =
                styles.filter_map(|style| evaluate(base, segment.clone(), style, limit, rings));
            cuts.min_by_key(|cut| (cut.cost, cut.ring_bytes))
        })
    };
    let all: Vec<usize> = (0..=base.ops.len()).collect();
    let rank = |cut: &Cut, so_far: u64| so_far + cut.cost;
    cheapest_path(&all, &crossings(base), limit, &value, rank, watch)
}

/// The best way from the first to the last of `places`, or nothing.
fn cheapest_path(
    places: &[usize],
    crossings: &[usize],
    limit: usize,
    value: &(impl Fn(&Range<usize>, usize) -> Option<Cut> + Sync),
    rank: impl Fn(&Cut, u64) -> u64,
    watch: &dyn Watch,
) -> Vec<Cut> {
    let open: Vec<usize> = places
        .iter()
        .copied()
        .filter(|&place| crossings[place] <= limit)
        .collect();
    let spans: Vec<Range<usize>> = open
        .iter()
        .flat_map(|&end| open.iter().map(move |&start| start..end))
        .filter(|span| span.start < span.end && span.len() <= MAX_SEGMENT_OPS)
        .collect();
    watch.stage("plan", spans.len() as u64);
    let values: Vec<Option<Cut>> = spans
        .par_iter()
        .map(|span| {
            let cut = value(span, limit);
            watch.step();
            cut
        })
        .collect();
    let last = places.last().copied().unwrap_or(0);
    // Best rank up to each place, ties going to fewer bytes of weights, steps and moves.
    let mut best: Vec<Option<(u64, u64, usize)>> = vec![None; last + 1];
    best[0] = Some((0, 0, usize::MAX));
    for (at, (span, cut)) in spans.iter().zip(&values).enumerate() {
        let (Some((so_far, cost, _)), Some(cut)) = (best[span.start], cut) else {
            continue;
        };
        let reached = (rank(cut, so_far), cost + cut.cost, at);
        let found = &mut best[span.end];
        if found.is_none_or(|found| (reached.0, reached.1) < (found.0, found.1)) {
            *found = Some(reached);
        }
    }
    let mut path = Vec::new();
    let mut end = last;
    while end > 0 {
        let Some((_, _, at)) = best[end] else {
            return Vec::new();
        };
        let Some(cut) = values.get(at).cloned().flatten() else {
            return Vec::new();
        };
        end = cut.segment.start;
        path.push(cut);
    }
    path.reverse();
    path
}
