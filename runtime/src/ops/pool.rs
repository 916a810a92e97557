//! Average, maximum and minimum over a window; global pooling is a window as large as the image.

use core::ops::Range;

use super::window::Window;
use super::{Site, copy};
use crate::arena::Bench;
use crate::blob::PoolParams;
use crate::kernels::{Average, Element, Kernels, average as requantize_sums, clamp_to, sum_into};

#[inline(never)]
pub(crate) fn average(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: PoolParams = site.model.data.params(site.op)?;
    let channels = usize::from(site.output.channels);
    let window = Window::of_pool(site.op, &params, site.input);
    for y in rows {
        let Some(io) = &mut bench.row(y) else {
            return None;
        };
        let bytes = io.scratch.get_mut(..channels.wrapping_mul(4))?;
        let sums = bytes.as_chunks_mut::<4>().0;
        let pixels = io.out.chunks_exact_mut(site.output.pixel_bytes().max(1));
        for (x, out) in (0..).zip(pixels) {
            sums.fill([0; 4]);
            let mut seen = 0usize;
            window.each(&io.a, (y, x), &mut |pixel| {
                sum(site.kernels, sums, pixel, site.input.element_bytes);
                seen = seen.wrapping_add(1);
            });
            let by = average_of(site, &params, seen)?;
            if site.output.element_bytes == 1 {
                (site.kernels.average)(sums, &by, out);
            } else {
                requantize_sums(sums, &by, <[u8; 2]>::view_mut(out));
            }
        }
    }
    Some(())
}

/// How the sum of `seen` elements becomes their average.
pub(super) fn average_of(site: &Site<'_>, params: &PoolParams, seen: usize) -> Option<Average> {
    let taps = usize::from(params.kernel_h).wrapping_mul(usize::from(params.kernel_w));
    let count = if params.by_count == 1 { taps } else { 1 };
    let multipliers = site.model.data.words(params.multipliers, count)?;
    let entry = if count == 1 {
        0
    } else {
        seen.saturating_sub(1)
    };
    Some(Average {
        offset: (seen as i32).wrapping_mul(i32::from(site.input.zero_point)),
        multiplier: i32::from_le_bytes(*multipliers.get(entry)?),
        shift: params.shift,
        zero_point: site.output.zero_point,
        lo: params.lo,
        hi: params.hi,
    })
}

/// The maximum or the minimum; `keep` takes a pixel into what it has seen.
#[inline(never)]
pub(crate) fn extreme(
    site: &Site<'_>,
    bench: &mut Bench<'_>,
    rows: Range<u16>,
    keep: fn(&mut [i8], &[i8]),
) -> Option<()> {
    let params: PoolParams = site.model.data.params(site.op)?;
    let window = Window::of_pool(site.op, &params, site.input);
    for y in rows {
        let Some(io) = &mut bench.row(y) else {
            return None;
        };
        let pixels = io.out.chunks_exact_mut(site.output.pixel_bytes().max(1));
        for (x, out) in (0..).zip(pixels) {
            let mut first = true;
            window.each(&io.a, (y, x), &mut |pixel| {
                if first && copy(out, pixel).is_some() {
                    first = false;
                }
                keep(out, pixel);
            });
            if first {
                out.fill(site.input.zero_point);
            }
            clamp_to(out, params.lo, params.hi);
        }
    }
    Some(())
}

/// Adds a pixel of elements of so many bytes to sums.
#[inline(never)]
pub(super) fn sum(kernels: &Kernels, sums: &mut [[u8; 4]], pixel: &[i8], element_bytes: u8) {
    if element_bytes == 1 {
        (kernels.sum_into)(sums, pixel);
    } else {
        sum_into(sums, <[u8; 2]>::view(pixel));
    }
}
