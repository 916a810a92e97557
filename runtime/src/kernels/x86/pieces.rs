//! What depthwise convolutions of all vector lengths see: the rows under their windows, and pieces of a row
//! side by side in a register, where there are few channels.

use crate::kernels::Depthwise;

/// A row under the window: where it begins, and how far its pixels are apart.
#[derive(Clone, Copy)]
pub struct Row {
    /// Its first pixel.
    pub at: *const i8,
    /// Bytes from a pixel to the next.
    pub step: usize,
}

/// The rows under all windows, and in `beyond`, of a byte for each channel, the pixel that stands outside the
/// image. A row outside the image is this one pixel, again and again; so are those that are not there.
///
/// The job fits the rows.
pub fn rows_under<const N: usize>(
    job: &Depthwise<'_>,
    rows: &[&[i8]],
    beyond: &mut [i8],
) -> [Row; N] {
    match job.outside {
        Some(pixel) if pixel.len() == beyond.len() => beyond.copy_from_slice(pixel),
        _ => beyond.fill(job.zero_point),
    }
    let (at, step) = (beyond.as_ptr(), 0);
    let mut under = [Row { at, step }; N];
    for (row, place) in rows.iter().zip(&mut under) {
        if !row.is_empty() {
            let (at, step) = (row.as_ptr(), job.channels);
            *place = Row { at, step };
        }
    }
    under
}

/// The output pixel of `columns` at which each of `P` pieces of `length` begins: the last ones overlap where the
/// row does not divide.
#[inline(always)]
pub fn starts<const P: usize>(columns: usize, length: usize) -> [usize; P] {
    let last = columns.wrapping_sub(length);
    core::array::from_fn(|n| n.wrapping_mul(length).min(last))
}
