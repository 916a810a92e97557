//! Residual add of two tensors; the sum may take the place of either.

use core::ops::Range;

use super::Site;
use super::pair::{self, Pairs};
use crate::arena::Bench;
use crate::blob::AddParams;
use crate::kernels::{AddFactors, Kernels};

#[inline(never)]
pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: AddParams = site.model.data.params(site.op)?;
    let by = AddFactors {
        ma: params.ma,
        mb: params.mb,
        c: params.c,
        shift: params.shift,
        lo: params.lo,
        hi: params.hi,
    };
    let swapped = AddFactors {
        ma: by.mb,
        mb: by.ma,
        ..by
    };
    pair::run(&by, &swapped, site, bench, rows)
}

impl Pairs for AddFactors {
    fn make(&self, kernels: &Kernels, first: &mut [i8], second: &[i8]) {
        (kernels.add)(first, second, self);
    }

    fn value(&self, first: i32, second: i32) -> i32 {
        self.sum(first, second)
    }
}
