//! Depthwise convolution: 64 lanes of channels, and the taps of a column of the kernel four at a time.
//!
//! `vpdpbusd` adds four products in each lane. Four rows under one column of the window, interleaved
//! byte by byte, are four taps of each channel side by side: three rows (and nothing as the fourth) make
//! a 3×3 kernel three instructions instead of nine. Interleaved columns serve all pixels whose window they
//! lie under. Interleaving leaves channels in an order that packing the results turns back.
//!
//! Layers of few channels would leave lanes empty: there the register holds two or four pieces of the
//! row, far apart, and each piece moves along by itself.

use core::arch::x86_64::*;

use super::requant::{Finish, first16, first64};
use crate::kernels::{Depthwise, scalar};

/// Most rows and columns of a kernel; larger ones go to the scalar kernel.
const MOST: usize = 8;

/// A row of a [`Depthwise`].
pub fn depthwise(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8], scratch: &mut [i8]) {
    let [taps_h, taps_w] = job.kernel;
    let ours = (job.input_bytes, job.output_bytes, job.multiplier) == (1, 1, 1)
        && !job.weights.packing.depthwise_by_channel()
        && taps_h <= MOST
        && taps_w <= MOST
        && job.fits(rows);
    let columns = out.len().checked_div(job.channels).unwrap_or(0);
    let Some(beyond) = scratch
        .get_mut(..job.channels)
        .filter(|_| ours && columns > 0)
    else {
        return scalar::depthwise(job, rows, out, scratch);
    };
    match job.outside {
        Some(pixel) => beyond.copy_from_slice(pixel),
        None => beyond.fill(job.zero_point),
    }
    // A row outside the image is one pixel that comes again and again.
    let mut under = [Row {
        at: beyond.as_ptr(),
        step: 0,
    }; MOST];
    for (row, place) in rows.iter().zip(&mut under) {
        if !row.is_empty() {
            *place = Row {
                at: row.as_ptr(),
                step: job.channels,
            };
        }
    }
    let site = Site {
        job,
        under,
        beyond: beyond.as_ptr(),
        columns,
        out: out.as_mut_ptr(),
    };
    // SAFETY: the table of this backend is handed out only where its instructions exist; `fits` was
    // asked, `beyond` has a byte for each channel, and `columns` whole pixels fit the output.
    unsafe { site.run() }
}

/// A row under the window: where it begins, and how far its pixels are apart.
#[derive(Clone, Copy)]
struct Row {
    at: *const i8,
    step: usize,
}

/// The job with its rows.
struct Site<'a> {
    job: &'a Depthwise<'a>,
    under: [Row; MOST],
    /// The pixel that stands outside the image.
    beyond: *const i8,
    /// Output pixels.
    columns: usize,
    out: *mut i8,
}

/// Channels from `first` on, `width` of them, in each of `P` pieces of the row.
#[derive(Clone, Copy)]
struct Part {
    first: usize,
    width: usize,
    /// Output pixels of a piece.
    length: usize,
}

