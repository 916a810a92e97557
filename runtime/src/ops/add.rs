//! Residual add of two tensors; the sum may take the place of either.

use core::ops::Range;

use super::Site;
use super::pair::{self, Pairs};
use crate::arena::Bench;
use crate::blob::AddParams;
use crate::kernels::{AddFactors, add, add_to};

pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: AddParams = site.model.data.params(&site.op)?;
    let by = AddFactors {
        ma: params.ma,
        mb: params.mb,
        c: params.c,
        shift: params.shift,
        lo: params.lo,
        hi: params.hi,
    };
    pair::run(&by, site, bench, rows)
}

impl Pairs for AddFactors {
    fn make(&self, a: &[i8], b: &[i8], out: &mut [i8]) {
        add(a, b, self, out);
    }

    fn make_on_first(&self, a: &mut [i8], b: &[i8]) {
        add_to(a, b, self);
    }

    fn make_on_second(&self, a: &[i8], b: &mut [i8]) {
        let swapped = Self {
            ma: self.mb,
            mb: self.ma,
            ..*self
        };
        add_to(b, a, &swapped);
    }
}
