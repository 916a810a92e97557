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
    for (x, pixel) in out.chunks_exact_mut(pixel.max(1)).enumerate() {
        one_pixel(job, rows, x, pixel);
    }
}

/// All channels of output pixel `x`.
fn one_pixel(job: &Depthwise<'_>, rows: &[&[i8]], x: usize, out: &mut [i8]) {
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
                let weights = (weights, by_channel);
                let first = (start, job.multiplier);
                let sums = acc.get_mut(..block).unwrap_or_default();
                // One loop for all elements: what it looks at each time is less than copies of it would take.
                let input = |c: usize| match pixel {
                    Some(pixel) => of_element!(job.input_bytes, A => {
                        A::view(pixel).get(c).map_or(0, |x| x.value())
                    }),
                    None => job.beyond(c),
                };
                add_products(sums, weights, first, input);
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

/// Adds a tap's products to the sums of the output's channels from `start` on, whose weights are `step`
/// apart; there are `multiplier` of these channels for each of the input.
fn add_products(
    sums: &mut [i32],
    (weights, step): (&[i8], usize),
    (start, multiplier): (usize, usize),
    input: impl Fn(usize) -> i32,
) {
    for (c, sum) in sums.iter_mut().enumerate() {
        let weight = weights.get(c.wrapping_mul(step)).copied().unwrap_or(0);
        let channel = start.wrapping_add(c);
        let channel = channel.checked_div(multiplier).unwrap_or(channel);
        *sum = sum.wrapping_add(input(channel).wrapping_mul(i32::from(weight)));
    }
}

impl Depthwise<'_> {
    /// What stands outside the image in a channel.
    fn beyond(&self, channel: usize) -> i32 {
        let own = self.outside.and_then(|pixel| pixel.get(channel));
        i32::from(own.copied().unwrap_or(self.zero_point))
    }
}
