//! Gates: a tensor, and what is made of it, multiplied or added; the one may spread over the other.

use tidbit::blob::OpKind;
use tidbit_quantize::lower::Params;

use super::Spread;
use super::build::Builder;
use super::numbers::{self, Stats};
use super::windows::{pointwise, whole};

impl Builder {
    /// Appends gates made of the latest tensor, and their product or sum with it.
    pub fn gate(&mut self, spread: Spread, sum: bool) {
        let main = self.latest();
        let shape = self.shape(main);
        if matches!(spread, Spread::Pixel | Spread::Element) {
            self.average(main, whole(&shape), [1, 1]);
        }
        let from = self.latest();
        let channels = match spread {
            Spread::None | Spread::Pixel => shape.channels,
            Spread::Channel | Spread::Element => 1,
        };
        let side = self.shape(from);
        let gates = numbers::shape([side.height, side.width], channels);
        self.conv(from, (pointwise(), 1, false), gates, false);
        let gates = self.latest();
        if sum {
            return self.add(main, gates);
        }
        let inputs = [&self.stats[main], &self.stats[gates]];
        let (params, stats): (_, Stats) = numbers::mul(&mut self.random, inputs);
        let made = (Params::Mul(params), stats);
        self.push(OpKind::Mul, vec![main, gates], shape, made);
        self.clamp();
    }
}
