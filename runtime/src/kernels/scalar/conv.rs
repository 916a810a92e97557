//! GEMM: patches against rows of weights.

use super::{Requant, of_element, put};
use crate::kernels::{Element, Gemm};

/// Sum of products of some elements and as many weights: four in a turn, for a build for size leaves
/// loops as they are.
fn dot<A: Element>(a: &[A], b: &[i8]) -> i32 {
    let some = |acc: i32, a: &[A], b: &[i8]| {
        a.iter().zip(b).fold(acc, |acc, (&x, &w)| {
            acc.wrapping_add(x.value().wrapping_mul(i32::from(w)))
        })
    };
    let whole = a.len().min(b.len());
    let (fours, rest) = a.get(..whole).unwrap_or_default().as_chunks::<4>();
    let (weights, last) = b.get(..whole).unwrap_or_default().as_chunks::<4>();
    let turns = fours.iter().zip(weights);
    let acc = turns.fold(0i32, |acc, (&[a, b, c, d], &[w, x, y, z])| {
        let product = |a: A, w: i8| a.value().wrapping_mul(i32::from(w));
        acc.wrapping_add(product(a, w))
            .wrapping_add(product(b, x))
            .wrapping_add(product(c, y))
            .wrapping_add(product(d, z))
    });
    some(acc, rest, last)
}

/// A [`Gemm`] over `count` patches.
pub fn gemm(job: &Gemm<'_>, count: usize, patches: &[i8], out: &mut [i8], _scratch: &mut [i8]) {
    if !job.fits(count, patches.len(), out.len()) {
        return;
    }
    for p in 0..count {
        let patch = patches.get(p.wrapping_mul(job.pitch)..);
        let pixel = out.get_mut(p.wrapping_mul(job.stride)..);
        let (Some(patch), Some(pixel)) = (patch, pixel) else {
            return;
        };
        one_patch(job, patch, pixel);
    }
}

/// One patch against every output channel.
fn one_patch(job: &Gemm<'_>, patch: &[i8], out: &mut [i8]) {
    let (rows, run) = job.weights.packing.block();
    let bytes = job.k.wrapping_mul(job.input_bytes.into());
    let patch = patch.get(..bytes).unwrap_or_default();
    let requant = &job.requant;
    let mut weights = job.weights.values;
    let mut output = 0usize;
    let mut left = job.outputs();
    let mut channels = requant.channels();
    while left > 0 {
        let rows = rows.min(left);
        let Some((block, rest)) = weights.split_at_checked(rows.wrapping_mul(job.k)) else {
            return;
        };
        (weights, left) = (rest, left.wrapping_sub(rows));
        for row in 0..rows {
            let Some((bias, multiplier)) = channels.next() else {
                return;
            };
            let dot = dot_run(patch, job.input_bytes, block, (row, rows), run);
            let acc = bias.wrapping_add(dot);
            put(
                out,
                job.output_bytes,
                output,
                requant.value(acc, multiplier),
            );
            output = output.wrapping_add(1);
        }
    }
}

/// Sum of products of a patch of elements of so many bytes with one row of a block, whose rows give `run`
/// weights in turn. Only the sums have a copy for each size of elements.
fn dot_run(patch: &[i8], bytes: u8, block: &[i8], (row, rows): (usize, usize), run: usize) -> i32 {
    // The only one gives them all in turn.
    let run = if rows == 1 {
        patch.len()
    } else {
        run.wrapping_mul(bytes.into())
    };
    let mut acc = 0i32;
    let mut block = block;
    for part in patch.chunks(run.max(1)) {
        let run = part.len().wrapping_shr(u32::from(bytes) / 2);
        let weights = block.get(row.wrapping_mul(run)..).unwrap_or_default();
        let sum = of_element!(bytes, A => dot(A::view(part), weights));
        acc = acc.wrapping_add(sum);
        block = block.get(rows.wrapping_mul(run)..).unwrap_or_default();
    }
    acc
}

impl Requant<'_> {
    /// Bias and multiplier of each channel.
    pub(crate) fn channels(&self) -> impl Iterator<Item = (i32, i32)> {
        let channels = self.bias.iter().zip(self.multipliers);
        channels
            .map(|(bias, multiplier)| (i32::from_le_bytes(*bias), i32::from_le_bytes(*multiplier)))
    }
}
