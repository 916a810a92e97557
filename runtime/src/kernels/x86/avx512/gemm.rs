//! GEMM: tiles of up to eight patches against up to 64 output channels.
//!
//! In the host's order a register of weights is four elements of 16 channels, and four elements of a
//! patch go to all of its lanes at once: each lane is the sum of one output, from the first element to the
//! last, and nothing is ever added across lanes. The 16 sums of a tile stay in registers; each register
//! of weights is used for all patches of the tile.

use core::arch::x86_64::*;

use super::lines;
use super::requant::{Finish, first16, first64};
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
                _ => group::<4, 4>(job, &finish, first, (count, patches, out)),
            }
        };
        first = first.wrapping_add(made);
    }
}

/// Some blocks of channels.
struct Group<const B: usize> {
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
            group.weights[b] = job
                .weights
                .values
                .as_ptr()
                .add(channel.wrapping_mul(job.k));
            let words = |all: &[[u8; 4]]| all.as_ptr().add(channel).cast::<i32>();
            let lanes = first16(rows);
            group.bias[b] = _mm512_maskz_loadu_epi32(lanes, words(job.requant.bias));
            group.multipliers[b] = _mm512_maskz_loadu_epi32(lanes, words(job.requant.multipliers));
        }
    }
    // SAFETY: patch `done` and the `P` or fewer that a tile takes lie before `count`, so their elements
    // and their outputs are within the slices (`fits`).
    unsafe {
        let out = out.add(first);
        let at = |p: usize| (patches.add(p.wrapping_mul(job.pitch)), out.add(p.wrapping_mul(job.stride)));
        let mut done;
        if count >= P {
            tile::<B, P, true>(job, finish, &mut group, at(0));
            done = P;
        } else {
            tile::<B, 1, true>(job, finish, &mut group, at(0));
            done = 1;
        }
        while count.wrapping_sub(done) >= P {
            tile::<B, P, false>(job, finish, &mut group, at(done));
            done = done.wrapping_add(P);
        }
        if P > 4 && count.wrapping_sub(done) >= 4 {
            tile::<B, 4, false>(job, finish, &mut group, at(done));
            done = done.wrapping_add(4);
        }
        while done < count {
            tile::<B, 1, false>(job, finish, &mut group, at(done));
            done = done.wrapping_add(1);
        }
    }
    BLOCK.wrapping_mul(B)
}

/// `P` patches against a group of channels. The `FIRST` tile also sums the weights, and leaves the bias
/// as the others want it.
///
/// # Safety
/// `P` patches of the job can be read from the first address on, and as many outputs of the group
/// written from the second on; the group's weights are all there.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn tile<const B: usize, const P: usize, const FIRST: bool>(
    job: &Gemm<'_>,
    finish: &Finish,
    group: &mut Group<B>,
    (from, to): (*const i8, *mut i8),
) {
    let zero = _mm512_setzero_si512();
    let flip = _mm512_set1_epi8(i8::MIN);
    let (k, pitch) = (job.k, job.pitch);
    let mut acc = if FIRST { [[zero; B]; P] } else { [group.bias; P] };
    let mut sums = [zero; B];
    let mut step = |elements: usize, done: usize| {
        let mut weights = [zero; B];
        for b in 0..B {
            // SAFETY: the `done` elements of each row of the block and these ones are its own.
            weights[b] = unsafe {
                let run = group.weights[b].add(done.wrapping_mul(group.rows[b]));
                load_run(run, group.rows[b], elements)
            };
        }
        if FIRST {
            for b in 0..B {
                sums[b] = _mm512_dpbusd_epi32(sums[b], flip, weights[b]);
            }
        }
        for p in 0..P {
            // SAFETY: these elements are the patch's own.
            let x = unsafe {
                let patch = from.add(p.wrapping_mul(pitch));
                if elements == 4 {
                    patch.add(done).cast::<i32>().read_unaligned()
                } else {
                    last(patch, k, elements)
                }
            };
            let x = _mm512_xor_si512(_mm512_set1_epi32(x), flip);
            for b in 0..B {
                acc[p][b] = _mm512_dpbusd_epi32(acc[p][b], x, weights[b]);
            }
        }
    };
    let whole = k & !3;
    let mut done = 0;
    while done < whole {
        step(4, done);
        done = done.wrapping_add(4);
    }
    if k & 3 != 0 {
        step(k & 3, done);
    }
    if FIRST {
        for b in 0..B {
            group.bias[b] = _mm512_sub_epi32(group.bias[b], sums[b]);
        }
    }
    for sums in &mut acc {
        for b in 0..B {
            let sum = if FIRST {
                _mm512_add_epi32(sums[b], group.bias[b])
            } else {
                sums[b]
            };
            sums[b] = finish.scale(sum, group.multipliers[b]);
        }
    }
    // Four registers at a time: four pixels of a block, two of two blocks or one of four.
    let by_vector = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    let flat = acc.as_flattened();
    let mut at = 0;
    while at < P.wrapping_mul(B) {
        let vector = |n: usize| flat.get(at.wrapping_add(n)).copied().unwrap_or(zero);
        let bytes = finish.pack([vector(0), vector(1), vector(2), vector(3)]);
        let bytes = _mm512_permutexvar_epi32(by_vector, bytes);
        let pixel = at.checked_div(B).unwrap_or(0);
        let pixels = P.wrapping_sub(pixel);
        // SAFETY: at most the pixels of this tile from `pixel` on, the group's channels of each.
        unsafe {
            let to = to.add(pixel.wrapping_mul(job.stride));
            store::<B>(bytes, (to, job.stride), pixels, group.width);
        }
        at = at.wrapping_add(4);
    }
}

