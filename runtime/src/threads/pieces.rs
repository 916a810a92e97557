//! The pieces of a step, made by the threads of a pool.
//!
//! Each has some rows of the step's output to write, and what lies around the whole output to read.

use core::ops::Range;

use super::cut::{region, share_of, worth};
use super::{MAX_THREADS, Piece, Pool};
use crate::arena::{Bench, Ring};
use crate::hands::{Arena, Borrowed, Hands};
use crate::ops::{Site, make};

/// The threads of a pool, with scratch memory for all but one of them.
pub(crate) struct Others<'m> {
    pool: &'m dyn Pool,
    threads: usize,
    scratch: &'m mut [u8],
}

impl<'m> Hands<'m> {
    /// So many threads of a pool, with `bytes` of scratch each; `None` if there is less.
    pub(crate) fn many(
        scratch: &'m mut [u8],
        bytes: usize,
        (pool, threads): (&'m dyn Pool, usize),
    ) -> Option<Self> {
        let (scratch, others) = scratch.split_at_mut_checked(bytes)?;
        let threads = threads.clamp(1, MAX_THREADS);
        let all = bytes.checked_mul(threads.checked_sub(1)?)?;
        Some(Self {
            scratch,
            others: Some(Others {
                pool,
                threads,
                scratch: others.get_mut(..all)?,
            }),
        })
    }
}

/// What one thread has of the arena.
pub(crate) struct Part<'a> {
    /// Its rows of the output, and the byte of the arena at which they begin.
    own: (usize, &'a mut [u8]),
    /// The arena before the step's output.
    before: &'a [u8],
    /// The arena behind it, and the byte at which that begins.
    behind: (usize, &'a [u8]),
}

impl Part<'_> {
    /// Borrows bytes of its own to write, and what lies around the step's output to read.
    pub(crate) fn borrow(&mut self, start: usize, len: usize) -> Option<Borrowed<'_>> {
        let (first, own) = (self.own.0, &mut *self.own.1);
        let start = start.checked_sub(first)?;
        Some(Borrowed {
            out: own.get_mut(start..start.checked_add(len)?)?,
            before: self.before,
            behind: self.behind.1,
            behind_at: self.behind.0,
        })
    }
}

/// Some rows of a step, and who makes them.
struct Work<'a> {
    site: &'a Site<'a>,
    rows: Range<u16>,
    /// What there is to make them with, until they are made.
    bench: Option<Bench<'a>>,
    made: Option<()>,
}

impl Work<'_> {
    /// Makes the rows, unless they are made.
    fn make(&mut self) -> Option<()> {
        if let Some(bench) = self.bench.take() {
            self.made = make(self.site, bench, self.rows.clone());
        }
        self.made
    }
}

/// Has the threads make rows of an operator, whose rings are those of its inputs and its output; `None` if the
/// caller's thread has to, or does it better.
pub(crate) fn share(
    site: &Site<'_>,
    arena: &mut [u8],
    hands: &mut Hands<'_>,
    rings: [Ring; 3],
    rows: &Range<u16>,
) -> Option<Option<()>> {
    let others = hands.others.as_mut().filter(|_| rows.len() > 1)?;
    let count = worth(site, rows, others.pool.least_macs())?.min(others.threads);
    if count < 2 {
        return None;
    }
    let region = region(site, rings.each_ref(), rows)?;
    let scratch = (&mut *hands.scratch, &mut *others.scratch);
    let mut works = cut(site, arena, scratch, rings, (rows, count, region))?;
    let mut calls = works.each_mut().map(|work| {
        move || {
            if let Some(work) = work {
                work.make();
            }
        }
    });
    let mut pieces = calls.each_mut().map(|call| -> Piece<'_> { call });
    others.pool.run(pieces.get_mut(..count)?);
    let mut works = works.iter_mut().flatten();
    Some(works.try_for_each(Work::make))
}

/// Cuts rows, whose bytes are `region`, into `count` pieces.
fn cut<'a>(
    site: &'a Site<'a>,
    arena: &'a mut [u8],
    (scratch, others): (&'a mut [u8], &'a mut [u8]),
    [a, b, out]: [Ring; 3],
    (rows, count, region): (&Range<u16>, usize, Range<usize>),
) -> Option<[Option<Work<'a>>; MAX_THREADS]> {
    let (before, rest) = arena.split_at_mut_checked(region.start)?;
    let (mut left, behind) = rest.split_at_mut_checked(region.len())?;
    let (before, behind): (&[u8], &[u8]) = (before, behind);
    let others = others.chunks_exact_mut(scratch.len().max(1));
    let mut scratches = core::iter::once(scratch).chain(others);
    let mut works = [const { None }; MAX_THREADS];
    let mut start = region.start;
    for (index, work) in (0..count).zip(&mut works) {
        let rows = share_of(rows, index, count)?;
        let end = out.range(rows.end.checked_sub(1)?)?.end;
        let (own, next) = left.split_at_mut_checked(end.checked_sub(start)?)?;
        let part = Part {
            own: (start, own),
            before,
            behind: (region.end, behind),
        };
        (left, start) = (next, end);
        *work = Some(Work {
            site,
            rows,
            bench: Some(Bench {
                arena: Arena::Part(part),
                scratch: scratches.next().unwrap_or_default(),
                a,
                b,
                out,
            }),
            made: None,
        });
    }
    Some(works)
}
