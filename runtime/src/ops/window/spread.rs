//! Patches side by side in lanes: which rows lie under a window, what of them lies inside the image in
//! all patches and is spread at once, and what is taken pixel by pixel.

use core::ops::Range;

use super::{Outside, Window};
use crate::arena::Rows;
use crate::kernels::{Lanes, Spread};

/// Rows that are found once for all pixels of an output row; of higher windows, the others are found
/// for each.
pub(crate) const FEW: usize = 8;

/// The rows under a window.
pub(crate) struct Under<'a> {
    first: [Option<&'a [i8]>; FEW],
    rows: Rows<'a>,
    y: u16,
}

impl<'a> Under<'a> {
    /// The row under tap row `tap`; `None` if it is padding.
    pub(super) fn row(&self, window: &Window, tap: u16) -> Option<&'a [i8]> {
        match self.first.get(usize::from(tap)) {
            Some(row) => *row,
            None => window.row(&self.rows, self.y, tap),
        }
    }

    /// Puts all rows, from the first column under the window of pixel `x` on, into `rows`, one for
    /// each row of taps; `None` if one is padding, or there are more than a few.
    pub(crate) fn all_from<'r>(
        &self,
        window: &Window,
        x: usize,
        rows: &'r mut [&'a [i8]; FEW],
    ) -> Option<&'r [&'a [i8]]> {
        let start = window.left(x as i32).max(0) as usize;
        let start = start.wrapping_mul(window.pixel_bytes);
        let rows = rows.get_mut(..usize::from(window.taps_h))?;
        for (row, place) in self.first.iter().zip(rows.iter_mut()) {
            *place = (*row)?.get(start..)?;
        }
        Some(rows)
    }
}

impl Window {
    /// The rows under the window of the pixels of output row `y`.
    pub(crate) fn under<'a>(&self, rows: &Rows<'a>, y: u16) -> Under<'a> {
        let mut under = Under {
            first: [None; FEW],
            rows: *rows,
            y,
        };
        for (tap, place) in (0..self.taps_h).zip(&mut under.first) {
            *place = self.row(rows, y, tap);
        }
        under
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
                match row {
                    Some(row) => {
                        self.each_lane(row, column, first, outside, (lanes, &pixel), to)?;
                    }
                    None => outside.spread(first, (lanes, &pixel), to)?,
                }
                element = element.wrapping_add(elements);
                tap = tap.wrapping_add(1);
            }
        }
        Some(())
    }

    /// A tap, of which `column` is the one of the first lane: the lanes left of the image, those in
    /// it, and those right of it.
    fn each_lane(
        &self,
        row: &[i8],
        column: i32,
        first: usize,
        outside: &Outside<'_>,
        (lanes, all): (&Lanes, &Spread),
        to: &mut [i8],
    ) -> Option<()> {
        let stride = self.stride_w.max(1);
        let before = |column: i32, end: i32| {
            // Lanes whose column lies before `end`.
            let columns = end.wrapping_sub(column).max(0) as usize;
            columns.div_ceil(stride as usize).min(all.count)
        };
        let (left, inside) = (before(column, 0), before(column, self.width));
        let part = |range: Range<usize>, step: usize| Spread {
            first: range.start,
            count: range.len(),
            step,
            ..*all
        };
        if left > 0 {
            outside.spread(first, (lanes, &part(0..left, 0)), to)?;
        }
        if left < inside {
            let column = column.wrapping_add((left as i32).wrapping_mul(self.stride_w));
            let step = (stride as usize).wrapping_mul(self.pixel_bytes);
            let from = (column as usize).wrapping_mul(self.pixel_bytes);
            let from = row.get(from.wrapping_add(first)..)?;
            (lanes.spread)(&part(left..inside, step), from, to);
        }
        if inside < all.count {
            outside.spread(first, (lanes, &part(inside..all.count, 0)), to)?;
        }
        Some(())
    }
}
