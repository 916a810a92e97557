//! Depthwise convolution, with a channel multiplier: the rows under the window, straight from the ring.

use core::ops::Range;

use super::Site;
use super::conv::requant;
use super::window::Window;
use crate::arena::Bench;
use crate::blob::ConvParams;
use crate::kernels::bytes::as_i8_mut;
use crate::kernels::{Depthwise, MAX_TAP_ROWS, Weights};

#[inline(never)]
pub(crate) fn run(site: &Site<'_>, bench: &mut Bench<'_>, rows: Range<u16>) -> Option<()> {
    let params: ConvParams = site.model.data.params(site.op)?;
    let outputs = usize::from(site.output.channels);
    let channels = usize::from(site.input.channels);
    let kernel = [usize::from(params.kernel_h), usize::from(params.kernel_w)];
    let taps = kernel[0].wrapping_mul(kernel[1]);
    let data = &site.model.data;
    let outside = match params.pad_pixel {
        0 => None,
        offset => Some(data.i8s(offset, channels)?),
    };
    let job = Depthwise {
        channels,
        multiplier: outputs.checked_div(channels)?,
        kernel,
        stride: usize::from(params.stride_w),
        dilation: usize::from(params.dilation_w),
        pad_left: usize::from(params.pad_left),
        width: usize::from(site.input.width),
        input_bytes: site.input.element_bytes,
        output_bytes: site.output.element_bytes,
        weights: Weights {
            values: data.i8s(params.weights, taps.wrapping_mul(outputs))?,
            packing: params.order()?,
        },
        requant: requant(site, &params)?,
        outside,
        zero_point: site.input.zero_point,
    };
    let window = Window::of_conv(site.op, &params, site.input);
    // Most rows of which all windows are known at once; a dilation leaves gaps between the rows of each.
    let most = match params.dilation_h {
        1 => further_rows(kernel[0], site.op.stride_rows).saturating_add(1),
        _ => 1,
    };
    let mut y = rows.start;
    while y < rows.end {
        let last = rows.end.min(y.saturating_add(most));
        let mut count = bench.run_out(y..last)?;
        while some_rows(site, &job, &window, bench, (y, count)).is_none() {
            // One of these rows lies on a row that a window sees, which a row by itself does not.
            count = (count > 1).then_some(count / 2)?;
        }
        y = y.checked_add(count)?;
    }
    Some(())
}

/// How often the window can move before it sees more rows than a kernel has at most.
fn further_rows(kernel_rows: usize, stride: u16) -> u16 {
    let more = MAX_TAP_ROWS.saturating_sub(kernel_rows) as u16;
    more.checked_div(stride).unwrap_or(0)
}

/// Rows that lie one behind the other; `None` if one of them lies on a row that a window sees.
fn some_rows(
    site: &Site<'_>,
    job: &Depthwise<'_>,
    window: &Window,
    bench: &mut Bench<'_>,
    (y, count): (u16, u16),
) -> Option<()> {
    let io = bench.rows(y, count)?;
    let stride = usize::from(site.op.stride_rows);
    let further = usize::from(count.checked_sub(1)?).wrapping_mul(stride);
    let mut under: [&[i8]; MAX_TAP_ROWS] = [&[]; MAX_TAP_ROWS];
    let under = under.get_mut(..further.wrapping_add(job.kernel[0]))?;
    window.rows(&io.a, y, under)?;
    let scratch = as_i8_mut(io.scratch);
    site.kernels
        .depthwise_rows(job, stride, under, io.out, scratch);
    Some(())
}
