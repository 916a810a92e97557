//! GEMM: tiles of up to eight patches against up to 64 output channels.
//!
//! In the host's order a register of weights is four elements of 16 channels, and four elements of a
//! patch go to all of its lanes at once: each lane is the sum of one output, from the first element to the
//! last, and nothing is ever added across lanes. The 16 sums of a tile stay in registers; each register
//! of weights is used for all patches of the tile.

mod operands;
mod tile;

use core::arch::x86_64::*;

use self::tile::some;
use super::lines;
use super::requant::{Finish, first16};
use crate::kernels::{Gemm, Packing, scalar};

/// Channels of a block, by the host's order.
const BLOCK: usize = Packing::Host.block().0;

/// A [`Gemm`] over `count` patches.
pub fn gemm(job: &Gemm<'_>, count: usize, patches: &[i8], out: &mut [i8], scratch: &mut [i8]) {
    let fits = job.fits(count, patches.len(), out.len());
    match (job.input_bytes, job.output_bytes, job.weights.packing) {
        // SAFETY: the table of this backend is handed out only where its instructions exist, and the
        // slices are as long as the job says.
        (1, 1, Packing::Host) if fits => unsafe {
            blocks(job, count, patches.as_ptr(), out.as_mut_ptr());
        },
        // SAFETY: as above.
        (1, 1, Packing::Portable) if fits => unsafe {
            lines::gemm(job, count, patches, out);
        },
        _ => scalar::gemm(job, count, patches, out, scratch),
    }
}

/// All channels, up to four blocks of them at a time.
///
/// # Safety
/// `job.fits` of slices that begin at these addresses.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn blocks(job: &Gemm<'_>, count: usize, patches: *const i8, out: *mut i8) {
    let finish = Finish::new(&job.requant);
    let outputs = job.outputs();
    let mut first = 0;
    while first < outputs {
        let left = outputs.wrapping_sub(first);
        // SAFETY: the caller's; `first` is a multiple of the block's channels below `outputs`.
        let made = unsafe {
            match left.div_ceil(BLOCK) {
                1 => group::<1, 8>(job, &finish, first, (count, patches, out)),
                2 | 3 => group::<2, 8>(job, &finish, first, (count, patches, out)),
                _ => group::<4, 6>(job, &finish, first, (count, patches, out)),
            }
        };
        first = first.wrapping_add(made);
    }
}

/// Some blocks of channels.
pub struct Group<const B: usize> {
    /// Where the weights of each block begin.
    weights: [*const i8; B],
    /// Channels of each.
    rows: [usize; B],
    /// Bias of each channel, less what flipped sign bits add to its sums.
    bias: [__m512i; B],
    /// Multiplier of each channel.
    multipliers: [__m512i; B],
    /// Channels of all blocks.
    width: usize,
}

/// `B` blocks of channels from `first` on, over all patches, `P` at a time; how many channels they are
/// at most.
///
/// # Safety
/// As for `blocks`, and `first` is a multiple of a block below the number of channels.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn group<const B: usize, const P: usize>(
    job: &Gemm<'_>,
    finish: &Finish,
    first: usize,
    (count, patches, out): (usize, *const i8, *mut i8),
) -> usize {
    let left = job.outputs().wrapping_sub(first);
    let zero = _mm512_setzero_si512();
    let mut group = Group {
        weights: [job.weights.values.as_ptr(); B],
        rows: [0; B],
        bias: [zero; B],
        multipliers: [zero; B],
        width: left.min(BLOCK.wrapping_mul(B)),
    };
    for b in 0..B {
        let start = b.wrapping_mul(BLOCK).min(left);
        let rows = left.wrapping_sub(start).min(BLOCK);
        let channel = first.wrapping_add(start);
        group.rows[b] = rows;
        // SAFETY: `channel` is at most the number of channels, and so many words and `k` times as many
        // weights are there (`fits`); the masks keep the loads within `rows` channels from there.
        unsafe {
            group.weights[b] = job.weights.values.as_ptr().add(channel.wrapping_mul(job.k));
            let words = |all: &[[u8; 4]]| all.as_ptr().add(channel).cast::<i32>();
            let lanes = first16(rows);
            group.bias[b] = _mm512_maskz_loadu_epi32(lanes, words(job.requant.bias));
            group.multipliers[b] = _mm512_maskz_loadu_epi32(lanes, words(job.requant.multipliers));
        }
    }
    let mut done = 0;
    while done < count {
        // SAFETY: a tile takes no more patches than are left, and the elements and outputs of all patches
        // below `count` are within the slices (`fits`).
        done = done.wrapping_add(unsafe {
            let from = patches.add(done.wrapping_mul(job.pitch));
            let to = out.add(first).add(done.wrapping_mul(job.stride));
            let left = count.wrapping_sub(done);
            if done == 0 {
                some::<B, P, true>(job, finish, &mut group, left, (from, to))
            } else {
                some::<B, P, false>(job, finish, &mut group, left, (from, to))
            }
        });
    }
    BLOCK.wrapping_mul(B)
}
