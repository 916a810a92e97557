//! The number of the greatest channel of each pixel: what a segmentation map ends in.

use core::ops::Range;

use super::Site;
use crate::arena::Bench;
use crate::kernels::arg_max;

#[inline(never)]
pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let channels = usize::from(site.input.channels).max(1);
    for y in rows {
        let Some(io) = &mut bench.row(y) else {
            return None;
        };
        let pixels = io.a.get(i32::from(y))?.chunks_exact(channels);
        for (q, pixel) in io.out.iter_mut().zip(pixels) {
            *q = arg_max(pixel);
        }
    }
    Some(())
}
