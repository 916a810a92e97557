//! Output channels one by one: those that fill no block, and all of a blob that is for any target.

use core::arch::asm;
use core::ops::Range;

use crate::kernels::{Gemm, Packing};

/// Channels `channels` of every pixel. The caller knows that the job fits.
pub(super) fn dots(
    job: &Gemm<'_>,
    count: usize,
    channels: Range<usize>,
    patches: &[i8],
    out: &mut [i8],
) {
    let Some(requant) = job.requant.from_channel(channels.start) else {
        return;
    };
    if channels.is_empty() {
        return;
    }
    let k = job.k;
    // The block that is left: so many rows give 16 weights in turn, the last time `k % 16`.
    let (rows, full) = match job.weights.packing {
        Packing::Portable => (1, k),
        _ => (channels.len(), k.wrapping_sub(k % 16)),
    };
    let tail = k.wrapping_sub(full);
    let of_channel = if rows == 1 { k } else { 16 };
    let start = channels.start.wrapping_mul(k);
    let block = job.weights.values.get(start..).unwrap_or_default();
    for p in 0..count {
        let patch = patches.get(p.wrapping_mul(job.pitch)..);
        let Some((head, rest)) = patch.and_then(|patch| patch.split_at_checked(full)) else {
            return;
        };
        let rest = rest.get(..tail).unwrap_or_default();
        let at = p.wrapping_mul(job.stride).wrapping_add(channels.start);
        let pixel = out.get_mut(at..).unwrap_or_default();
        let outputs = pixel.iter_mut().zip(requant.channels());
        for (row, (q, (bias, multiplier))) in outputs.enumerate() {
            let first = row.wrapping_mul(of_channel);
            let last = full.wrapping_mul(rows).wrapping_add(row.wrapping_mul(tail));
            let weights = block.get(first..).unwrap_or_default();
            let acc = bias
                .wrapping_add(dot(head, weights, rows.wrapping_mul(16)))
                .wrapping_add(dot(rest, block.get(last..).unwrap_or_default(), 16));
            *q = requant.value(acc, multiplier) as i8;
        }
    }
}

/// Sum of products of `x` and as many weights: 16 one after another, the next ones `step` bytes on.
fn dot(x: &[i8], weights: &[i8], step: usize) -> i32 {
    let Some(turns) = x.len().div_ceil(16).checked_sub(1) else {
        return 0;
    };
    let before = turns.wrapping_mul(16);
    let last = turns.wrapping_mul(step);
    let end = last.wrapping_add(x.len().wrapping_sub(before));
    if end > weights.len() {
        return 0;
    }
    let mut acc = 0i32;
    // SAFETY: reads the `x.len()` bytes of `x`, and at `weights` the same number: 16 at each `step`, of
    // the last ones only those that `x` still has, which end at `end`, within `weights`. The loop
    // predicates the rest away.
    unsafe {
        asm!(
            "dlstp.8 lr, {n}",
            "2:",
            "vldrb.u8 q0, [{x}], #16",
            "vldrb.u8 q1, [{w}]",
            "add {w}, {w}, {step}",
            "vmladava.s8 r0, q0, q1",
            "letp lr, 2b",
            n = in(reg) x.len(),
            x = inout(reg) x.as_ptr() => _,
            w = inout(reg) weights.as_ptr() => _,
            step = in(reg) step,
            inout("r0") acc,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _,
            out("lr") _,
            options(nostack, readonly),
        );
    }
    acc
}
