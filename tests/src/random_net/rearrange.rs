//! Operators that move elements or choose among them: resizes, blocks out of channels, the greatest
//! channel.

use tidbit::blob::{OpKind, Position};
use tidbit_quantize::graph::Blocks;
use tidbit_quantize::lower::Params;
use tidbit_quantize::scale::Scale;

use super::build::Builder;
use super::numbers::{self, Stats};
use super::windows::MOST_SIDE;

impl Builder {
    /// Appends a resize. Its rows and columns lie roughly where they should, and by chance a little
    /// beside it: so the window that covers them has to be worked out.
    pub fn resize(&mut self, sides: [u8; 2], between: bool) {
        let from = self.latest();
        let shape = self.shape(from);
        let sides = sides.map(|side| usize::from(side).clamp(1, MOST_SIDE));
        let rows = self.positions(shape.height, sides[0], between);
        let columns = self.positions(shape.width, sides[1], between);
        let made = (Params::Resize(rows, columns), self.stats[from]);
        let to = numbers::shape(sides, shape.channels);
        self.push(OpKind::Resize, vec![from], to, made);
    }

    fn positions(&mut self, input: usize, output: usize, between: bool) -> Vec<Position> {
        let last = input as i32 - 1;
        let place = |at: usize| {
            let beside = self.random.within(-300, 300);
            let parts = (at * input * 256 / output) as i32 + beside;
            let parts = parts.clamp(0, last * 256);
            Position {
                first: (parts / 256) as u16,
                share: if between { (parts % 256) as u16 } else { 0 },
            }
        };
        (0..output).map(place).collect()
    }

    /// Appends blocks out of channels, the largest of up to 2 x 2 that divide them.
    pub fn depth_to_space(&mut self, channel_first: bool, cropped: bool) {
        let from = self.latest();
        let shape = self.shape(from);
        let fits = |sides: &[usize; 2]| {
            let grown = [shape.height * sides[0], shape.width * sides[1]];
            shape.channels.is_multiple_of(sides[0] * sides[1])
                && grown.iter().all(|side| *side <= MOST_SIDE)
        };
        let sides = [[2, 2], [2, 1], [1, 2], [1, 1]].into_iter().find(fits);
        let sides = sides.unwrap_or([1, 1]);
        let blocks = Blocks {
            sides,
            channel_first,
        };
        let cut = |side: usize, block: usize| side * block - usize::from(cropped && block > 1);
        let to = numbers::shape(
            [cut(shape.height, sides[0]), cut(shape.width, sides[1])],
            shape.channels / (sides[0] * sides[1]),
        );
        let made = (Params::DepthToSpace(blocks), self.stats[from]);
        self.push(OpKind::DepthToSpace, vec![from], to, made);
    }

    /// Appends an ArgMax, or a table where there is nothing to choose.
    pub fn arg_max(&mut self) {
        let from = self.latest();
        let shape = self.shape(from);
        if shape.channels < 2 {
            return self.table(from);
        }
        let channels = shape.channels as f64;
        let stats = Stats {
            mean: -128.0 + channels / 2.0,
            spread: channels / 3.0,
            zero_point: Scale::NUMBERS.zero_point,
        };
        let to = numbers::shape([shape.height, shape.width], 1);
        self.push(OpKind::ArgMax, vec![from], to, (Params::ArgMax, stats));
        let at = self.latest();
        self.ops[at].scale = Scale::NUMBERS;
    }
}
