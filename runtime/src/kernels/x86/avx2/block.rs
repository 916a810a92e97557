//! A block of the host's order, 16 output channels of a layer: its weights, and the way of its sums to
//! memory.

use core::arch::x86_64::*;

use super::super::unrolled::unrolled;
use super::requant::{Finish, load_words};
use crate::kernels::{Gemm, Packing};

/// Channels of a block, by the host's order.
pub const BLOCK: usize = Packing::Host.block().0;

/// Up to 16 channels, in halves of eight.
pub struct Block {
    weights: *const i8,
    /// How many channels.
    pub rows: usize,
    /// The last run, if it is of fewer than four elements, with zeros behind each channel's.
    last: [__m256i; 2],
    /// Bias of each channel.
    pub bias: [__m256i; 2],
    multipliers: [__m256i; 2],
}

impl Block {
    /// The block that begins at channel `first`.
    ///
    /// # Safety
    /// `job.fits`, and `first` is a multiple of [`BLOCK`] below the number of channels.
    #[target_feature(enable = "avx2")]
    pub unsafe fn new(job: &Gemm<'_>, first: usize) -> Self {
        let rows = job.outputs().wrapping_sub(first).min(BLOCK);
        let (low, high) = (rows.min(8), rows.saturating_sub(8));
        let upper = low.wrapping_mul(4);
        let whole = job.k & !3;
        // SAFETY: so many words, and `k` times as many weights, are there from `first` on.
        unsafe {
            let weights = job.weights.values.as_ptr().add(first.wrapping_mul(job.k));
            let words = |all: &[[u8; 4]]| {
                let at = all.as_ptr().add(first).cast::<i8>();
                [load_words(at, low), load_words(at.add(upper), high)]
            };
            Self {
                weights,
                rows,
                last: last_run(weights.add(whole.wrapping_mul(rows)), rows, job.k & 3),
                bias: words(job.requant.bias),
                multipliers: words(job.requant.multipliers),
            }
        }
    }

    /// The run of four elements from element `at` on, of the first `H` halves.
    ///
    /// # Safety
    /// Four elements are left from there on; more than half of the rows are there if `H` is 2.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub unsafe fn run<const H: usize>(&self, at: usize) -> [__m256i; H] {
        let mut halves = [_mm256_setzero_si256(); H];
        let full = self.rows == H.wrapping_mul(8);
        // SAFETY: four bytes for each row are there; the first half is whole if there is a second.
        unsafe {
            let run = self.weights.add(at.wrapping_mul(self.rows));
            unrolled!(half below H => {
                let place = run.add(half.wrapping_mul(32));
                halves[half] = if full {
                    _mm256_loadu_si256(place.cast())
                } else {
                    load_words(place, self.rows.wrapping_sub(half.wrapping_mul(8)))
                };
            });
        }
        halves
    }

    /// The last run, of fewer than four elements, of the first `H` halves.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn last_run<const H: usize>(&self) -> [__m256i; H] {
        first(&self.last)
    }

    /// The bias of the first `H` halves.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn bias<const H: usize>(&self) -> [__m256i; H] {
        first(&self.bias)
    }

    /// One to three elements of a patch, low byte first, with zeros above them.
    ///
    /// # Safety
    /// They can be read.
    #[inline]
    pub unsafe fn last_elements(at: *const i8, elements: usize) -> i32 {
        let mut word = 0;
        for n in 0..elements {
            // SAFETY: the caller's.
            let byte = unsafe { at.add(n).cast::<u8>().read() };
            word |= i32::from(byte).wrapping_shl(8u32.wrapping_mul(n as u32));
        }
        word
    }

    /// Sums of `P` pixels to elements.
    ///
    /// # Safety
    /// The block's channels of so many pixels, `stride` bytes apart, can be written.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub unsafe fn finish<const H: usize, const P: usize>(
        &self,
        finish: &Finish,
        acc: &[[__m256i; H]; P],
        (to, stride): (*mut i8, usize),
    ) {
        // In each half of the register four bytes of four sums in turn: of two pixels, or of four.
        let by_pixel = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
        let flat = acc.as_flattened();
        unrolled!(n below (P * H).div_ceil(4) => {
            let mut four = [_mm256_setzero_si256(); 4];
            unrolled!(v below 4 => {
                if let Some(sums) = flat.get(n * 4 + v) {
                    four[v] = finish.scale(*sums, self.multipliers[v % H]);
                }
            });
            let bytes = _mm256_permutevar8x32_epi32(finish.pack(four), by_pixel);
            let pixel = n * 4 / H;
            // SAFETY: pixels below `P`, the block's channels of each.
            unsafe {
                let to = to.add(pixel.wrapping_mul(stride));
                store::<H>(bytes, (to, stride), P - pixel, self.rows);
            }
        });
    }
}

/// The first `H` halves.
#[inline]
#[target_feature(enable = "avx2")]
fn first<const H: usize>(halves: &[__m256i; 2]) -> [__m256i; H] {
    let found = halves.first_chunk::<H>().copied();
    found.unwrap_or([_mm256_setzero_si256(); H])
}

/// Stores the first `rows` of each `8 * H` bytes, for as many pixels as a register holds, at most `pixels`.
///
/// # Safety
/// They can be written, each `stride` bytes from the one before.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store<const H: usize>(
    bytes: __m256i,
    (to, stride): (*mut i8, usize),
    pixels: usize,
    rows: usize,
) {
    let (low, high) = (
        _mm256_castsi256_si128(bytes),
        _mm256_extracti128_si256::<1>(bytes),
    );
    // SAFETY: the caller's; of a whole pixel all bytes are stored, else `rows`, from an array of 32.
    unsafe {
        match (H, rows) {
            (2, 16) => {
                _mm_storeu_si128(to.cast(), low);
                if pixels > 1 {
                    _mm_storeu_si128(to.add(stride).cast(), high);
                }
            }
            (1, 8) => {
                let halves = [
                    low,
                    _mm_unpackhi_epi64(low, low),
                    high,
                    _mm_unpackhi_epi64(high, high),
                ];
                for (p, half) in halves.into_iter().enumerate().take(pixels) {
                    _mm_storel_epi64(to.add(p.wrapping_mul(stride)).cast(), half);
                }
            }
            _ => {
                let mut all = [0i8; 32];
                _mm256_storeu_si256(all.as_mut_ptr().cast(), bytes);
                for (p, pixel) in all.chunks_exact(H * 8).enumerate().take(pixels) {
                    let to = to.add(p.wrapping_mul(stride));
                    copy_some(pixel.as_ptr(), to, rows);
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

/// The last run of a block: `elements` (none to three) of each channel, with zeros behind them.
///
/// # Safety
/// So many weights can be read from there on.
#[target_feature(enable = "avx2")]
unsafe fn last_run(at: *const i8, rows: usize, elements: usize) -> [__m256i; 2] {
    let mut runs = [0i8; 64];
    for row in 0..rows.min(BLOCK) {
        for element in 0..elements {
            // SAFETY: each channel's elements lie one behind the other.
            let weight = unsafe { *at.add(row.wrapping_mul(elements).wrapping_add(element)) };
            if let Some(place) = runs.get_mut(row.wrapping_mul(4).wrapping_add(element)) {
                *place = weight;
            }
        }
    }
    // SAFETY: 64 bytes are there.
    unsafe {
        let runs = runs.as_ptr().cast::<__m256i>();
        [_mm256_loadu_si256(runs), _mm256_loadu_si256(runs.add(1))]
    }
}
