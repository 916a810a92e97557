//! GEMM: lanes of patches against pairs of output channels.

use super::spread::{spread, spread_all};
use crate::kernels::lanes::{Spread, bytes_of, lanes_for};
use crate::kernels::scalar::{of_element, put};
use crate::kernels::scratch::{aligned, patches_at_once};
use crate::kernels::{Element, Gemm, Packing, scalar};

assembly!("multiply.s");

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

impl Multiply {
    /// A job without patches and output; `None` for one that the assembly cannot run, or of which
    /// weights or multipliers are missing.
    fn of(job: &Gemm<'_>) -> Option<Self> {
        let (requant, outputs) = (&job.requant, job.outputs());
        let weights = job.weights.values;
        let whole = outputs.checked_mul(job.k)? == weights.len()
            && requant.multipliers.len() == outputs
            && job.weights.packing == Packing::CortexM4
            && matches!(job.output_bytes, 1 | 2)
            && job.k > 1;
        let kind = |set: bool, bit: u32| if set { bit } else { 0 };
        whole.then_some(Self {
            lanes: core::ptr::null(),
            bias: requant.bias.as_ptr(),
            multipliers: requant.multipliers.as_ptr(),
            out: core::ptr::null_mut(),
            zero_point: requant.zero_point.into(),
            stride: job.stride,
            weights: weights.as_ptr(),
            weights_end: weights
                .as_ptr()
                .wrapping_add((outputs & !1).wrapping_mul(job.k)),
            lanes_end: core::ptr::null(),
            shift: requant.shift.into(),
            pairs: job.k / 2,
            kind: kind(job.k & 1 == 1, ODD)
                | kind(requant.shift != 0, SHIFT)
                | kind(job.output_bytes == 2, WIDE),
        })
    }

    /// Runs it for `lanes` lanes.
    ///
    /// # Safety
    /// There are 1 to 4 lanes. From `patches` on, a whole word, `bytes_of(lanes, k)` bytes can be read,
    /// and from `out` on as many pixels be written as there are lanes. The job has two outputs at least.
    #[inline(always)]
    unsafe fn run(&mut self, lanes: usize, patches: *const i8, out: *mut i8) {
        self.lanes = patches;
        self.out = out;
        self.lanes_end = patches.wrapping_add(self.pairs.wrapping_mul(lanes).wrapping_mul(4));
        let multiply = match lanes {
            4 => tidbit_multiply_4,
            3 => tidbit_multiply_3,
            2 => tidbit_multiply_2,
            _ => tidbit_multiply_1,
        };
        // SAFETY: `of` has seen that there are a bias, a multiplier and `k` weights for each output
        // channel. Each pair of channels takes two, two and 2 * `k` of these, from the first on until
        // `weights_end`; it reads the words of all lanes and writes an element for each channel in each
        // of as many pixels as there are lanes, which the caller says are there.
        unsafe { multiply(self) }
    }
}

/// A [`Gemm`] over patches that lie one behind the other.
pub(super) fn gemm(
    job: &Gemm<'_>,
    count: usize,
    patches: &[i8],
    out: &mut [i8],
    scratch: &mut [i8],
) {
    if sweep(job, count, &[patches], out, scratch).is_none() {
        scalar::gemm(job, count, patches, out, &mut []);
    }
}

/// A [`Gemm`] whose patches are made of as many elements of each of `rows`, in lanes as far as scratch
/// has room; `None` if it has none, or the assembly cannot run the job. Then nothing was written.
pub(super) fn sweep(
    job: &Gemm<'_>,
    count: usize,
    rows: &[&[i8]],
    out: &mut [i8],
    scratch: &mut [i8],
) -> Option<()> {
    let room = aligned(scratch);
    let most = room.len().checked_div(bytes_of(1, job.k))?;
    let most = most.min(patches_at_once(job.k));
    let span = job.k.checked_div(rows.len())?;
    let Some(call) = &mut Multiply::of(job) else {
        return None;
    };
    let fits = span.checked_mul(rows.len()) == Some(job.k)
        && rows.iter().all(|row| job.reads_of(span, count, row.len()))
        && job.writes(count, out.len());
    if !fits || most == 0 || !is_at_a_word(room) {
        return None;
    }
    let whole = is_whole(job);
    let (mut left, mut offset) = (count, 0usize);
    let mut to = out.as_mut_ptr();
    while left > 0 {
        let lanes = lanes_for(left, most);
        let mut element = 0usize;
        for row in rows {
            if job.input_bytes == 1 {
                let from = row.as_ptr().wrapping_add(offset);
                let pair = (element / 2).wrapping_mul(lanes).wrapping_mul(2);
                let lane = pair.wrapping_add(element & 1).wrapping_mul(2);
                let lane = room.as_mut_ptr().wrapping_add(lane);
                // SAFETY: `fits`: each row has `span` bytes of each of the next `lanes` patches, since
                // `lanes_for` gives no more than are left; and it gives no more than `most`, for which
                // `room` has lanes of `k` elements, from a whole word on. `lane` is the place of an
                // element of the first of them, as `Spread::place` says.
                unsafe { spread_all(lanes, from, lane, span, job.pitch) };
            } else {
                let line = Spread {
                    lanes,
                    first: 0,
                    count: lanes,
                    element,
                    len: span,
                    step: job.pitch,
                    bytes: job.input_bytes,
                };
                spread(&line, row.get(offset..)?, room);
            }
            element = element.wrapping_add(span);
        }
        if job.outputs() > 1 {
            // SAFETY: `room` has `most` lanes, and from `to` on `out` has the pixels of the next `lanes`
            // patches, as `fits` says.
            unsafe { call.run(lanes, room.as_ptr(), to) };
        }
        if !whole {
            let done = count.wrapping_sub(left).wrapping_mul(job.stride);
            finish(job, lanes, room, out.get_mut(done..)?);
            to = out.as_mut_ptr().wrapping_add(done);
        }
        to = to.wrapping_add(lanes.wrapping_mul(job.stride));
        offset = offset.wrapping_add(lanes.wrapping_mul(job.pitch));
        left = left.wrapping_sub(lanes);
    }
    Some(())
}

