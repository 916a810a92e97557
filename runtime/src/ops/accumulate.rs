//! Pools whose window is as high as the input, taken row by row: global pooling, mostly.
//!
//! The rows of the input need not be there at the same time. What was seen so far stays in the
//! place of the output's only row: the greatest (or least) of each element, or, for an average, sums of 32
//! bits, of which the averages are made in place once the last row was seen.

use core::ops::Range;

use super::pool::sum;
use super::window::Window;
use super::{Site, of_element};
use crate::arena::{Bench, RowIo};
use crate::blob::{OpKind, PoolParams};
use crate::kernels::bytes::as_u8_mut;
use crate::kernels::{average_in_place, clamp_to};

/// A function of its own, so that other operators do not pay for its stack.
#[inline(never)]
pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: PoolParams = site.model.data.params(site.op)?;
    let window = Window::of_pool(site.op, &params, site.input);
    let channels = usize::from(site.output.channels).max(1);
    let kind = OpKind::from_byte(site.op.kind)?;
    let average = kind == OpKind::AveragePool;
    let nothing = match kind {
        OpKind::AveragePool => 0,
        OpKind::MinPool => i8::MAX,
        _ => i8::MIN,
    };
    let size = site.input.element_bytes;
    for y in rows {
        let Some(io) = &mut bench.row(0) else {
            return None;
        };
        if y == 0 {
            io.out.fill(nothing);
        }
        let row = io.a.get(i32::from(y))?;
        if average {
            let sums = as_u8_mut(io.out).as_chunks_mut::<4>().0;
            for (x, sums) in (0..).zip(sums.chunks_exact_mut(channels)) {
                window.columns(row, x, &mut |pixel| sum(site.kernels, sums, pixel, size));
            }
        } else {
            let keep: fn(&mut [i8], &[i8]) = if kind == OpKind::MinPool {
                site.kernels.min_into
            } else {
                site.kernels.max_into
            };
            for (x, best) in (0..).zip(io.out.chunks_exact_mut(channels)) {
                window.columns(row, x, &mut |pixel| keep(best, pixel));
            }
        }
        if y.checked_add(1)? == site.input.height {
            if average {
                finish_average(site, &params, &window, io)?;
            } else {
                finish_extreme(site, &params, &window, io)?;
            }
        }
    }
    Some(())
}

/// Makes the averages of the sums, pixel by pixel; a pixel of averages ends before its sums do.
fn finish_average(
    site: &Site<'_>,
    params: &PoolParams,
    window: &Window,
    io: &mut RowIo<'_>,
) -> Option<()> {
    let channels = usize::from(site.output.channels);
    for x in 0..site.output.width {
        let seen = window
            .seen(x.into())
            .wrapping_mul(usize::from(site.input.height));
        let by = super::pool::average_of(site, params, seen)?;
        let first = usize::from(x).wrapping_mul(channels);
        of_element!(site.output.element_bytes, Q => {
            average_in_place::<Q>(io.out, first, channels, &by);
        });
    }
    Some(())
}

/// Clamps; a pixel without any element is the zero point.
fn finish_extreme(
    site: &Site<'_>,
    params: &PoolParams,
    window: &Window,
    io: &mut RowIo<'_>,
) -> Option<()> {
    let channels = usize::from(site.output.channels).max(1);
    let pixels = io.out.chunks_exact_mut(channels);
    for (x, out) in (0..).zip(pixels) {
        if window.seen(x) == 0 {
            out.fill(site.input.zero_point);
        }
        clamp_to(out, params.lo, params.hi);
    }
    Some(())
}
