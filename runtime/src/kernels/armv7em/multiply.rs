//! GEMM: lanes of patches against pairs of output channels.

use core::arch::global_asm;

use super::spread::spread;
use crate::kernels::lanes::{Spread, bytes_of, lanes_for};
use crate::kernels::scalar::of_element;
use crate::kernels::scratch::{aligned, patches_at_once};
use crate::kernels::{Element, Gemm, Packing, scalar};

global_asm!(include_str!("multiply.s"), options(raw));

unsafe extern "C" {
    /// Four patches in as many lanes.
    fn tidbit_multiply_4(job: &Multiply);
    /// Three patches in as many lanes.
    fn tidbit_multiply_3(job: &Multiply);
    /// Two patches in as many lanes.
    fn tidbit_multiply_2(job: &Multiply);
    /// A patch.
    fn tidbit_multiply_1(job: &Multiply);
}

/// What the assembly takes, in the order in which it does.
#[repr(C)]
struct Multiply {
    lanes: *const i8,
    bias: *const [u8; 4],
    multipliers: *const [u8; 4],
    out: *mut i8,
    zero_point: i32,
    stride: usize,
    weights: *const i8,
    weights_end: *const i8,
    lanes_end: *const i8,
    shift: u32,
    pairs: usize,
    kind: u32,
}

/// A last element without a partner.
const ODD: u32 = 1;
/// Accumulators are shifted.
const SHIFT: u32 = 2;
/// Int16 come out.
const WIDE: u32 = 4;

/// A [`Gemm`] over patches that lie one behind the other, in lanes as far as scratch has room.
pub(super) fn gemm(
    job: &Gemm<'_>,
    count: usize,
    patches: &[i8],
    out: &mut [i8],
    scratch: &mut [i8],
) {
    if !job.fits(count, patches.len(), out.len()) {
        return;
    }
    let room = aligned(scratch);
    let most = room
        .len()
        .checked_div(bytes_of(1, job.k))
        .unwrap_or(0)
        .min(patches_at_once(job.k));
    if !suits(job) || most == 0 {
        return scalar::gemm(job, count, patches, out, &mut []);
    }
    let mut first = 0usize;
    while first < count {
        let lanes = lanes_for(count.wrapping_sub(first), most);
        let from = patches.get(first.wrapping_mul(job.pitch)..);
        let to = out.get_mut(first.wrapping_mul(job.stride)..);
        let (Some(from), Some(to)) = (from, to) else {
            return;
        };
        let how = Spread {
            lanes,
            first: 0,
            count: lanes,
            element: 0,
            len: job.k,
            step: job.pitch,
            bytes: job.input_bytes,
        };
        spread(&how, from, room);
        multiply(job, lanes, room, to);
        first = first.wrapping_add(lanes);
    }
}

/// Whether the assembly can run a job.
fn suits(job: &Gemm<'_>) -> bool {
    job.weights.packing == Packing::CortexM4 && job.k > 1
}

/// A [`Gemm`] over as many patches as there are lanes.
pub(super) fn multiply(job: &Gemm<'_>, lanes: usize, patches: &[i8], out: &mut [i8]) {
    let outputs = job.outputs();
    let in_lanes = Gemm { pitch: 0, ..*job };
    if !suits(job)
        || !in_lanes.fits(lanes, usize::MAX, out.len())
        || bytes_of(lanes, job.k) > patches.len()
        || !patches.as_ptr().addr().is_multiple_of(4)
    {
        return;
    }
    let Some(whole) = job.weights.values.get(..(outputs & !1).wrapping_mul(job.k)) else {
        return;
    };
    let requant = &job.requant;
    let pairs = job.k / 2;
    if outputs > 1 {
        let ends = whole.as_ptr_range();
        let kind = |set: bool, bit: u32| if set { bit } else { 0 };
        let call = Multiply {
            lanes: patches.as_ptr(),
            bias: requant.bias.as_ptr(),
            multipliers: requant.multipliers.as_ptr(),
            out: out.as_mut_ptr(),
            zero_point: requant.zero_point.into(),
            stride: job.stride,
            weights: ends.start,
            weights_end: ends.end,
            lanes_end: patches
                .as_ptr()
                .wrapping_add(pairs.wrapping_mul(lanes).wrapping_mul(4)),
            shift: u32::from(requant.shift),
            pairs,
            kind: kind(job.k & 1 == 1, ODD)
                | kind(requant.shift != 0, SHIFT)
                | kind(job.output_bytes == 2, WIDE),
        };
        // SAFETY: `fits`: there are a bias, a multiplier and `k` weights for each output channel, and of
        // these each pair of channels takes two, two and 2 * `k`, from the first on until `whole` ends.
        // For each pair the words of all lanes are read, `bytes_of(lanes, k)` bytes from a whole word
        // on, and an element for each channel is written in each of `lanes` pixels of the output, of
        // which `fits` says that they lie within `out`.
        unsafe {
            match lanes {
                4 => tidbit_multiply_4(&call),
                3 => tidbit_multiply_3(&call),
                2 => tidbit_multiply_2(&call),
                1 => tidbit_multiply_1(&call),
                _ => return,
            }
        }
    }
    of_element!(job.output_bytes, Q => {
        if outputs & 1 == 1 {
            last_channel::<Q>(job, lanes, patches, out);
        }
        bound::<Q>(job, lanes, out);
    });
}

/// Of an odd number of output channels the last, whose weights lie by themselves.
fn last_channel<Q: Element>(job: &Gemm<'_>, lanes: usize, patches: &[i8], out: &mut [i8]) {
    let last = job.outputs().wrapping_sub(1);
    let weights = job.weights.values.get(last.wrapping_mul(job.k)..);
    let requant = job.requant.from_channel(last);
    let (Some(weights), Some(requant)) = (weights, requant) else {
        return;
    };
    let words = <[u8; 2]>::view(patches).as_chunks::<2>().0;
    for lane in 0..lanes {
        let words = words.iter().skip(lane).step_by(lanes.max(1));
        let dot = weights.chunks(2).zip(words).fold(0i32, |acc, (w, x)| {
            let products = w
                .iter()
                .zip(x)
                .map(|(w, x)| i32::from(*w).wrapping_mul(x.value()));
            products.fold(acc, i32::wrapping_add)
        });
        let pixel = out.get_mut(lane.wrapping_mul(job.stride)..);
        let q = pixel.and_then(|pixel| Q::view_mut(pixel).get_mut(last));
        if let (Some(q), Some((bias, multiplier))) = (q, requant.channels().next()) {
            *q = requant.finish(bias.wrapping_add(dot), multiplier);
        }
    }
}

/// Holds outputs within bounds that are tighter than those of the instruction that saturates.
fn bound<Q: Element>(job: &Gemm<'_>, lanes: usize, out: &mut [i8]) {
    let (lo, hi) = (job.requant.lo, job.requant.hi);
    if (i32::from(lo), i32::from(hi)) == (Q::MIN.value(), !Q::MIN.value()) {
        return;
    }
    for lane in 0..lanes {
        let pixel = out.get_mut(lane.wrapping_mul(job.stride)..);
        let pixel = pixel.and_then(|pixel| Q::view_mut(pixel).get_mut(..job.outputs()));
        scalar::clamp_to(pixel.unwrap_or_default(), lo, hi);
    }
}