/// A run of `elements` (one to four) of `rows` channels: four bytes of each lane's channel, the last
/// of them 0 where there are fewer.
///
/// # Safety
/// So many weights can be read from there on.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn load_run(at: *const i8, rows: usize, elements: usize) -> __m512i {
    let bytes = rows.wrapping_mul(elements);
    // SAFETY: the masks let through no more than `rows * elements` bytes.
    unsafe {
        match elements {
            4 => _mm512_maskz_loadu_epi32(first16(rows), at.cast()),
            3 => {
                // 12 bytes for each quarter of the register, and 3 of those for each lane.
                let thirds = _mm512_setr_epi32(0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8, 0, 9, 10, 11, 0);
                let lanes = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
                let run = _mm512_maskz_loadu_epi8(first64(bytes), at);
                let run = _mm512_permutexvar_epi32(thirds, run);
                _mm512_shuffle_epi8(run, _mm512_broadcast_i32x4(lanes))
            }
            2 => _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first16(rows), at.cast())),
            _ => _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(first16(rows), at)),
        }
    }
}

/// The last `elements` (one to three) of a patch of `k`, low byte first; what is above them does not
/// matter.
///
/// # Safety
/// The patch can be read.
#[inline]
unsafe fn last(patch: *const i8, k: usize, elements: usize) -> i32 {
    // SAFETY: the caller's; no byte outside the `k` of the patch is read.
    unsafe {
        let end = patch.add(k);
        if k >= 4 {
            let word = end.sub(4).cast::<u32>().read_unaligned();
            let above = 4usize.wrapping_sub(elements).wrapping_mul(8);
            return word.wrapping_shr(above as u32).cast_signed();
        }
        let byte = |n: usize| i32::from(patch.add(n).cast::<u8>().read());
        let mut word = 0;
        for n in 0..k {
            word |= byte(n).wrapping_shl(8u32.wrapping_mul(n as u32));
        }
        word
    }
}

/// Stores the `width` channels of each of as many pixels as a register holds, at most `pixels`.
///
/// # Safety
/// They can be written, each `stride` bytes from the one before.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn store<const B: usize>(
    bytes: __m512i,
    (to, stride): (*mut i8, usize),
    pixels: usize,
    width: usize,
) {
    let mask = first64(width);
    // SAFETY: the caller's; the masks hold the stores within `width` bytes.
    unsafe {
        match B {
            4 if width == 64 => _mm512_storeu_si512(to.cast(), bytes),
            4 => _mm512_mask_storeu_epi8(to, mask, bytes),
            2 => {
                let (a, b) = (_mm512_castsi512_si256(bytes), _mm512_extracti64x4_epi64::<1>(bytes));
                _mm256_mask_storeu_epi8(to, mask as u32, a);
                if pixels > 1 {
                    _mm256_mask_storeu_epi8(to.add(stride), mask as u32, b);
                }
            }
            _ => {
                let quarters = [
                    _mm512_castsi512_si128(bytes),
                    _mm512_extracti32x4_epi32::<1>(bytes),
                    _mm512_extracti32x4_epi32::<2>(bytes),
                    _mm512_extracti32x4_epi32::<3>(bytes),
                ];
                for (p, quarter) in quarters.into_iter().enumerate().take(pixels) {
                    _mm_mask_storeu_epi8(to.add(p.wrapping_mul(stride)), mask as u16, quarter);
                }
            }
        }
    }
}
