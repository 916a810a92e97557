//! The window of an operator over its input: which pixels lie under it, and what stands outside.

use core::ops::Range;

use super::{copy, of_element};
use crate::arena::Rows;
use crate::blob::{ConvParams, OpRecord, TensorRecord};
use crate::kernels::Element;

/// A window of taps that moves over the input, in steps of its stride.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    taps_h: u16,
    taps_w: u16,
    dilation_h: i32,
    dilation_w: i32,
    stride_h: i32,
    stride_w: i32,
    pad_top: i32,
    pad_left: i32,
    width: i32,
    pixel_bytes: usize,
}

impl Window {
    /// The window of a convolution.
    pub(crate) fn of_conv(op: &OpRecord, params: &ConvParams, input: &TensorRecord) -> Self {
        Self {
            taps_h: params.kernel_h,
            taps_w: params.kernel_w,
            dilation_h: i32::from(params.dilation_h),
            dilation_w: i32::from(params.dilation_w),
            ..Self::new(op, params.stride_w, params.pad_left, input)
        }
    }

    /// The window of a pool.
    pub(crate) fn of_pool(
        op: &OpRecord,
        params: &crate::blob::PoolParams,
        input: &TensorRecord,
    ) -> Self {
        Self {
            taps_h: params.kernel_h,
            taps_w: params.kernel_w,
            ..Self::new(op, params.stride_w, params.pad_left, input)
        }
    }

    fn new(op: &OpRecord, stride_w: u16, pad_left: u16, input: &TensorRecord) -> Self {
        Self {
            taps_h: 1,
            taps_w: 1,
            dilation_h: 1,
            dilation_w: 1,
            stride_h: i32::from(op.stride_rows),
            stride_w: i32::from(stride_w),
            pad_top: i32::from(op.pad_top),
            pad_left: i32::from(pad_left),
            width: i32::from(input.width),
            pixel_bytes: input.pixel_bytes(),
        }
    }

    /// The input's row under tap row `tap` of output row `y`; `None` if it is padding.
    pub(crate) fn row<'a>(&self, rows: &Rows<'a>, y: u16, tap: u16) -> Option<&'a [i8]> {
        let top = i32::from(y)
            .wrapping_mul(self.stride_h)
            .wrapping_sub(self.pad_top);
        rows.get(top.wrapping_add(i32::from(tap).wrapping_mul(self.dilation_h)))
    }

    /// First column under the window of output pixel `x`.
    fn left(&self, x: i32) -> i32 {
        x.wrapping_mul(self.stride_w).wrapping_sub(self.pad_left)
    }

    /// `len` bytes from `first` of the pixel in column `column`; `None` if it is padding.
    fn pixel<'a>(&self, row: &'a [i8], column: i32, first: usize, len: usize) -> Option<&'a [i8]> {
        if column < 0 || column >= self.width {
            return None;
        }
        let start = (column as usize)
            .wrapping_mul(self.pixel_bytes)
            .wrapping_add(first);
        row.get(start..start.wrapping_add(len))
    }

    /// Gathers what lies under the windows of the pixels `tile` of row `y` into patches `pitch` bytes apart:
    /// tap after tap, `len` bytes from `first` each, `outside` where a tap lies outside the image.
    pub(crate) fn gather(
        &self,
        rows: &Rows<'_>,
        (y, tile): (u16, Range<usize>),
        (first, len): (usize, usize),
        outside: &Outside<'_>,
        (pitch, patches): (usize, &mut [i8]),
    ) -> Option<()> {
        let span = len.wrapping_mul(usize::from(self.taps_w));
        if span == 0 {
            return None;
        }
        let within = self.within(&tile).filter(|_| self.is_contiguous(len));
        let none = tile.start..tile.start;
        let within = within.unwrap_or(none.clone());
        let left = self.left(within.start as i32) as usize;
        let step = (self.stride_w as usize).wrapping_mul(len);
        for tap in 0..self.taps_h {
            let row = self.row(rows, y, tap);
            let lines = patches.get_mut(usize::from(tap).wrapping_mul(span)..)?;
            let place = |x: usize| x.wrapping_sub(tile.start).wrapping_mul(pitch);
            let whole = if row.is_some() {
                within.clone()
            } else {
                none.clone()
            };
            if let Some(row) = row.filter(|_| !whole.is_empty()) {
                let from = (row.get(left.wrapping_mul(len)..)?, step);
                let to = (lines.get_mut(place(whole.start)..)?, pitch);
                copy_lines(from, to, span, whole.len())?;
            }
            for x in (tile.start..whole.start).chain(whole.end..tile.end) {
                let line = lines.get_mut(place(x)..)?.get_mut(..span)?;
                self.gather_line(row, x, (first, len), outside, line)?;
            }
        }
        Some(())
    }

    /// Whether pixels of `len` bytes under the window lie one behind the other.
    fn is_contiguous(&self, len: usize) -> bool {
        self.dilation_w == 1 && len == self.pixel_bytes
    }

    /// The pixels of a tile whose windows lie within the columns of the image.
    fn within(&self, tile: &Range<usize>) -> Option<Range<usize>> {
        let start = tile.clone().find(|x| self.left(*x as i32) >= 0)?;
        let inside =
            |x: &usize| self.left(*x as i32).wrapping_add(self.taps_w.into()) <= self.width;
        let end = tile.clone().rev().find(inside)?.checked_add(1)?;
        (start < end).then_some(start..end)
    }

    /// Gathers what lies under one row of the window of a pixel in column `x`.
    fn gather_line(
        &self,
        row: Option<&[i8]>,
        x: usize,
        (first, len): (usize, usize),
        outside: &Outside<'_>,
        line: &mut [i8],
    ) -> Option<()> {
        let (left, taps_w) = (self.left(x as i32), i32::from(self.taps_w));
        let Some(row) = row else {
            return outside.fill(line, (first, len));
        };
        if self.is_contiguous(len) {
            // Padding, pixels and padding, any of them none.
            let bytes = |taps: i32| (taps.clamp(0, taps_w) as usize).wrapping_mul(len);
            let start = bytes(left.wrapping_neg());
            let end = bytes(self.width.wrapping_sub(left)).max(start);
            outside.fill(line.get_mut(..start)?, (first, len))?;
            outside.fill(line.get_mut(end..)?, (first, len))?;
            let from = (left.max(0) as usize).wrapping_mul(len);
            let pixels = row.get(from..).unwrap_or_default();
            let count = end.wrapping_sub(start);
            return copy(line.get_mut(start..end)?, pixels.get(..count)?);
        }
        for (tap, pixel) in (0..taps_w).zip(line.chunks_exact_mut(len.max(1))) {
            let column = left.wrapping_add(tap.wrapping_mul(self.dilation_w));
            match self.pixel(row, column, first, len) {
                Some(source) => copy(pixel, source)?,
                None => outside.fill(pixel, (first, len))?,
            }
        }
        Some(())
    }

    /// Calls `visit` with every pixel of the input under the window of pixel (`y`, `x`).
    pub(crate) fn each(&self, rows: &Rows<'_>, (y, x): (u16, i32), mut visit: impl FnMut(&[i8])) {
        for row in (0..self.taps_h).filter_map(|tap| self.row(rows, y, tap)) {
            self.columns(row, x, &mut visit);
        }
    }

    /// Calls `visit` with every pixel of a row of the input under the window of column `x`.
    pub(crate) fn columns(&self, row: &[i8], x: i32, mut visit: impl FnMut(&[i8])) {
        let left = self.left(x);
        for tap in 0..i32::from(self.taps_w) {
            if let Some(pixel) = self.pixel(row, left.wrapping_add(tap), 0, self.pixel_bytes) {
                visit(pixel);
            }
        }
    }
}

