//! Picks pixels and channels of one or two inputs: concatenation, slices, steps, shuffled channels,
//! channels of zeros.
//!
//! A run of output channels that stand next to each other in one input is copied at once.

use core::ops::Range;

use super::{Site, copy};
use crate::arena::Bench;
use crate::blob::{GatherParams, NO_CHANNEL};
use crate::kernels::Kernels;

#[inline(never)]
pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: GatherParams = site.model.data.params(site.op)?;
    let picks = Picks::of(site, &params)?;
    let zero = site.output.zero_point;
    for y in rows {
        let row = i32::from(y)
            .wrapping_mul(site.op.stride_rows.into())
            .wrapping_add(site.op.window_rows.into())
            .wrapping_sub(1);
        let Some(io) = &mut bench.row(y) else {
            return None;
        };
        let mut first = 0;
        while let Some(run) = picks.run(first) {
            match run.from {
                None => picks.parts(&run, io.out).for_each(|part| part.fill(zero)),
                Some((second, channel)) => {
                    let (rows, input) = match second {
                        false => (&io.a, &picks.a),
                        true => (&io.b(), &picks.b),
                    };
                    picks.take(&run, rows.get(row)?, (input, channel), io.out)?;
                }
            }
            first = first.wrapping_add(run.len);
        }
    }
    Some(())
}

/// Output channels next to each other that come from one place.
struct Run {
    first: usize,
    len: usize,
    /// Whether it is the second input, and the first of its channels; `None` for zeros.
    from: Option<(bool, usize)>,
}

/// Channels of an input, and the table that its elements go through.
struct Input<'a> {
    channels: usize,
    table: Option<&'a [i8; 256]>,
}

/// What an operator picks.
struct Picks<'a> {
    kernels: &'static Kernels,
    map: &'a [[u8; 2]],
    a: Input<'a>,
    b: Input<'a>,
    stride: usize,
    first_column: usize,
}

impl<'a> Picks<'a> {
    fn of(site: &Site<'a>, params: &GatherParams) -> Option<Self> {
        let data = &site.model.data;
        let input = |channels: u16, table: u32| {
            let table = match table {
                0 => None,
                offset => Some(data.i8_table(offset)?),
            };
            let channels = channels.into();
            Some(Input { channels, table })
        };
        let b = site.model.flow.tensors.get(site.op.input_b);
        Some(Self {
            kernels: site.kernels,
            map: data.u16s(params.map, site.output.channels.into())?,
            a: input(site.input.channels, params.table_a)?,
            b: input(b.map_or(0, |b| b.channels), params.table_b)?,
            stride: params.stride_w.into(),
            first_column: params.first_column.into(),
        })
    }

    /// Channel `at` of the output: what it picks.
    fn pick(&self, at: usize) -> Option<u16> {
        self.map.get(at).map(|picked| u16::from_le_bytes(*picked))
    }

    /// The run that begins at a channel of the output.
    fn run(&self, first: usize) -> Option<Run> {
        let picked = self.pick(first)?;
        let channel = usize::from(picked);
        let (from, most) = match channel.checked_sub(self.a.channels) {
            _ if picked == NO_CHANNEL => (None, usize::MAX),
            Some(channel) => (
                Some((true, channel)),
                self.b.channels.saturating_sub(channel),
            ),
            None => (
                Some((false, channel)),
                self.a.channels.saturating_sub(channel),
            ),
        };
        let step = usize::from(from.is_some());
        let follows = |len: usize| {
            let next = self.pick(first.wrapping_add(len)).map(usize::from);
            next == Some(channel.wrapping_add(len.wrapping_mul(step)))
        };
        let mut len = 1;
        while len < most && follows(len) {
            len = len.wrapping_add(1);
        }
        Some(Run { first, len, from })
    }

    /// The run's part of each pixel of an output row.
    fn parts<'o>(&self, run: &Run, out: &'o mut [i8]) -> impl Iterator<Item = &'o mut [i8]> {
        let channels = run.first..run.first.wrapping_add(run.len);
        out.chunks_exact_mut(self.map.len().max(1))
            .filter_map(move |pixel| pixel.get_mut(channels.clone()))
    }

    /// Fills a run from a channel of an input on.
    fn take(
        &self,
        run: &Run,
        row: &[i8],
        (input, channel): (&Input<'_>, usize),
        out: &mut [i8],
    ) -> Option<()> {
        let column = self.stride.wrapping_mul(input.channels);
        let start = self.first_column.wrapping_mul(input.channels);
        let mut at = start.wrapping_add(channel);
        for part in self.parts(run, out) {
            let picked = row.get(at..at.wrapping_add(run.len))?;
            match input.table {
                Some(table) => (self.kernels.lookup)(table, picked, part),
                None => copy(part, picked)?,
            }
            at = at.wrapping_add(column);
        }
        Some(())
    }
}
