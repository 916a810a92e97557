//! Sums to elements, channel by channel: bias and multiplier of a channel are read once for all pixels.

use crate::kernels::{Element, Requant};

/// Sums to int8: those of pixel `p` and channel `n` go to byte `p * stride + n` of the output. The last are
/// the stride and the number of pixels that there are.
pub type Finish<const PIXELS: usize> =
    fn(&[[i32; PIXELS]], &Requant<'_>, &mut [i8], (usize, usize));

/// Sums to elements in plain Rust, of the first `pixels` pixels; `stride` is in bytes.
pub fn finish_plainly<Q: Element, const PIXELS: usize>(
    sums: &[[i32; PIXELS]],
    requant: &Requant<'_>,
    out: &mut [i8],
    (stride, pixels): (usize, usize),
) {
    for (n, (sums, (bias, multiplier))) in sums.iter().zip(requant.channels()).enumerate() {
        for (p, sum) in sums.iter().enumerate().take(pixels) {
            let pixel = out.get_mut(p.wrapping_mul(stride)..).unwrap_or_default();
            if let Some(q) = Q::view_mut(pixel).get_mut(n) {
                *q = Q::of(requant.value(sum.wrapping_add(bias), multiplier));
            }
        }
    }
}

/// Whether there is a byte for each channel in each of the pixels, and a bias and a multiplier for each
/// channel, of which there is one.
pub fn ready(
    channels: usize,
    requant: &Requant<'_>,
    out: &[i8],
    (stride, pixels): (usize, usize),
) -> bool {
    // Within these limits nothing wraps; `checked_mul` would be a call on the smallest cores.
    let small = stride < 1 << 24 && channels < 1 << 24 && pixels < 1 << 6;
    let end = pixels
        .wrapping_sub(1)
        .wrapping_mul(stride)
        .wrapping_add(channels);
    small
        && channels > 0
        && pixels > 0
        && end <= out.len()
        && channels <= requant.bias.len()
        && channels <= requant.multipliers.len()
}
