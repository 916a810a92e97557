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
    for y in rows {
        let Some(io) = &mut bench.row(y) else {
            return None;
        };
        let mut under: [&[i8]; MAX_TAP_ROWS] = [&[]; MAX_TAP_ROWS];
        for (tap, place) in (0..params.kernel_h).zip(&mut under) {
            *place = window.row(&io.a, y, tap).unwrap_or_default();
        }
        let scratch = as_i8_mut(io.scratch);
        (site.kernels.depthwise)(&job, under.get(..kernel[0])?, io.out, scratch);
    }
    Some(())
}
