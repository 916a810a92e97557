//! Product of two tensors, as of an image and the gates of its channels; it may take the place of
//! either that is as large.

use core::ops::Range;

use super::Site;
use super::pair::{self, Pairs};
use crate::arena::Bench;
use crate::blob::MulParams;
use crate::kernels::{MulFactors, mul, mul_to};

pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: MulParams = site.model.data.params(&site.op)?;
    let b = site.model.flow.tensors.get(site.op.input_b)?;
    let by = MulFactors {
        zero_a: site.input.zero_point,
        zero_b: b.zero_point,
        multiplier: params.multiplier,
        shift: params.shift,
        zero_point: site.output.zero_point,
        lo: params.lo,
        hi: params.hi,
    };
    pair::run(&by, site, bench, rows)
}

impl Pairs for MulFactors {
    fn make(&self, a: &[i8], b: &[i8], out: &mut [i8]) {
        mul(a, b, self, out);
    }

    fn make_on_first(&self, a: &mut [i8], b: &[i8]) {
        mul_to(a, b, self);
    }

    fn make_on_second(&self, a: &[i8], b: &mut [i8]) {
        let swapped = Self {
            zero_a: self.zero_b,
            zero_b: self.zero_a,
            ..*self
        };
        mul_to(b, a, &swapped);
    }
}
