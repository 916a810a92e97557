//! Depthwise convolution over int8: channels stand side by side in a register.
//!
//! Where a window is three by three, a loop goes along the row ([`three`](super::three)); with any other,
//! each pixel is made of a list of the places of its taps. A tap outside the image is over a pixel of what
//! stands there.

use super::constants::Constants;
use super::three;
use crate::kernels::{Depthwise, scalar};

assembly!("taps.s");

unsafe extern "C" {
    /// All channels of a pixel.
    fn tidbit_taps(pixel: &Pixel);
}

/// Fewest channels.
pub(super) const LANES: usize = 8;
/// Most taps: seven by seven, and what is rarer.
const MOST: usize = 52;

/// A pixel, in the order in which the assembly takes it.
#[repr(C)]
struct Pixel {
    /// Under each tap the input's first channel.
    places: *const *const i8,
    taps: usize,
    weights: *const i8,
    bias: *const [u8; 4],
    multipliers: *const [u8; 4],
    out: *mut i8,
    channels: usize,
    constants: *const Constants,
    kind: u32,
}

/// A row of a [`Depthwise`].
pub(super) fn depthwise(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8], scratch: &mut [i8]) {
    let fast = job.input_bytes == 1
        && matches!(job.output_bytes, 1 | 2)
        && job.multiplier == 1
        && job.channels >= LANES
        && (1..=MOST).contains(&job.taps())
        && !job.weights.packing.depthwise_by_channel()
        && job.fits(rows);
    let done = fast
        .then(|| Constants::of(&job.requant, job.output_bytes))
        .flatten()
        .and_then(|constants| match three::stride(job, rows) {
            Some(stride) => three::row(job, stride, rows, out, &constants),
            None => by_taps(job, rows, out, scratch, &constants),
        });
    if done.is_none() {
        scalar::depthwise(job, rows, out, scratch);
    }
}

/// A row pixel by pixel, of a job that fits; `None` if scratch has no room for a pixel.
fn by_taps(
    job: &Depthwise<'_>,
    rows: &[&[i8]],
    out: &mut [i8],
    scratch: &mut [i8],
    constants: &Constants,
) -> Option<()> {
    let outside = match job.outside {
        Some(pixel) => pixel,
        None => {
            let pixel = scratch.get_mut(..job.channels)?;
            pixel.fill(job.zero_point);
            pixel
        }
    };
    let bytes = job.channels.checked_mul(job.output_bytes.into())?;
    let mut places = [outside.as_ptr(); MOST];
    for (x, pixel) in out.chunks_exact_mut(bytes.max(1)).enumerate() {
        let left = x.wrapping_mul(job.stride);
        let mut next = places.iter_mut();
        for row in rows {
            for column in 0..job.kernel[1] {
                let at = left.wrapping_add(column.wrapping_mul(job.dilation));
                let at = at.checked_sub(job.pad_left).filter(|at| *at < job.width);
                let inside = at.and_then(|at| row.get(at.wrapping_mul(job.channels)..));
                let place = inside.filter(|pixel| pixel.len() >= job.channels);
                *next.next()? = place.unwrap_or(outside).as_ptr();
            }
        }
        let pixel = Pixel {
            places: places.as_ptr(),
            taps: job.taps(),
            weights: job.weights.values.as_ptr(),
            bias: job.requant.bias.as_ptr(),
            multipliers: job.requant.multipliers.as_ptr(),
            out: pixel.as_mut_ptr(),
            channels: job.channels,
            constants,
            kind: constants.kind(),
        };
        // SAFETY: from each of `taps` places on, `channels` bytes can be read: of the row, as was looked
        // at, or of `outside`, which has as many, since the job fits; so there are also `channels`
        // weights for each tap, and as many biases and multipliers. The pixel has `channels` elements.
        // There are eight channels at least, and a tap.
        unsafe { tidbit_taps(&pixel) };
    }
    Some(())
}
