//! Sums: of the latest tensor and of one made before, with a shortcut if need be.

use tidbit::blob::OpKind;
use tidbit_quantize::lower::{IntOp, Params};

use super::build::Builder;
use super::numbers::{self, Stats};
use super::windows::between;
use super::{Border, Choice, Layer};

/// Most operators that read one tensor.
pub(super) const MOST_READERS: usize = 3;

impl Builder {
    /// Number of operators that read a tensor.
    pub fn readers(&self, tensor: usize) -> usize {
        let reads = |op: &&IntOp| op.inputs.contains(&tensor);
        self.ops.iter().filter(reads).count()
    }

    /// The sum of the latest tensor and of another: of the same shape, or brought to it by a
    /// shortcut; where there is no such, of itself.
    pub fn join(&mut self, back: usize, shortcut: u8) {
        let main = self.latest();
        let goal = self.shape(main);
        let free = |tensor: &usize| self.readers(*tensor) < MOST_READERS;
        // The nearest first. The latest itself may be brought to its own shape.
        let open: Vec<usize> = (0..=main).rev().filter(free).collect();
        let alike = |tensor: &usize| *tensor != main && self.shape(*tensor) == goal;
        let equal: Vec<usize> = open.iter().copied().filter(alike).collect();
        if shortcut == 0 && !equal.is_empty() {
            return self.add(main, equal[back % equal.len()]);
        }
        let from = open[back % open.len()];
        let start = self.shape(from);
        match between(&mut self.random, &start, &goal) {
            Some(window) => {
                self.conv(from, (window, 1, false), goal, false);
                for at in 1..shortcut {
                    self.along_shortcut(at);
                }
                self.add(main, self.latest());
            }
            None => self.add(main, main),
        }
    }

    /// Another operator on the way of a shortcut.
    fn along_shortcut(&mut self, at: u8) {
        let same = Choice {
            kernel: [3, 3],
            stride: [1, 1],
            dilation: [1, 1],
            padding: Border::Same,
        };
        if at == 1 {
            self.layer(&Layer::Depthwise {
                window: same,
                multiplier: 1,
            });
        } else {
            self.table(self.latest());
        }
    }

    /// Appends a sum.
    pub fn add(&mut self, a: usize, b: usize) {
        let stats = Stats::centred(&mut self.random);
        let inputs = [&self.stats[a], &self.stats[b]];
        let params = Params::Add(numbers::add(&mut self.random, inputs, &stats));
        self.push(OpKind::Add, vec![a, b], self.shape(a), (params, stats));
        self.clamp();
    }
}
