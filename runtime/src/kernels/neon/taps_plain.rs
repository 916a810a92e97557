//! Depthwise taps with `smull`, two at a time, for cores with plain NEON.

use core::arch::aarch64::*;

use super::depthwise::{Group, Taps};
use super::tile_plain::Plain;
use super::vector::load;

impl Taps for Plain {
    #[inline(always)]
    fn arrange<const WIDE: bool, const N: usize>(_: &mut Group<WIDE, N>) {}

    /// Two products fit 16 bits, since no weight is -128.
    #[inline(always)]
    unsafe fn pixel<const WIDE: bool, const N: usize>(
        group: &Group<WIDE, N>,
        places: &[*const i8; N],
        offset: usize,
        out: *mut i8,
    ) {
        let [mut a, mut b, mut c, mut d] = group.bias;
        let weights = group.weights.as_chunks::<2>().0.iter();
        let places = places.as_chunks::<2>().0.iter();
        for (&[w, v], places) in weights.zip(places).take(group.taps / 2) {
            // SAFETY: the caller's promise.
            unsafe {
                let [x, y] = places.map(|place| load(place.wrapping_add(offset)));
                let low = vmull_s8(vget_low_s8(x), vget_low_s8(w));
                let high = vmull_high_s8(x, w);
                let low = vmlal_s8(low, vget_low_s8(y), vget_low_s8(v));
                let high = vmlal_high_s8(high, y, v);
                a = vaddw_s16(a, vget_low_s16(low));
                b = vaddw_high_s16(b, low);
                c = vaddw_s16(c, vget_low_s16(high));
                d = vaddw_high_s16(d, high);
            }
        }
        // SAFETY: the caller's promise.
        unsafe { group.finish([a, b, c, d], out) };
    }
}
