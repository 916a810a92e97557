//! GEMM: tiles of up to six patches against 16 output channels, a block of the host's order, or of eight
//! patches where a block has no more than eight channels.
//!
//! Two registers of weights are four elements of 16 channels; four elements of a patch, sign bits flipped,
//! go to all lanes at once. The 12 sums of a tile stay in registers.

use core::arch::{asm, x86_64::*};

use super::super::avx2::{self, block::Block, requant::Finish};
use super::super::unrolled::unrolled;
use super::dot::Dot;
use crate::kernels::{Gemm, Packing};

/// A [`Gemm`] over `count` patches.
pub fn gemm<D: Dot>(
    job: &Gemm<'_>,
    count: usize,
    patches: &[i8],
    out: &mut [i8],
    scratch: &mut [i8],
) {
    match (job.input_bytes, job.output_bytes, job.weights.packing) {
        // SAFETY: the table of this backend is handed out only where its instructions exist, and the
        // slices are as long as the job says.
        (1, 1, Packing::Host) if job.fits(count, patches.len(), out.len()) => unsafe {
            blocks::<D>(job, count, patches.as_ptr(), out.as_mut_ptr());
        },
        _ => avx2::gemm::gemm(job, count, patches, out, scratch),
    }
}

/// All channels, a block at a time.
///
/// # Safety
/// `job.fits` of slices that begin at these addresses.
#[target_feature(enable = "avx2")]
unsafe fn blocks<D: Dot>(job: &Gemm<'_>, count: usize, patches: *const i8, out: *mut i8) {
    let finish = Finish::new(&job.requant);
    let mut first = 0;
    while first < job.outputs() {
        // SAFETY: the caller's; `first` is a multiple of a block below the number of channels, and a
        // block's outputs begin there in each pixel.
        unsafe {
            let mut block = Block::new(job, first);
            let at = (count, patches, out.add(first));
            if block.rows > 8 {
                tiles::<D, 2>(job, &finish, &mut block, at);
            } else {
                tiles::<D, 1>(job, &finish, &mut block, at);
            }
            first = first.wrapping_add(block.rows);
        }
    }
}

/// All patches against the `H` halves of a block.
///
/// # Safety
/// `count` patches can be read from the first address on, and as many outputs of the block written from the
/// second on; the block's weights are all there.
#[target_feature(enable = "avx2")]
unsafe fn tiles<D: Dot, const H: usize>(
    job: &Gemm<'_>,
    finish: &Finish,
    block: &mut Block,
    (count, patches, out): (usize, *const i8, *mut i8),
) {
    let mut done = 0;
    while done < count {
        let left = count.wrapping_sub(done);
        // SAFETY: a tile takes no more patches than are left.
        let taken = unsafe {
            let at = (
                patches.add(done.wrapping_mul(job.pitch)),
                out.add(done.wrapping_mul(job.stride)),
            );
            match (done, left) {
                (0, 4..) => tile::<D, H, 4, true>(job, finish, block, at),
                (0, 2..) => tile::<D, H, 2, true>(job, finish, block, at),
                (0, _) => tile::<D, H, 1, true>(job, finish, block, at),
                (_, 8..) if H == 1 => tile::<D, H, 8, false>(job, finish, block, at),
                (_, 6..) if H == 2 => tile::<D, H, 6, false>(job, finish, block, at),
                (_, 4..) => tile::<D, H, 4, false>(job, finish, block, at),
                (_, 2..) => tile::<D, H, 2, false>(job, finish, block, at),
                _ => tile::<D, H, 1, false>(job, finish, block, at),
            }
        };
        done = done.wrapping_add(taken);
    }
}

/// `P` patches against the `H` halves of a block; `P`. The `FIRST` tile also sums the weights, and leaves
/// the bias as the others want it.
///
/// # Safety
/// `P` patches of the job can be read from the first address on, and as many outputs of the block written
/// from the second on; the block's weights are all there.
#[target_feature(enable = "avx2")]
unsafe fn tile<D: Dot, const H: usize, const P: usize, const FIRST: bool>(
    job: &Gemm<'_>,
    finish: &Finish,
    block: &mut Block,
    (from, to): (*const i8, *mut i8),
) -> usize {
    let zero = _mm256_setzero_si256();
    let flip = opaque(_mm256_set1_epi8(i8::MIN));
    let mut acc = if FIRST {
        [[zero; H]; P]
    } else {
        [block.bias::<H>(); P]
    };
    let mut sums = [zero; H];
    // Sums of a run of weights and what its elements are in each patch.
    macro_rules! step {
        ($weights:expr, $elements:expr) => {
            let weights: [__m256i; H] = $weights;
            if FIRST {
                unrolled!(half below H => {
                    sums[half] = D::dot(sums[half], flip, weights[half]);
                });
            }
            unrolled!(p below P => {
                let x = _mm256_set1_epi32($elements(from.add(p.wrapping_mul(job.pitch))));
                let x = _mm256_xor_si256(x, flip);
                unrolled!(half below H => {
                    acc[p][half] = D::dot(acc[p][half], x, weights[half]);
                });
            });
        };
    }
    let whole = job.k & !3;
    let mut done = 0;
    while done < whole {
        // SAFETY: a run of the block's weights and four elements of each patch, all below `k`.
        unsafe {
            step!(block.run::<H>(done), |patch: *const i8| patch
                .add(done)
                .cast::<i32>()
                .read_unaligned());
        }
        done = done.wrapping_add(4);
    }
    if whole < job.k {
        // SAFETY: the elements from `whole` on are the patch's own.
        unsafe {
            step!(block.last_run::<H>(), |patch: *const i8| {
                Block::last_elements(patch.add(whole), job.k & 3)
            });
        }
    }
    if FIRST {
        for (bias, sums) in block.bias.iter_mut().zip(sums) {
            *bias = _mm256_sub_epi32(*bias, sums);
        }
        let bias = block.bias::<H>();
        unrolled!(p below P => {
            unrolled!(half below H => {
                acc[p][half] = _mm256_add_epi32(acc[p][half], bias[half]);
            });
        });
    }
    // SAFETY: the outputs of the tile.
    unsafe { block.finish(finish, &acc, (to, job.stride)) };
    P
}

/// The same value, of which the compiler knows nothing: it would flip bits before it broadcasts, in
/// two instructions more than the one that takes both from memory.
#[inline]
#[target_feature(enable = "avx2")]
fn opaque(value: __m256i) -> __m256i {
    let same;
    // SAFETY: nothing is executed.
    unsafe {
        asm!("/* {0} */", inlateout(ymm_reg) value => same,
            options(pure, nomem, nostack, preserves_flags));
    }
    same
}