impl Site<'_> {
    /// All channels, 64 at a time, the last of them in pieces of the row.
    ///
    /// # Safety
    /// The rows hold `width` pixels of all channels each, or one that is never left; `beyond` one; the
    /// output `columns`. The weights and words of all channels are there.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    unsafe fn run(&self) {
        let mut first = 0;
        while first < self.job.channels {
            let left = self.job.channels.wrapping_sub(first);
            // SAFETY: the caller's.
            let done = unsafe {
                match left {
                    33.. => self.part::<1>(first, left.min(64)),
                    17..=32 => self.part::<2>(first, left),
                    _ => self.part::<4>(first, left),
                }
            };
            first = first.wrapping_add(done);
        }
    }

    /// Some channels of the whole row; how many.
    ///
    /// # Safety
    /// As for `run`; the channels exist.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    unsafe fn part<const P: usize>(&self, first: usize, width: usize) -> usize {
        let part = Part {
            first,
            width,
            length: self.columns.div_ceil(P),
        };
        // SAFETY: the caller's.
        unsafe {
            match (self.job.kernel, self.job.stride, self.job.dilation) {
                ([3, 3], 1, 1) => self.sliding::<P, 1>(&part),
                ([3, 3], 2, 1) => self.sliding::<P, 2>(&part),
                ([rows, _], ..) if rows <= 4 => self.any::<P, 1>(&part),
                _ => self.any::<P, 2>(&part),
            }
        }
        width
    }

    /// The output pixel at which each piece begins: the last ones overlap where the row does not divide.
    #[inline(always)]
    fn starts<const P: usize>(&self, part: &Part) -> [usize; P] {
        let mut starts = [0; P];
        let last = self.columns.wrapping_sub(part.length);
        for (n, start) in starts.iter_mut().enumerate() {
            *start = n.wrapping_mul(part.length).min(last);
        }
        starts
    }

    /// 3×3 with stride `S`: the columns under the next window that lay under this one stay in registers.
    ///
    /// # Safety
    /// As for `part`.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    unsafe fn sliding<const P: usize, const S: usize>(&self, part: &Part) {
        let starts = self.starts::<P>(part);
        // SAFETY: the caller's; windows of pixels below `length` begin below `starts` and `length`.
        unsafe {
            let [w0, w1, w2] = [
                self.weights::<P>(part, 0, 0),
                self.weights::<P>(part, 0, 1),
                self.weights::<P>(part, 0, 2),
            ];
            let mut finish = Channels::new::<P>(self.job, part);
            for w in [&w0, &w1, &w2] {
                finish.unflip(w);
            }
            let (mut a, mut b, mut c);
            b = self.column::<P>(part, &starts, 0, (0, 0));
            c = self.column::<P>(part, &starts, 0, (0, 1));
            a = b;
            for x in 0..part.length {
                if S == 1 {
                    if x > 0 {
                        (a, b) = (b, c);
                    } else {
                        (a, b) = (b, c);
                    }
                    c = self.column::<P>(part, &starts, 0, (x, 2));
                } else {
                    if x > 0 {
                        a = c;
                        b = self.column::<P>(part, &starts, 0, (x, 1));
                    } else {
                        (a, b) = (b, c);
                    }
                    c = self.column::<P>(part, &starts, 0, (x, 2));
                }
                let mut acc = finish.bias;
                for i in 0..4 {
                    acc[i] = _mm512_dpbusd_epi32(acc[i], a[i], w0[i]);
                    acc[i] = _mm512_dpbusd_epi32(acc[i], b[i], w1[i]);
                    acc[i] = _mm512_dpbusd_epi32(acc[i], c[i], w2[i]);
                }
                self.store::<P>(part, &starts, x, finish.finish(acc));
            }
            let _ = a;
        }
    }

    /// Any kernel of up to `4 * Q` rows.
    ///
    /// # Safety
    /// As for `part`.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    unsafe fn any<const P: usize, const Q: usize>(&self, part: &Part) {
        let starts = self.starts::<P>(part);
        let zero = _mm512_setzero_si512();
        let mut weights = [[[zero; 4]; Q]; MOST];
        let taps = self.job.kernel[1];
        // SAFETY: the caller's; windows of pixels below `length` begin below `starts` and `length`.
        unsafe {
            let mut finish = Channels::new::<P>(self.job, part);
            for (j, weights) in weights.iter_mut().enumerate().take(taps) {
                for (q, weights) in weights.iter_mut().enumerate() {
                    *weights = self.weights::<P>(part, q, j);
                    finish.unflip(weights);
                }
            }
            for x in 0..part.length {
                let mut acc = finish.bias;
                for (j, weights) in weights.iter().enumerate().take(taps) {
                    for (q, weights) in weights.iter().enumerate() {
                        let column = self.column::<P>(part, &starts, q, (x, j));
                        for i in 0..4 {
                            acc[i] = _mm512_dpbusd_epi32(acc[i], column[i], weights[i]);
                        }
                    }
                }
                self.store::<P>(part, &starts, x, finish.finish(acc));
            }
        }
    }

    /// The taps of column `j` in rows `4 * q` to `4 * q + 3`, interleaved, for every piece.
    ///
    /// # Safety
    /// As for `part`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn weights<const P: usize>(&self, part: &Part, q: usize, j: usize) -> [__m512i; 4] {
        let [rows, columns] = self.job.kernel;
        let mut taps = [_mm512_setzero_si512(); 4];
        for (i, tap) in taps.iter_mut().enumerate() {
            let row = q.wrapping_mul(4).wrapping_add(i);
            if row < rows {
                let tap_number = row.wrapping_mul(columns).wrapping_add(j);
                let place = tap_number
                    .wrapping_mul(self.job.channels)
                    .wrapping_add(part.first);
                // SAFETY: tap by tap, each has a weight for every channel.
                *tap = unsafe {
                    let at = self.job.weights.values.as_ptr().add(place);
                    load::<P>([at; P], part.width)
                };
            }
        }
        interleave(taps)
    }

    /// Rows `4 * q` to `4 * q + 3` under column `j` of the window of output pixel `x` of every piece,
    /// with flipped sign bits, interleaved.
    ///
    /// # Safety
    /// As for `part`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn column<const P: usize>(
        &self,
        part: &Part,
        starts: &[usize; P],
        q: usize,
        (x, j): (usize, usize),
    ) -> [__m512i; 4] {
        let job = self.job;
        let flip = _mm512_set1_epi8(i8::MIN);
        let mut rows = [_mm512_setzero_si512(); 4];
        let taps = job.kernel[0].wrapping_sub(q.wrapping_mul(4)).min(4);
        let offset = j.wrapping_mul(job.dilation).wrapping_sub(job.pad_left);
        for (i, row) in rows.iter_mut().enumerate().take(taps) {
            let under = self.under[(4 * q + i) % MOST];
            let mut at = [self.beyond; P];
            for (at, start) in at.iter_mut().zip(starts) {
                let column = start
                    .wrapping_add(x)
                    .wrapping_mul(job.stride)
                    .wrapping_add(offset);
                // Left of the image it wraps to a number greater than any width.
                if column < job.width {
                    *at = under.at.wrapping_add(column.wrapping_mul(under.step));
                }
                *at = at.wrapping_add(part.first);
            }
            // SAFETY: each address is a pixel of the row or the one outside the image, at a channel from
            // which on there are `width`.
            *row = unsafe { _mm512_xor_si512(load::<P>(at, part.width), flip) };
        }
        interleave(rows)
    }

    /// Stores pixel `x` of every piece.
    ///
    /// # Safety
    /// As for `part`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn store<const P: usize>(
        &self,
        part: &Part,
        starts: &[usize; P],
        x: usize,
        bytes: __m512i,
    ) {
        let mask = first64(part.width);
        let at = |start: usize| {
            let pixel = start.wrapping_add(x).wrapping_mul(self.job.channels);
            self.out.wrapping_add(pixel.wrapping_add(part.first))
        };
        // SAFETY: pixels below `columns`, `width` channels from `first` on of each.
        unsafe {
            match *starts.as_slice() {
                [a] => _mm512_mask_storeu_epi8(at(a), mask, bytes),
                [a, b] => {
                    _mm256_mask_storeu_epi8(at(a), mask as u32, _mm512_castsi512_si256(bytes));
                    let upper = _mm512_extracti64x4_epi64::<1>(bytes);
                    _mm256_mask_storeu_epi8(at(b), mask as u32, upper);
                }
                [a, b, c, d] => {
                    let mask = mask as u16;
                    _mm_mask_storeu_epi8(at(a), mask, _mm512_castsi512_si128(bytes));
                    _mm_mask_storeu_epi8(at(b), mask, _mm512_extracti32x4_epi32::<1>(bytes));
                    _mm_mask_storeu_epi8(at(c), mask, _mm512_extracti32x4_epi32::<2>(bytes));
                    _mm_mask_storeu_epi8(at(d), mask, _mm512_extracti32x4_epi32::<3>(bytes));
                }
                _ => {}
            }
        }
    }
}

