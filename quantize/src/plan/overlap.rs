//! What working in place is worth: bytes at a moment, and how near two pieces may lie.
//!
//! An operator may write its row over one that it reads for the last time: just over it, where it
//! works element by element, or from its first byte or one before it on, where it works pixel by
//! pixel ([`InPlace`]).

use std::ops::Range;

use tidbit::blob::InPlace;

use super::replay::{Range16, Replay, Write};

impl Replay<'_> {
    /// What working in place saves of both.
    pub(super) fn saved_in_place(&self, write: &Write) -> (usize, usize) {
        let mut saved = (0, 0);
        if write.in_place == InPlace::Never {
            return saved;
        }
        for (input, _) in write.dying.iter().flatten() {
            let row = self.draft.tensors[*input].row_bytes().min(write.bytes);
            saved.0 = saved.0.max(row);
            if self.same_place(write.tensor, *input) {
                saved.1 = saved.1.max(row);
            }
        }
        saved
    }

    /// Whether rows of two tensors lie alike in their rings.
    pub fn same_place(&self, a: usize, b: usize) -> bool {
        if self.is_whole(a) && self.is_whole(b) {
            return true;
        }
        if self.draft.ops[a].accumulates != 0 || self.draft.ops[b].accumulates != 0 {
            return false;
        }
        let (a, b) = (&self.draft.tensors[a], &self.draft.tensors[b]);
        (a.ring_rows, a.landing_rows, a.row_bytes()) == (b.ring_rows, b.landing_rows, b.row_bytes())
            && a.landing_rows == 0
    }

    /// How far below a needed piece the piece of a write may begin (the distance is negative, or
    /// that of working in place), and whether both may begin at the same byte.
    pub fn overlap(
        &self,
        write: &Write,
        (tensor, block): (usize, usize),
        (written, range): (&Range<usize>, &Range<usize>),
    ) -> (i64, bool) {
        let below = range.start as i64 - written.end as i64;
        if write.lands || block == 1 || write.tensor == tensor {
            return (below, false);
        }
        let dying = write.dying.iter().flatten();
        let dying = dying
            .clone()
            .find(|(input, _)| *input == tensor)
            .map(|(_, rows)| *rows)
            .filter(|_| write.in_place != InPlace::Never);
        let zero =
            self.same_place(write.tensor, tensor) && self.apart_at_zero(write, tensor, dying);
        let Some((old, kept)) = dying.filter(|_| write.in_place == InPlace::Behind) else {
            return (below, zero);
        };
        let row = self.draft.tensors[tensor].row_bytes() as i64;
        if self.is_whole(tensor) && self.is_whole(write.tensor) {
            let rest = i64::from(kept) * row - written.end as i64;
            let own = i64::from(old) * row - written.start as i64;
            return (rest.min(own), zero);
        }
        let rows = |tensor: usize| self.draft.tensors[tensor].ring_rows;
        if (rows(write.tensor), rows(tensor)) == (1, 1) {
            return (0, true);
        }
        (below, zero)
    }

    /// Whether a write hits no needed row of a tensor whose ring begins at the same byte, but for
    /// rows that die by it and that it may write over.
    fn apart_at_zero(&self, write: &Write, tensor: usize, dying: Option<Range16>) -> bool {
        let needed = &self.needed[tensor];
        let out = self.place(write.tensor, write.row);
        let (first, last) = dying.unwrap_or((0, 0));
        (needed.kept..needed.made).all(|row| {
            let place = self.place(tensor, row);
            let apart = place.end <= out.start || out.end <= place.start;
            let given_up = (first..last).contains(&row)
                && match write.in_place {
                    InPlace::Never => false,
                    InPlace::Exactly => place == out,
                    InPlace::Behind => out.start <= place.start,
                };
            apart || given_up
        })
    }

    /// Bytes of a row within its ring.
    fn place(&self, tensor: usize, row: u16) -> Range<usize> {
        let record = &self.draft.tensors[tensor];
        let start = usize::from(row % record.ring_rows.max(1)) * record.row_bytes();
        start..start + record.row_bytes()
    }
}
