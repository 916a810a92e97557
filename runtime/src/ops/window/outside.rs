//! What stands outside the image, as far as a window reaches beyond it.

use crate::blob::ConvParams;
use crate::kernels::{Element, Lanes, Spread};
use crate::ops::{Site, copy, of_element};

/// Bytes of padding that are at hand.
const SOME: usize = 32;

/// What stands outside the image.
pub(crate) enum Outside<'a> {
    /// The zero point, in every channel, of elements of so many bytes; and some of these.
    ZeroPoint(i8, u8, [i8; SOME]),
    /// A pixel of its own, for an input whose zero differs from channel to channel.
    Pixel(&'a [i8]),
}

impl<'a> Outside<'a> {
    /// What a convolution sees outside its input.
    pub(crate) fn of_conv(site: &Site<'a>, params: &ConvParams) -> Option<Self> {
        if params.pad_pixel == 0 {
            let input = site.input;
            let (zero, bytes) = (input.zero_point, input.element_bytes);
            let mut some = [0; SOME];
            zeros(&mut some, zero, bytes);
            return Some(Self::ZeroPoint(zero, bytes, some));
        }
        let channels = usize::from(site.input.channels);
        site.model
            .data
            .i8s(params.pad_pixel, channels)
            .map(Self::Pixel)
    }

    /// As [`fill`](Self::fill), for a pixel in lanes.
    pub(super) fn spread(
        &self,
        first: usize,
        (lanes, pixel): (&Lanes, &Spread),
        to: &mut [i8],
    ) -> Option<()> {
        match self {
            Self::ZeroPoint(_, bytes, some) => {
                let most = SOME.checked_div(usize::from(*bytes))?;
                let end = pixel.element.checked_add(pixel.len)?;
                for element in (pixel.element..end).step_by(most.max(1)) {
                    let len = most.min(end.wrapping_sub(element));
                    let part = Spread {
                        element,
                        len,
                        ..*pixel
                    };
                    (lanes.spread)(&part, some, to);
                }
            }
            Self::Pixel(outside) => (lanes.spread)(pixel, outside.get(first..)?, to),
        }
        Some(())
    }

    pub(super) fn fill(&self, pixel: &mut [i8], first: usize) -> Option<()> {
        match self {
            Self::ZeroPoint(zero, bytes, _) => zeros(pixel, *zero, *bytes),
            Self::Pixel(outside) => {
                copy(pixel, outside.get(first..first.wrapping_add(pixel.len()))?)?;
            }
        }
        Some(())
    }
}

/// Fills a row or a pixel with the element that stands for 0.
#[inline(never)]
fn zeros(pixel: &mut [i8], zero_point: i8, element_bytes: u8) {
    of_element!(element_bytes, A => {
        A::view_mut(pixel).fill(A::of(i32::from(zero_point)));
    });
}