/// `width` bytes from each of `P` addresses, side by side.
///
/// # Safety
/// They can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn load<const P: usize>(at: [*const i8; P], width: usize) -> __m512i {
    let mask = first64(width);
    // SAFETY: the masks hold the loads within `width` bytes.
    unsafe {
        match *at.as_slice() {
            [a] => _mm512_maskz_loadu_epi8(mask, a),
            [a, b] => {
                let a = _mm256_maskz_loadu_epi8(mask as u32, a);
                let b = _mm256_maskz_loadu_epi8(mask as u32, b);
                _mm512_inserti64x4::<1>(_mm512_castsi256_si512(a), b)
            }
            [a, b, c, d] => {
                let mask = mask as u16;
                let a = _mm512_castsi128_si512(_mm_maskz_loadu_epi8(mask, a));
                let a = _mm512_inserti32x4::<1>(a, _mm_maskz_loadu_epi8(mask, b));
                let a = _mm512_inserti32x4::<2>(a, _mm_maskz_loadu_epi8(mask, c));
                _mm512_inserti32x4::<3>(a, _mm_maskz_loadu_epi8(mask, d))
            }
            _ => _mm512_setzero_si512(),
        }
    }
}

/// Bytes of four registers in turn; register `i` has those of bytes `4 * i` to `4 * i + 3` of each quarter.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn interleave([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let (ab, cd) = (_mm512_unpacklo_epi8(a, b), _mm512_unpacklo_epi8(c, d));
    let (ab_high, cd_high) = (_mm512_unpackhi_epi8(a, b), _mm512_unpackhi_epi8(c, d));
    [
        _mm512_unpacklo_epi16(ab, cd),
        _mm512_unpackhi_epi16(ab, cd),
        _mm512_unpacklo_epi16(ab_high, cd_high),
        _mm512_unpackhi_epi16(ab_high, cd_high),
    ]
}

