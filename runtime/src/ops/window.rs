//! The window of an operator over its input: which pixels lie under it, and what stands outside.

mod outside;
mod spread;

use core::ops::Range;

use super::copy;
use crate::arena::Rows;
use crate::blob::{ConvParams, OpRecord, TensorRecord};
use crate::kernels::{Kernels, Runs};

pub(crate) use outside::Outside;
pub(crate) use spread::{FEW, Under};

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
        rows.get(self.place(y, tap))
    }

    /// Where tap row `tap` of output row `y` lies in the input.
    fn place(&self, y: u16, tap: u16) -> i32 {
        let top = i32::from(y)
            .wrapping_mul(self.stride_h)
            .wrapping_sub(self.pad_top);
        top.wrapping_add(i32::from(tap).wrapping_mul(self.dilation_h))
    }

    /// The input's rows under the windows of output row `y` and those below it, from the first one's first
    /// tap on, each once; padding has no byte. `None` if an output row lies on one of them.
    pub(crate) fn rows<'a>(&self, rows: &Rows<'a>, y: u16, under: &mut [&'a [i8]]) -> Option<()> {
        for (tap, place) in (0..).zip(under) {
            let y = self.place(y, tap);
            *place = match rows.get(y) {
                None if !rows.lacks(y) => return None,
                row => row.unwrap_or_default(),
            };
        }
        Some(())
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

    /// Calls `visit` with every pixel of the input under the window of pixel (`y`, `x`).
    pub(crate) fn each(&self, rows: &Rows<'_>, (y, x): (u16, i32), visit: &mut dyn FnMut(&[i8])) {
        for row in (0..self.taps_h).filter_map(|tap| self.row(rows, y, tap)) {
            self.columns(row, x, visit);
        }
    }

    /// Calls `visit` with every pixel of a row of the input under the window of column `x`.
    pub(crate) fn columns(&self, row: &[i8], x: i32, visit: &mut dyn FnMut(&[i8])) {
        let left = self.left(x);
        for tap in 0..i32::from(self.taps_w) {
            if let Some(pixel) = self.pixel(row, left.wrapping_add(tap), 0, self.pixel_bytes) {
                visit(pixel);
            }
        }
    }

    /// How many columns of the input the window of column `x` lies over.
    pub(crate) fn seen(&self, x: i32) -> usize {
        let left = self.left(x);
        let right = left.wrapping_add(i32::from(self.taps_w)).min(self.width);
        right.wrapping_sub(left.max(0)).max(0) as usize
    }
}
