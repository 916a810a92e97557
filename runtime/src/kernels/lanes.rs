//! Patches side by side, as int16: for cores whose registers hold two elements.
//!
//! Where patches lie one behind the other, a core needs an address for each. In *lanes* one is
//! enough: all patches give two elements in turn. Elements `2 * j` and `2 * j + 1` of lane `l` of `n`
//! are the word `j * n + l`; the second half of the last word of an odd number of elements may hold
//! anything.

use super::Gemm;
use super::scratch::wide_pitch;

/// The type of [`Lanes::sweep`].
pub type SweepFn = fn(&Gemm<'_>, usize, &[&[i8]], &mut [i8], &mut [i8]) -> Option<()>;

/// The kernels that know lanes.
///
/// They are for patches of two elements and more, and weights in the order that the backend runs fast.
#[derive(Clone, Copy, Debug)]
pub struct Lanes {
    /// Writes elements into lanes.
    pub spread: fn(&Spread, &[i8], &mut [i8]),
    /// A [`Gemm`] over as many patches as there are lanes: job, how many, lanes, output. The job's
    /// pitch and bytes of an input element stand for nothing.
    pub multiply: fn(&Gemm<'_>, usize, &[i8], &mut [i8]),
    /// Both, for a [`Gemm`] over so many patches that are made of some rows, all of which give as many
    /// elements: job, how many, rows, output, scratch. In each row the elements of a patch lie `pitch`
    /// bytes behind those of the one before. `None` if scratch is too small.
    pub sweep: SweepFn,
}

/// Where elements come from and go to.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// Lanes that there are, 1 to 4.
    pub lanes: usize,
    /// The first to be written.
    pub first: usize,
    /// How many are written.
    pub count: usize,
    /// The first element of each that is written.
    pub element: usize,
    /// How many elements are written.
    pub len: usize,
    /// Bytes from what goes to one lane to what goes to the next.
    pub step: usize,
    /// Bytes of an element where it comes from, 1 or 2.
    pub bytes: u8,
}

impl Spread {
    /// Whether all that is read and written lies within slices of these lengths, which are no more
    /// than `isize::MAX` as those of all slices.
    pub fn fits(&self, from: usize, to: usize) -> bool {
        // This is asked often: sums of two lengths cannot overflow, so they are not checked.
        let known = self.lanes <= 4 && self.bytes <= 2 && self.len <= from && self.element <= to;
        let bytes = self.len.wrapping_mul(usize::from(self.bytes));
        let words = self.element.wrapping_add(self.len).wrapping_add(1) / 2;
        let steps = self.count.wrapping_sub(1).checked_mul(self.step);
        let written = words.checked_mul(self.lanes.wrapping_mul(4));
        known
            && self.count.wrapping_sub(1) < self.lanes
            && self.first <= self.lanes.wrapping_sub(self.count)
            && bytes <= from
            && steps.is_some_and(|steps| steps <= from.wrapping_sub(bytes))
            && written.is_some_and(|end| end <= to)
    }

    /// The byte at which an element of a lane lies.
    pub fn place(&self, lane: usize, element: usize) -> usize {
        let word = (element / 2).wrapping_mul(self.lanes).wrapping_add(lane);
        let half = (element & 1).wrapping_mul(2);
        word.wrapping_mul(4).wrapping_add(half)
    }
}

/// Bytes of so many lanes of patches of `k` elements.
pub const fn bytes_of(lanes: usize, k: usize) -> usize {
    wide_pitch(k).saturating_mul(lanes)
}

/// The lanes for the next of so many patches, of no more than `most` at a time.
///
/// Four lanes are fastest and three nearly as fast; one and two are not, so they are left for the end
/// as rarely as can be.
pub const fn lanes_for(patches: usize, most: usize) -> usize {
    match (patches, most) {
        (..=2, 2..) => patches,
        (_, 4..) if patches % 4 == 0 || (patches % 4 == 3 && patches > 3) => 4,
        (_, 3..) => 3,
        (_, 2) => 2,
        _ => 1,
    }
}
