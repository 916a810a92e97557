//! What segments were found to take: the search for a plan asks for the same ones again and again.
//!
//! A segment in a style takes the same whatever the limit; one that went beyond a limit goes beyond
//! every lower one. So each is run to its end at most once, for all limits and cuts that are tried.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::cuts::{Cut, evaluate};
use super::draft::Draft;
use super::pull::Style;

/// What a limit is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Bytes of rings at one time.
    Rings,
    /// Bytes of needed rows at one time.
    Rows,
}

impl Measure {
    /// It of a segment.
    pub fn of(self, cut: &Cut) -> usize {
        match self {
            Self::Rings => cut.ring_bytes,
            Self::Rows => cut.row_bytes,
        }
    }
}

/// What is known of a segment in a style.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// What it takes, if it was run to its end.
    cut: Option<Cut>,
    /// For each measure the greatest limit that it went beyond, or that stalled it.
    beyond: [Option<usize>; 2],
}

/// Segments of one net, by first and last operator and style.
pub struct Known<'a> {
    /// The net.
    pub base: &'a Draft,
    /// One map for each last operator, so that threads seldom wait for each other.
    seen: Vec<Mutex<HashMap<(usize, Style), Seen>>>,
}

impl<'a> Known<'a> {
    /// Of a net of which nothing is known.
    pub fn new(base: &'a Draft) -> Self {
        let places = 0..=base.ops.len();
        Self {
            base,
            seen: places.map(|_| Mutex::default()).collect(),
        }
    }

    /// A segment in a style; `None` if it takes more than `limit` of what is measured.
    pub fn evaluate(
        &self,
        segment: &Range<usize>,
        style: Style,
        limit: usize,
        measure: Measure,
    ) -> Option<Cut> {
        let key = (segment.start, style);
        let seen = {
            let map = self.seen[segment.end].lock();
            let map = map.unwrap_or_else(PoisonError::into_inner);
            map.get(&key).cloned().unwrap_or_default()
        };
        if let Some(cut) = seen.cut {
            return (measure.of(&cut) <= limit).then_some(cut);
        }
        if seen.beyond[measure as usize].is_some_and(|beyond| limit <= beyond) {
            return None;
        }
        let of = |cut: &Cut| measure.of(cut);
        let found = evaluate(self.base, segment.clone(), style, limit, of);
        let map = self.seen[segment.end].lock();
        let mut map = map.unwrap_or_else(PoisonError::into_inner);
        let entry = map.entry(key).or_default();
        match &found {
            Some(cut) => entry.cut = Some(cut.clone()),
            None => entry.beyond[measure as usize] = Some(limit),
        }
        found
    }
}
