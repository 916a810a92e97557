//! Picks: rows, columns and channels of one tensor or two.

use tidbit::blob::{NO_CHANNEL, OpKind};
use tidbit_quantize::lower::{IntGather, Params};

use super::Pick;
use super::build::{Builder, MOST_CHANNELS};
use super::join::MOST_READERS;
use super::numbers::{self, Stats};

impl Builder {
    /// Appends what picks from the latest tensor, and from another as large if there is one.
    pub fn pick(&mut self, pick: &Pick) {
        let main = self.latest();
        let shape = self.shape(main);
        let fits = |tensor: &usize| {
            let other = self.shape(*tensor);
            let alike = (other.height, other.width) == (shape.height, shape.width);
            alike && self.readers(*tensor) < MOST_READERS
        };
        let others: Vec<usize> = (0..main).rev().filter(fits).collect();
        let other = pick.back.filter(|_| !others.is_empty());
        let other = other.map(|back| others[usize::from(back) % others.len()]);
        let inputs: Vec<usize> = [main].into_iter().chain(other).collect();
        let count: usize = inputs.iter().map(|&input| self.shape(input).channels).sum();
        let channels = match usize::from(pick.channels) {
            0 => count.min(MOST_CHANNELS),
            channels => channels,
        };
        let start = self.random.within(0, count as i32 - 1) as usize;
        let mut channel = |at: usize| match pick.shuffled {
            false => ((start + at) % count) as u16,
            true if self.random.within(0, 7) == 0 => NO_CHANNEL,
            true => self.random.within(0, count as i32 - 1) as u16,
        };
        let map = (0..channels).map(&mut channel).collect();
        let table = |random: &mut _, input: usize| {
            let there = pick.tables && input < inputs.len();
            there.then(|| numbers::table(random))
        };
        let tables = [0, 1].map(|input| table(&mut self.random, input));
        let stats = match pick.tables {
            true => Stats::uniform(&mut self.random),
            false => self.stats[main],
        };
        let sides = [shape.height, shape.width];
        let first = [0, 1].map(|at| usize::from(pick.first[at]) % sides[at]);
        let stride = pick.stride.map(|step| usize::from(step.max(1)));
        let side = |at: usize| (sides[at] - first[at]).div_ceil(stride[at]);
        let to = numbers::shape([side(0), side(1)], channels);
        let gather = IntGather {
            map,
            tables,
            first,
            stride,
        };
        self.push(OpKind::Gather, inputs, to, (Params::Gather(gather), stats));
    }
}