fn is_at_a_word(lanes: &[i8]) -> bool {
    lanes.as_ptr().addr().is_multiple_of(4)
}

/// A [`Gemm`] over as many patches as there are lanes.
pub(super) fn multiply(job: &Gemm<'_>, lanes: usize, patches: &[i8], out: &mut [i8]) {
    let Some(call) = &mut Multiply::of(job) else {
        return;
    };
    let own = job.outputs().wrapping_mul(job.output_bytes.into());
    let last = lanes.wrapping_sub(1).checked_mul(job.stride);
    let end = last.and_then(|last| last.checked_add(own));
    let fits = matches!(lanes, 1..=4)
        && bytes_of(lanes, job.k) <= patches.len()
        && end.is_some_and(|end| end <= out.len());
    if !fits || !is_at_a_word(patches) {
        return;
    }
    if job.outputs() > 1 {
        // SAFETY: `fits` says what is asked for; `own` does not overflow, since there is a bias of four
        // bytes for each output.
        unsafe { call.run(lanes, patches.as_ptr(), out.as_mut_ptr()) };
    }
    if !is_whole(job) {
        finish(job, lanes, patches, out);
    }
}

/// Whether the assembly does all of a job.
fn is_whole(job: &Gemm<'_>) -> bool {
    job.outputs() & 1 == 0 && !is_bounded(job)
}

/// Whether bounds are tighter than those of the instruction that saturates.
fn is_bounded(job: &Gemm<'_>) -> bool {
    let widest = if job.output_bytes == 1 {
        (i8::MIN.into(), i8::MAX.into())
    } else {
        (i16::MIN, i16::MAX)
    };
    (job.requant.lo, job.requant.hi) != widest
}

/// What the assembly leaves undone: the last of an odd number of output channels, and bounds.
#[inline(never)]
fn finish(job: &Gemm<'_>, lanes: usize, patches: &[i8], out: &mut [i8]) {
    if job.outputs() & 1 == 1 {
        last_channel(job, lanes, patches, out);
    }
    if is_bounded(job) {
        bound(job, lanes, out);
    }
}

/// Of an odd number of output channels the last, whose weights lie by themselves.
fn last_channel(job: &Gemm<'_>, lanes: usize, patches: &[i8], out: &mut [i8]) {
    let last = job.outputs().wrapping_sub(1);
    let weights = job.weights.values.get(last.wrapping_mul(job.k)..);
    let requant = job.requant.from_channel(last);
    let (Some(weights), Some(requant)) = (weights, requant) else {
        return;
    };
    let words = <[u8; 2]>::view(patches).as_chunks::<2>().0;
    for lane in 0..lanes {
        let mut dot = 0i32;
        for (k, w) in weights.iter().enumerate() {
            let word = words.get((k / 2).wrapping_mul(lanes).wrapping_add(lane));
            let [low, high] = word.copied().unwrap_or_default();
            let x = if k & 1 == 0 { low } else { high };
            dot = dot.wrapping_add(x.value().wrapping_mul(i32::from(*w)));
        }
        let pixel = out.get_mut(lane.wrapping_mul(job.stride)..);
        let (Some(pixel), Some((bias, multiplier))) = (pixel, requant.channels().next()) else {
            return;
        };
        let value = requant.value(bias.wrapping_add(dot), multiplier);
        put(pixel, job.output_bytes, last, value);
    }
}

/// Holds outputs within their bounds.
fn bound(job: &Gemm<'_>, lanes: usize, out: &mut [i8]) {
    let (lo, hi) = (job.requant.lo, job.requant.hi);
    for lane in 0..lanes {
        let pixel = out
            .get_mut(lane.wrapping_mul(job.stride)..)
            .unwrap_or_default();
        of_element!(job.output_bytes, Q => {
            let pixel = Q::view_mut(pixel).get_mut(..job.outputs());
            scalar::clamp_to(pixel.unwrap_or_default(), lo, hi);
        });
    }
}
