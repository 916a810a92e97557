//! Where to cut a net into segments: dynamic programming over the places to cut.
//!
//! What a segment takes does not depend on the cuts around it: the tensors that cross a cut are
//! whole, whoever made them. So the best cuts of the first *n* operators, for every *n*, follow
//! from those of fewer.

use std::ops::Range;

use rayon::prelude::*;
use tidbit::blob::plan::MAX_SEGMENT_OPS;

use super::draft::Draft;
use super::known::{Known, Measure};
use super::loose::Loose;
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
pub fn leanest(known: &Known<'_>, watch: &dyn Watch) -> Vec<Cut> {
    let base = known.base;
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
        let cuts = styles.filter_map(|style| known.evaluate(segment, style, limit, Measure::Rings));
        cuts.min_by_key(|cut| (cut.ring_bytes, cut.cost))
    };
    let rank = |cut: &Cut, so_far: u64| so_far.max(cut.ring_bytes as u64);
    // Few cuts first: what they take is a limit by which the others are soon given up.
    let none = Loose::none(count + 1);
    let rough = cheapest_path((&dips, &none), &narrow, usize::MAX, &value, rank, &());
    let limit = rough.iter().map(rings).max().unwrap_or(usize::MAX);
    let fine = narrowing(known, &narrow, limit, &value, rings, watch);
    if fine.is_empty() { rough } else { fine }
}

/// The cuts whose greatest `bytes` are least, with thresholds that go down as long as that is below
/// them.
fn narrowing(
    known: &Known<'_>,
    crossings: &[usize],
    limit: usize,
    value: &(impl Fn(&Range<usize>, usize) -> Option<Cut> + Sync),
    bytes: impl Fn(&Cut) -> usize,
    watch: &dyn Watch,
) -> Vec<Cut> {
    let count = known.base.ops.len();
    let single = |op: usize| value(&(op..op + 1), usize::MAX);
    let singles: Vec<usize> = (0..count)
        .map(|op| single(op).as_ref().map_or(usize::MAX, &bytes))
        .collect();
    let all: Vec<usize> = (0..=count).collect();
    let mut threshold = limit / 2;
    loop {
        let loose = Loose::new(&singles, crossings, threshold);
        let rank = |cut: &Cut, so_far: u64| so_far.max(bytes(cut) as u64);
        let cuts = cheapest_path((&all, &loose), crossings, limit, value, rank, watch);
        let most = cuts.iter().map(&bytes).max().unwrap_or(usize::MAX);
        if most > threshold || threshold == 0 {
            return cuts;
        }
        threshold /= 4;
    }
}

/// The least, over all cuts and styles, of the most bytes of rows that are needed at one time: no
/// placing gets below. `limit` is what a plan is known to take.
pub fn bound(known: &Known<'_>, limit: usize, watch: &dyn Watch) -> usize {
    let base = known.base;
    let rows = |cut: &Cut| cut.row_bytes;
    // Few rows a step first: what they take is a limit by which the others are soon given up.
    let value = |segment: &Range<usize>, limit: usize| {
        let styles = ROWS
            .iter()
            .rev()
            .flat_map(|&rows| styles(base, segment, rows));
        let mut best: Option<Cut> = None;
        for style in styles {
            let limit = match &best {
                Some(best) => best.row_bytes.checked_sub(1)?,
                None => limit,
            };
            let found = known.evaluate(segment, style, limit, Measure::Rows);
            best = found.or(best);
        }
        best
    };
    let cuts = narrowing(known, &crossings(base), limit, &value, rows, watch);
    cuts.iter().map(rows).max().unwrap_or(limit)
}

/// What a cut takes of the arena at one time.
fn rings(cut: &Cut) -> usize {
    cut.ring_bytes
}

/// The cuts and styles with the least cost whose segments each take at most `limit` bytes of rings;
/// empty if there are none.
pub fn cheapest(known: &Known<'_>, limit: usize, watch: &dyn Watch) -> Vec<Cut> {
    let base = known.base;
    let value = |segment: &Range<usize>, limit: usize| {
        ROWS.iter().find_map(|&rows| {
            let styles = styles(base, segment, rows).into_iter();
            let cuts =
                styles.filter_map(|style| known.evaluate(segment, style, limit, Measure::Rings));
            cuts.min_by_key(|cut| (cut.cost, cut.ring_bytes))
        })
    };
    let count = base.ops.len();
    let all: Vec<usize> = (0..=count).collect();
    let crossings = crossings(base);
    // Nothing is cheaper than an operator by itself that makes all its rows in one step.
    let single = |op: usize| {
        let style = Style {
            rows: usize::MAX,
            landings: false,
            second_first: false,
        };
        let cut = known.evaluate(&(op..op + 1), style, limit, Measure::Rings);
        cut.map_or(usize::MAX, |cut| cut.ring_bytes)
    };
    let singles: Vec<usize> = (0..count).map(single).collect();
    let loose = Loose::new(&singles, &crossings, limit);
    let rank = |cut: &Cut, so_far: u64| so_far + cut.cost;
    cheapest_path((&all, &loose), &crossings, limit, &value, rank, watch)
}

/// The best way from the first to the last of `places`, or nothing; segments that are loose are left
/// out.
fn cheapest_path(
    (places, loose): (&[usize], &Loose),
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
        .filter(|span| !loose.is(span))
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