/// What turns sums into elements, in the order that interleaving leaves channels in.
struct Channels {
    bias: [__m512i; 4],
    multipliers: [__m512i; 4],
    finish: Finish,
}

impl Channels {
    /// # Safety
    /// The words of the part's channels are there.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    unsafe fn new<const P: usize>(job: &Depthwise<'_>, part: &Part) -> Self {
        // SAFETY: the caller's.
        unsafe {
            Self {
                bias: words::<P>(job.requant.bias, part),
                multipliers: words::<P>(job.requant.multipliers, part),
                finish: Finish::new(&job.requant),
            }
        }
    }

    /// Takes off what flipped sign bits add to the sums.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vnni")]
    fn unflip(&mut self, weights: &[__m512i; 4]) {
        for (bias, weights) in self.bias.iter_mut().zip(weights) {
            let sum =
                _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_set1_epi8(i8::MIN), *weights);
            *bias = _mm512_sub_epi32(*bias, sum);
        }
    }

    /// Sums to elements, channels in order again.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn finish(&self, acc: [__m512i; 4]) -> __m512i {
        let mut scaled = acc;
        if self.finish.shifts {
            for scaled in &mut scaled {
                *scaled = self.finish.shifted(*scaled);
            }
        }
        for (scaled, multipliers) in scaled.iter_mut().zip(&self.multipliers) {
            *scaled = self.finish.scale(*scaled, *multipliers);
        }
        self.finish.pack(scaled)
    }
}

/// Words of the part's channels as they are interleaved.
///
/// # Safety
/// They are there.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn words<const P: usize>(all: &[[u8; 4]], part: &Part) -> [__m512i; 4] {
    let mut natural = [_mm512_setzero_si512(); 4];
    for (n, words) in natural.iter_mut().enumerate() {
        let channel = (n % (4 / P)).wrapping_mul(16).min(part.width);
        let lanes = first16(part.width.wrapping_sub(channel));
        let at = all.as_ptr().wrapping_add(part.first.wrapping_add(channel));
        // SAFETY: words of the part's channels; the mask holds off those behind them.
        *words = unsafe { _mm512_maskz_loadu_epi32(lanes, at.cast()) };
    }
    // Quarter `q` of register `i` is quarter `i` of register `q`.
    let [a, b, c, d] = natural;
    let (ab, cd) = (
        _mm512_shuffle_i32x4::<0x44>(a, b),
        _mm512_shuffle_i32x4::<0x44>(c, d),
    );
    let (ab_high, cd_high) = (
        _mm512_shuffle_i32x4::<0xee>(a, b),
        _mm512_shuffle_i32x4::<0xee>(c, d),
    );
    [
        _mm512_shuffle_i32x4::<0x88>(ab, cd),
        _mm512_shuffle_i32x4::<0xdd>(ab, cd),
        _mm512_shuffle_i32x4::<0x88>(ab_high, cd_high),
        _mm512_shuffle_i32x4::<0xdd>(ab_high, cd_high),
    ]
}
