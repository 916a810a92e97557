//! Blocks of the host's order, 16 output channels each: their weights, and the way of their sums to memory.

use core::arch::x86_64::*;

use super::super::unrolled::unrolled;
use super::requant::{Finish, load_words};
use crate::kernels::{Gemm, Packing};

/// Channels of a block, by the host's order.
const BLOCK: usize = Packing::Host.block().0;

/// Channels in `H` registers of eight: up to 8 or up to 16 of a block, or all 32 of two.
pub struct Channels<const H: usize> {
    /// How many.
    pub count: usize,
    weights: *const i8,
    /// Bytes of a block's weights.
    block: usize,
    /// The last run, if it is of fewer than four elements, with zeros behind each channel's.
    last: [__m256i; H],
    /// Bias of each channel.
    pub bias: [__m256i; H],
    /// Multiplier of each channel.
    pub multipliers: [__m256i; H],
}

impl<const H: usize> Channels<H> {
    /// Those from channel `first` on.
    ///
    /// # Safety
    /// `job.fits`; `first` is a multiple of a block, from where on there are 32 channels if `H` is 4, else
    /// more than half a block if `H` is 2, else one at least.
    #[target_feature(enable = "avx2")]
    pub unsafe fn new(job: &Gemm<'_>, first: usize) -> Self {
        let zero = [_mm256_setzero_si256(); H];
        // SAFETY: so many words, and `k` times as many weights, are there from `first` on.
        unsafe {
            let mut channels = Self {
                count: job.outputs().wrapping_sub(first).min(H.wrapping_mul(8)),
                weights: job.weights.values.as_ptr().add(first.wrapping_mul(job.k)),
                block: job.k.wrapping_mul(BLOCK),
                last: zero,
                bias: zero,
                multipliers: zero,
            };
            for h in 0..H {
                let start = h.wrapping_mul(8);
                let count = channels.count.wrapping_sub(start);
                let words = |all: &[[u8; 4]]| {
                    let at = all.as_ptr().add(first).add(start);
                    load_words(at.cast(), count)
                };
                channels.bias[h] = words(job.requant.bias);
                channels.multipliers[h] = words(job.requant.multipliers);
                let last = channels.run_at(h, job.k & !3, job.k & 3);
                channels.last[h] = last_run(last, count, job.k & 3);
            }
            channels
        }
    }

    /// The run of four elements from element `at` on.
    ///
    /// # Safety
    /// Four elements are left from there on.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub unsafe fn run(&self, at: usize) -> [__m256i; H] {
        let mut runs = [_mm256_setzero_si256(); H];
        let full = H == 4 || self.count == H.wrapping_mul(8);
        // SAFETY: four bytes for each channel are there; only the last register may have fewer than eight.
        unsafe {
            unrolled!(h below H => {
                let place = self.run_at(h, at, 4);
                runs[h] = if full {
                    _mm256_loadu_si256(place.cast())
                } else {
                    load_words(place, self.count.wrapping_sub(h.wrapping_mul(8)))
                };
            });
        }
        runs
    }

    /// Where the weights of register `h` lie, in the run of so many elements from element `at` on.
    #[inline(always)]
    fn run_at(&self, h: usize, at: usize, elements: usize) -> *const i8 {
        let (block, within) = (h / 2, h % 2);
        let rows = if H == 4 { BLOCK } else { self.count };
        let run = at.wrapping_mul(rows);
        let half = within.wrapping_mul(8).wrapping_mul(elements);
        let block = block.wrapping_mul(self.block);
        self.weights
            .wrapping_add(block)
            .wrapping_add(run)
            .wrapping_add(half)
    }

    /// The last run, of fewer than four elements.
    #[inline(always)]
    pub fn last_run(&self) -> [__m256i; H] {
        self.last
    }

    /// Stores scaled sums as elements: of one pixel, two or four, as many as four registers hold; at most
    /// `pixels`.
    ///
    /// # Safety
    /// These channels of so many pixels, `stride` bytes apart, can be written.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub unsafe fn store(
        &self,
        finish: &Finish,
        scaled: [__m256i; 4],
        (to, stride): (*mut i8, usize),
        pixels: usize,
    ) {
        // In each half of the register four bytes of four sums in turn.
        let by_pixel = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
        let bytes = _mm256_permutevar8x32_epi32(finish.pack(scaled), by_pixel);
        // SAFETY: the caller's; there are 32 channels if `H` is 4.
        unsafe { store::<H>(bytes, (to, stride), pixels, self.count) };
    }
}

