//! What is the same for all channels when accumulators become elements, as the assembly takes it.
//!
//! `(acc * m + 2^31) >> 32` is `((acc * m * 2 >> 32) + 1) >> 1`, for the floor of a floor is one floor:
//! `vqdmulh` is the first half of it and `vqrshrn` the second, which narrows to 16 bits on the way. The
//! former saturates for one product alone, of -2^31 and -2^31, and 2^30 comes out either way. What
//! saturates later lies outside the bounds, and on the same side of them as the value itself.

use crate::kernels::Requant;

/// Accumulators are shifted.
const SHIFTED: u32 = 1;
/// Int16 come out.
const WIDE: u32 = 2;

/// The constants, in the order in which the assembly knows them.
#[repr(C, align(16))]
pub(super) struct Constants {
    zero_point: [i16; 8],
    /// Bounds: eight int8, or four int16.
    lo: [u8; 8],
    hi: [u8; 8],
    shift: [i32; 4],
    kind: u32,
}

impl Constants {
    /// For bounds within the elements, of one or two bytes; there are no others in a valid blob.
    pub(super) fn of(requant: &Requant<'_>, bytes: u8) -> Option<Self> {
        let bounds = (requant.lo, requant.hi);
        Self::with(requant.shift, requant.zero_point, bounds, bytes)
    }

    /// As [`of`](Self::of), for what has one multiplier for all elements.
    pub(super) fn with(shift: u8, zero_point: i8, (lo, hi): (i16, i16), bytes: u8) -> Option<Self> {
        let wide = bytes != 1;
        let elements = if wide { -16384..=16383 } else { -128..=127 };
        if lo > hi || !elements.contains(&lo) || !elements.contains(&hi) {
            return None;
        }
        let bound = |x: i16| {
            let [low, high] = x.to_le_bytes();
            let high = if wide { high } else { low };
            [low, high, low, high, low, high, low, high]
        };
        let shift = shift & 31;
        let shifted = if shift == 0 { 0 } else { SHIFTED };
        Some(Self {
            zero_point: [zero_point.into(); 8],
            lo: bound(lo),
            hi: bound(hi),
            shift: [shift.into(); 4],
            kind: shifted | if wide { WIDE } else { 0 },
        })
    }

    /// What the assembly has to do: shift, narrow to 16 bits alone.
    pub(super) fn kind(&self) -> u32 {
        self.kind
    }
}
