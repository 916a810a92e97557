//! Bounds narrower than int8: the kernels saturate to int8 as they narrow, for nothing; where a layer has
//! bounds of its own, a second look at its output holds it within them.

use core::arch::asm;

use crate::kernels::Requant;

/// Holds the first `channels` elements of each of `count` pixels, `stride` bytes apart, within the bounds.
pub(super) fn clamp_pixels(
    requant: &Requant<'_>,
    (count, stride): (usize, usize),
    channels: usize,
    out: &mut [i8],
) {
    let (lo, hi) = (i32::from(requant.lo), i32::from(requant.hi));
    if (lo, hi) == (i32::from(i8::MIN), i32::from(i8::MAX)) {
        return;
    }
    if stride == channels {
        let all = out.get_mut(..count.wrapping_mul(channels));
        return clamp(all.unwrap_or_default(), lo, hi);
    }
    for pixel in out.chunks_mut(stride.max(1)).take(count) {
        clamp(pixel.get_mut(..channels).unwrap_or_default(), lo, hi);
    }
}

/// Holds every element within `lo` and `hi`.
fn clamp(values: &mut [i8], lo: i32, hi: i32) {
    if values.is_empty() {
        return;
    }
    // SAFETY: reads and writes the `values.len()` bytes of `values`, 16 at a time; the loop predicates
    // away what is beyond.
    unsafe {
        asm!(
            "vdup.8 q1, {lo}",
            "vdup.8 q2, {hi}",
            "dlstp.8 lr, {n}",
            "2:",
            "vldrb.u8 q0, [{at}]",
            "vmax.s8 q0, q0, q1",
            "vmin.s8 q0, q0, q2",
            "vstrb.8 q0, [{at}], #16",
            "letp lr, 2b",
            n = in(reg) values.len(),
            at = inout(reg) values.as_mut_ptr() => _,
            lo = in(reg) lo,
            hi = in(reg) hi,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _,
            out("lr") _,
            options(nostack),
        );
    }
}