/// Copies `count` lines of `span` bytes, `step` and `pitch` bytes apart. Three pixels of three colours,
/// the lines of most first layers, are two overlapping copies of a size that the compiler knows.
#[inline(never)]
fn copy_lines(
    (mut from, step): (&[i8], usize),
    (to, pitch): (&mut [i8], usize),
    span: usize,
    count: usize,
) -> Option<()> {
    for line in to.chunks_mut(pitch.max(1)).take(count) {
        let (line, source) = (line.get_mut(..span)?, from.get(..span)?);
        if (8..=16).contains(&span) {
            *line.first_chunk_mut::<8>()? = *source.first_chunk()?;
            *line.last_chunk_mut::<8>()? = *source.last_chunk()?;
        } else {
            copy(line, source)?;
        }
        from = from.get(step..).unwrap_or_default();
    }
    Some(())
}

/// What stands outside the image.
pub(crate) enum Outside<'a> {
    /// The zero point, in every channel, of elements of so many bytes.
    ZeroPoint(i8, u8),
    /// A pixel of its own, for an input whose zero differs from channel to channel.
    Pixel(&'a [i8]),
}

impl<'a> Outside<'a> {
    /// What a convolution sees outside its input.
    pub(crate) fn of_conv(site: &super::Site<'a>, params: &ConvParams) -> Option<Self> {
        if params.pad_pixel == 0 {
            let input = &site.input;
            return Some(Self::ZeroPoint(input.zero_point, input.element_bytes));
        }
        let channels = usize::from(site.input.channels);
        site.model
            .data
            .i8s(params.pad_pixel, channels)
            .map(Self::Pixel)
    }

    /// Fills pixels, of which `len` bytes from `first` on are wanted.
    fn fill(&self, pixels: &mut [i8], (first, len): (usize, usize)) -> Option<()> {
        match self {
            Self::ZeroPoint(zero, bytes) => zeros(pixels, *zero, *bytes),
            Self::Pixel(outside) => {
                let outside = outside.get(first..first.wrapping_add(len))?;
                for pixel in pixels.chunks_exact_mut(len.max(1)) {
                    copy(pixel, outside)?;
                }
            }
        }
        Some(())
    }
}

/// Fills a row or a pixel with the element that stands for 0.
#[inline(never)]
pub(crate) fn zeros(pixel: &mut [i8], zero_point: i8, element_bytes: u8) {
    of_element!(element_bytes, A => {
        A::view_mut(pixel).fill(A::of(i32::from(zero_point)));
    });
}