/// Turns the sums of a tile of `P` pixels and `H` registers of channels into elements, and stores them.
/// A function of this size would not be inlined, and its sums would take the way through memory.
macro_rules! finish_tile {
    ($channels:expr, $finish:expr, $acc:expr, $to:expr, $stride:expr) => {{
        if $finish.shifts {
            unrolled!(p below P => {
                unrolled!(h below H => {
                    $acc[p][h] = $finish.shifted($acc[p][h]);
                });
            });
        }
        unrolled!(n below (P * H).div_ceil(4) => {
            let mut four = [_mm256_setzero_si256(); 4];
            unrolled!(v below 4 => {
                if n * 4 + v < P * H {
                    let sums = $acc[(n * 4 + v) / H][v % H];
                    four[v] = $finish.scale(sums, $channels.multipliers[v % H]);
                }
            });
            let pixel = n * 4 / H;
            let to = $to.add(pixel.wrapping_mul($stride));
            $channels.store($finish, four, (to, $stride), P - pixel);
        });
    }};
}
pub(crate) use finish_tile;

/// Stores the first `count` of each `8 * H` bytes, for as many pixels as a register holds, at most `pixels`.
///
/// # Safety
/// They can be written, each `stride` bytes from the one before; `count` is 32 if `H` is 4.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store<const H: usize>(
    bytes: __m256i,
    (to, stride): (*mut i8, usize),
    pixels: usize,
    count: usize,
) {
    let (low, high) = (
        _mm256_castsi256_si128(bytes),
        _mm256_extracti128_si256::<1>(bytes),
    );
    // SAFETY: the caller's; of a whole pixel all bytes are stored, else `count`, from an array of 32.
    unsafe {
        match (H, count) {
            (4, _) => _mm256_storeu_si256(to.cast(), bytes),
            (2, 16) => {
                _mm_storeu_si128(to.cast(), low);
                if pixels > 1 {
                    _mm_storeu_si128(to.add(stride).cast(), high);
                }
            }
            (1, 8) => {
                let upper = |two| _mm_unpackhi_epi64(two, two);
                let eights = [low, upper(low), high, upper(high)];
                for (p, eight) in eights.into_iter().enumerate().take(pixels) {
                    _mm_storel_epi64(to.add(p.wrapping_mul(stride)).cast(), eight);
                }
            }
            _ => {
                let mut all = [0i8; 32];
                _mm256_storeu_si256(all.as_mut_ptr().cast(), bytes);
                for (p, pixel) in all.chunks_exact(H * 8).enumerate().take(pixels) {
                    copy_some(pixel.as_ptr(), to.add(p.wrapping_mul(stride)), count);
                }
            }
        }
    }
}

/// Copies 1 to 16 bytes: two overlapping copies of a size that the compiler knows.
///
/// # Safety
/// They can be read and written.
#[inline]
unsafe fn copy_some(from: *const i8, to: *mut i8, count: usize) {
    macro_rules! ends {
        ($word:ty) => {{
            let last = count.wrapping_sub(size_of::<$word>());
            let first = from.cast::<$word>().read_unaligned();
            let end = from.add(last).cast::<$word>().read_unaligned();
            to.cast::<$word>().write_unaligned(first);
            to.add(last).cast::<$word>().write_unaligned(end);
        }};
    }
    // SAFETY: the first and the last bytes of `count`.
    unsafe {
        match count {
            8.. => ends!(u64),
            4.. => ends!(u32),
            2.. => ends!(u16),
            _ => to.write(from.read()),
        }
    }
}

/// `elements` (none to three) of up to eight channels, with zeros behind each channel's.
///
/// # Safety
/// So many weights can be read from there on.
#[target_feature(enable = "avx2")]
unsafe fn last_run(at: *const i8, channels: usize, elements: usize) -> __m256i {
    let mut run = [[0i8; 4]; 8];
    for (n, four) in run.iter_mut().enumerate().take(channels) {
        for (element, place) in four.iter_mut().enumerate().take(elements) {
            // SAFETY: each channel's elements lie one behind the other.
            *place = unsafe { *at.add(n.wrapping_mul(elements).wrapping_add(element)) };
        }
    }
    // SAFETY: 32 bytes are there.
    unsafe { _mm256_loadu_si256(run.as_ptr().cast()) }
}
