//! The window of an operator over its input: which pixels lie under it, and what stands outside.

use core::ops::Range;

use super::{copy, of_element};
use crate::arena::Rows;
use crate::blob::{ConvParams, OpRecord, TensorRecord};
use crate::kernels::{Element, Kernels, Lanes, Runs, Spread};

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

    /// Gathers what lies under the windows of `count` pixels from `x` on, into patches `pitch` bytes
    /// apart: tap after tap, `len` bytes from `first` each, `outside` where a tap lies outside
    /// the image.
    pub(crate) fn gather(
        &self,
        kernels: &Kernels,
        under: &Under<'_>,
        (x, count): (i32, usize),
        (first, len): (usize, usize),
        outside: &Outside<'_>,
        (pitch, patches): (usize, &mut [i8]),
    ) -> Option<()> {
        let span = len.wrapping_mul(usize::from(self.taps_w));
        let left = self.left(x);
        let whole = self.dilation_w == 1 && len == self.pixel_bytes;
        let inner = if whole { self.inner(left, count) } else { 0..0 };
        if span == 0 {
            return None;
        }
        for tap in 0..self.taps_h {
            let row = under.row(self, tap);
            let lines = patches.get_mut(span.wrapping_mul(tap.into())..)?;
            let inner = row.map_or(0..0, |_| inner.clone());
            if let (Some(row), false) = (row, inner.is_empty()) {
                let column = left.wrapping_add((inner.start as i32).wrapping_mul(self.stride_w));
                let runs = Runs {
                    count: inner.len(),
                    len: span,
                    step: len.wrapping_mul(self.stride_w as usize),
                    pitch,
                };
                let from = row.get((column as usize).wrapping_mul(len)..)?;
                (kernels.copy_runs)(
                    &runs,
                    from,
                    lines.get_mut(inner.start.wrapping_mul(pitch)..)?,
                );
            }
            for index in (0..inner.start).chain(inner.end..count) {
                let line = lines
                    .get_mut(index.wrapping_mul(pitch)..)?
                    .get_mut(..span)?;
                let left = left.wrapping_add((index as i32).wrapping_mul(self.stride_w));
                self.line(row, left, (first, len), outside, line)?;
            }
        }
        Some(())
    }

    /// Those of `count` windows that lie within the image from side to side, the first of which begins in
    /// column `left`.
    fn inner(&self, left: i32, count: usize) -> Range<usize> {
        let windows =
            |columns: i32| columns.checked_div(self.stride_w).unwrap_or(0).max(0) as usize;
        let behind = left.wrapping_add(i32::from(self.taps_w));
        let before = self.stride_w.wrapping_sub(1).wrapping_sub(left.min(0));
        let start = windows(before).min(count);
        let end = windows(self.width.wrapping_sub(behind).wrapping_add(self.stride_w));
        start..end.clamp(start, count)
    }

    /// One row of a window whose first column is `left`.
    fn line(
        &self,
        row: Option<&[i8]>,
        left: i32,
        (first, len): (usize, usize),
        outside: &Outside<'_>,
        line: &mut [i8],
    ) -> Option<()> {
        if row.is_none() && matches!(outside, Outside::ZeroPoint(..)) {
            return outside.fill(line, first);
        }
        for (tap, pixel) in (0..i32::from(self.taps_w)).zip(line.chunks_exact_mut(len.max(1))) {
            let column = left.wrapping_add(tap.wrapping_mul(self.dilation_w));
            match row.and_then(|row| self.pixel(row, column, first, len)) {
                Some(source) => copy(pixel, source)?,
                None => outside.fill(pixel, first)?,
            }
        }
        Some(())
    }

    /// The rows under the window of the pixels of output row `y`.
    pub(crate) fn under<'a>(&self, rows: &Rows<'a>, y: u16) -> Under<'a> {
        let mut first = [None; FEW];
        for (tap, place) in (0..self.taps_h).zip(&mut first) {
            *place = self.row(rows, y, tap);
        }
        Under {
            first,
            rows: *rows,
            y,
        }
    }

    /// The pixels of an output row of `width` pixels whose windows lie inside the image, as far as
    /// columns are concerned, in one piece; none if they do not lie in one piece, or if a patch has
    /// only `len` bytes of a pixel.
    pub(crate) fn inside(&self, width: usize, len: usize) -> Range<usize> {
        let stride = self.stride_w.max(1);
        let start = self.pad_left.wrapping_add(stride).wrapping_sub(1);
        let start = start.checked_div(stride).unwrap_or(0);
        let last = self.width.wrapping_add(self.pad_left);
        let last = last.wrapping_sub(i32::from(self.taps_w));
        if last < 0 || self.dilation_w != 1 || len != self.pixel_bytes {
            return 0..0;
        }
        let end = last.checked_div(stride).unwrap_or(0).wrapping_add(1);
        start as usize..width.min(end as usize)
    }

    /// As [`gather`](Self::gather), for all patches of `all` side by side, of which the first is that
    /// of pixel `x`.
    pub(crate) fn spread(
        &self,
        under: &Under<'_>,
        x: i32,
        (first, len): (usize, usize),
        outside: &Outside<'_>,
        (lanes, all): (&Lanes, &Spread),
        to: &mut [i8],
    ) -> Option<()> {
        let left = self.left(x);
        let right =
            left.wrapping_add((all.count.wrapping_sub(1) as i32).wrapping_mul(self.stride_w));
        let taps = i32::from(self.taps_w);
        // Taps that lie within the image in all patches, where these are the bytes of whole pixels.
        let whole = if self.dilation_w == 1 && len == self.pixel_bytes {
            0i32.wrapping_sub(left).max(0)..self.width.wrapping_sub(right).min(taps)
        } else {
            taps..taps
        };
        let elements = len.checked_div(all.bytes.into())?;
        let step = (self.stride_w as usize).wrapping_mul(self.pixel_bytes);
        let mut element = 0usize;
        for tap in 0..self.taps_h {
            let row = under.row(self, tap);
            let mut tap = 0;
            while tap < taps {
                let column = left.wrapping_add(tap.wrapping_mul(self.dilation_w));
                if let (Some(row), true) = (row, tap == whole.start && !whole.is_empty()) {
                    let from = row.get((column as usize).wrapping_mul(len)..)?;
                    let count = whole.end.wrapping_sub(tap);
                    let len = elements.wrapping_mul(count as usize);
                    let line = Spread {
                        element,
                        len,
                        step,
                        ..*all
                    };
                    (lanes.spread)(&line, from, to);
                    element = element.wrapping_add(len);
                    tap = whole.end;
                    continue;
                }
                let pixel = Spread {
                    element,
                    len: elements,
                    ..*all
                };
                if row.is_none() {
                    outside.spread(first, (lanes, &pixel), to)?;
                } else {
                    self.each_lane(row, column, (first, len), outside, (lanes, &pixel), to)?;
                }
                element = element.wrapping_add(elements);
                tap = tap.wrapping_add(1);
            }
        }
        Some(())
    }

    /// A tap, of which `column` is the one of the first lane, lane by lane.
    fn each_lane(
        &self,
        row: Option<&[i8]>,
        column: i32,
        (first, len): (usize, usize),
        outside: &Outside<'_>,
        (lanes, all): (&Lanes, &Spread),
        to: &mut [i8],
    ) -> Option<()> {
        let mut column = column;
        for lane in 0..all.count {
            let pixel = Spread {
                first: lane,
                count: 1,
                ..*all
            };
            match row.and_then(|row| self.pixel(row, column, first, len)) {
                Some(source) => (lanes.spread)(&pixel, source, to),
                None => outside.spread(first, (lanes, &pixel), to)?,
            }
            column = column.wrapping_add(self.stride_w);
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

/// Rows that are found once for all pixels of an output row; of higher windows, the others are found
/// for each.
const FEW: usize = 8;

/// The rows under a window.
pub(crate) struct Under<'a> {
    first: [Option<&'a [i8]>; FEW],
    rows: Rows<'a>,
    y: u16,
}

impl<'a> Under<'a> {
    /// The row under tap row `tap`; `None` if it is padding.
    fn row(&self, window: &Window, tap: u16) -> Option<&'a [i8]> {
        match self.first.get(usize::from(tap)) {
            Some(row) => *row,
            None => window.row(&self.rows, self.y, tap),
        }
    }

    /// All rows, from the first column under the window of pixel `x` on,
    /// one for each row of taps; `None` if one is padding, or there are more than a few.
    pub(crate) fn from_pixel(&self, window: &Window, x: usize) -> Option<[&'a [i8]; FEW]> {
        let start = window.left(x as i32).max(0) as usize;
        let start = start.wrapping_mul(window.pixel_bytes);
        let mut rows: [&[i8]; FEW] = [&[]; FEW];
        let few = self.first.get(..usize::from(window.taps_h))?;
        for (row, place) in few.iter().zip(&mut rows) {
            *place = (*row)?.get(start..)?;
        }
        Some(rows)
    }
}

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
    pub(crate) fn of_conv(site: &super::Site<'a>, params: &ConvParams) -> Option<Self> {
        if params.pad_pixel == 0 {
            let input = &site.input;
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
    fn spread(&self, first: usize, (lanes, pixel): (&Lanes, &Spread), to: &mut [i8]) -> Option<()> {
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

    fn fill(&self, pixel: &mut [i8], first: usize) -> Option<()> {
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
pub(crate) fn zeros(pixel: &mut [i8], zero_point: i8, element_bytes: u8) {
    of_element!(element_bytes, A => {
        A::view_mut(pixel).fill(A::of(i32::from(zero_point)));
    });
}
