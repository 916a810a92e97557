//! Pools whose window is as high as the input, taken row by row: global pooling, mostly.
//!
//! The rows of the input need not be there at the same time. What was seen so far stays in the
//! place of the output's only row: the greatest of each element, or, for an average, sums of 32
//! bits, of which the averages are made in place once the last row was seen.

use core::ops::Range;

use super::pool::{bound, greatest, sum};
use super::window::{Window, zeros};
use super::{Site, of_element};
use crate::arena::{Bench, RowIo};
use crate::blob::{OpKind, PoolParams};
use crate::kernels::bytes::as_u8_mut;
use crate::kernels::{Element, average_in_place};

pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: PoolParams = site.model.data.params(&site.op)?;
    let window = Window::of_pool(&site.op, &params, &site.input);
    let channels = usize::from(site.output.channels).max(1);
    let average = site.op.kind == OpKind::AveragePool.byte();
    let size = site.input.element_bytes;
    let pixel_bytes = site.output.pixel_bytes().max(1);
    for y in rows {
        let io = bench.row(0)?;
        if y == 0 {
            if average {
                io.out.fill(0);
            } else {
                of_element!(size, A => A::view_mut(io.out).fill(A::MIN));
            }
        }
        let row = io.a.get(i32::from(y))?;
        if average {
            let sums = as_u8_mut(io.out).as_chunks_mut::<4>().0;
            for (x, sums) in (0..).zip(sums.chunks_exact_mut(channels)) {
                window.columns(row, x, |pixel| sum(sums, pixel, size));
            }
        } else {
            for (x, best) in (0..).zip(io.out.chunks_exact_mut(pixel_bytes)) {
                window.columns(row, x, |pixel| greatest(best, pixel, size));
            }
        }
        if y.checked_add(1)? == site.input.height {
            if average {
                finish_average(site, &params, &window, io)?;
            } else {
                finish_max(site, &params, &window, io)?;
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
    io: RowIo<'_>,
) -> Option<()> {
    let channels = usize::from(site.output.channels);
    let row = io.a.get(i32::from(site.input.height).wrapping_sub(1))?;
    for x in 0..site.output.width {
        let mut columns = 0usize;
        window.columns(row, i32::from(x), |_| columns = columns.wrapping_add(1));
        let seen = columns.wrapping_mul(usize::from(site.input.height));
        let by = super::pool::average_of(site, params, seen)?;
        let first = usize::from(x).wrapping_mul(channels);
        of_element!(site.output.element_bytes, Q => {
            average_in_place::<Q>(io.out, first, channels, &by);
        });
    }
    Some(())
}

/// Clamps; a pixel without any element is the zero point.
fn finish_max(site: &Site<'_>, params: &PoolParams, window: &Window, io: RowIo<'_>) -> Option<()> {
    let size = site.output.element_bytes;
    let row = io.a.get(i32::from(site.input.height).wrapping_sub(1))?;
    let pixels = io.out.chunks_exact_mut(site.output.pixel_bytes().max(1));
    for (x, out) in (0..).zip(pixels) {
        let mut any = false;
        window.columns(row, x, |_| any = true);
        if !any {
            zeros(out, site.input.zero_point, size);
        }
        bound(out, params, size);
    }
    Some(())
}
