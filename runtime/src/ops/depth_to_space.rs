//! Blocks of pixels out of the channels of one: sub-pixel convolution ends in it (Shi et al.,
//! "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
//! Neural Network", 2016), and so does a transposed convolution here.

use core::ops::Range;

use super::Site;
use crate::arena::Bench;
use crate::blob::DepthToSpaceParams;
use crate::kernels::every;

#[inline(never)]
pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: DepthToSpaceParams = site.model.data.params(site.op)?;
    let depth = usize::from(site.input.channels);
    let channels = usize::from(site.output.channels).max(1);
    let block = usize::from(params.block_h).wrapping_mul(usize::from(params.block_w));
    for y in rows {
        let Some(io) = &mut bench.row(y) else {
            return None;
        };
        let row = io.a.get(i32::from(y.checked_div(params.block_h)?))?;
        let down = usize::from(y.checked_rem(params.block_h)?);
        for (x, out) in (0u16..).zip(io.out.chunks_exact_mut(channels)) {
            let right = usize::from(x.checked_rem(params.block_w)?);
            let place = down
                .wrapping_mul(usize::from(params.block_w))
                .wrapping_add(right);
            let (first, step) = match params.order {
                0 => (place.wrapping_mul(channels), 1),
                _ => (place, block),
            };
            let start = usize::from(x.checked_div(params.block_w)?).wrapping_mul(depth);
            let pixel = row.get(start..start.wrapping_add(depth))?;
            every(step, pixel.get(first..)?, out);
        }
    }
    Some(())
}
