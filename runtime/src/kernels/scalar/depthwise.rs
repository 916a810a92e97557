//! Depthwise convolution: a row of output pixels, each channel by itself.

use super::{of_element, put};
use crate::kernels::{Depthwise, Element};

/// Output channels that are made at a time.
const BLOCK: usize = 16;

/// A row of a [`Depthwise`].
pub fn depthwise(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8], _scratch: &mut [i8]) {
    if !job.fits(rows) {
        return;
    }
    let pixel = job.outputs().wrapping_mul(usize::from(job.output_bytes));
    of_element!(job.input_bytes, A => {
        for (x, pixel) in out.chunks_exact_mut(pixel.max(1)).enumerate() {
            one_pixel::<A>(job, rows, x, pixel);
        }
    });
}

/// All channels of output pixel `x`.
fn one_pixel<A: Element>(job: &Depthwise<'_>, rows: &[&[i8]], x: usize, out: &mut [i8]) {
    let left = x.wrapping_mul(job.stride);
    let (by_channel, by_tap) = job.strides();
    let bytes = job.pixel_bytes();
    let outputs = job.outputs();
    let mut start = 0usize;
    while start < outputs {
        let block = BLOCK.min(outputs.wrapping_sub(start));
        let mut acc = [0i32; BLOCK];
        let mut tap = 0usize;
        for row in rows {
            for column in 0..job.kernel[1] {
                let place = left.wrapping_add(column.wrapping_mul(job.dilation));
                let place = place.checked_sub(job.pad_left).filter(|at| *at < job.width);
                // A row outside the image has no byte.
                let pixel = place.and_then(|at| row.get(at.wrapping_mul(bytes)..)?.get(..bytes));
                let first = tap
                    .wrapping_mul(by_tap)
                    .wrapping_add(start.wrapping_mul(by_channel));
                let weights = job.weights.values.get(first..).unwrap_or_default();
                let weights = weights.iter().step_by(by_channel.max(1));
                let products = acc.iter_mut().zip(weights).take(block).enumerate();
                for (c, (a, &w)) in products {
                    let channel = start.wrapping_add(c);
                    let channel = channel.checked_div(job.multiplier).unwrap_or(channel);
                    let x = match pixel {
                        Some(pixel) => A::view(pixel).get(channel).map_or(0, |x| x.value()),
                        None => job.beyond(channel),
                    };
                    *a = a.wrapping_add(x.wrapping_mul(i32::from(w)));
                }
                tap = tap.wrapping_add(1);
            }
        }
        let Some(part) = job.requant.from_channel(start) else {
            return;
        };
        let finished = (start..).zip(acc).zip(part.channels()).take(block);
        for ((channel, acc), (bias, multiplier)) in finished {
            let value = part.value(acc.wrapping_add(bias), multiplier);
            put(out, job.output_bytes, channel, value);
        }
        start = start.wrapping_add(BLOCK);
    }
}

impl Depthwise<'_> {
    /// What stands outside the image in a channel.
    fn beyond(&self, channel: usize) -> i32 {
        let own = self.outside.and_then(|pixel| pixel.get(channel));
        i32::from(own.copied().unwrap_or(self.zero_point))
    }
}
