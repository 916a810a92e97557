//! Product of two tensors, as of an image and the gates of its channels; it may take the place of
//! either that is as large.

use core::ops::Range;

use super::Site;
use super::pair::{self, Pairs};
use crate::arena::Bench;
use crate::blob::MulParams;
use crate::kernels::{Kernels, MulFactors};

#[inline(never)]
pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: MulParams = site.model.data.params(site.op)?;
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
    let swapped = MulFactors {
        zero_a: by.zero_b,
        zero_b: by.zero_a,
        ..by
    };
    pair::run(&by, &swapped, site, bench, rows)
}

impl Pairs for MulFactors {
    fn make(&self, kernels: &Kernels, first: &mut [i8], second: &[i8]) {
        (kernels.mul)(first, second, self);
    }

    fn value(&self, first: i32, second: i32) -> i32 {
        self.product(first, second)
    }
}
