//! Depthwise kernels of three by three, by far the most common: a row of pixels, 16 channels at a time.
//!
//! A loop goes along the row, column by column, and keeps the columns that windows share in registers.
//! Columns come in runs: those beside the image on the left, those of the image, those on its right.
//! What stands beside the image is read again and again from one place.

use core::arch::aarch64::{int8x16_t, int32x4_t, vaddq_s32, vdupq_n_s8};

use super::depthwise::{LANES, base, outside, products};
use super::finish::Finish;
use super::vector::{load, load_words};
use crate::kernels::Depthwise;

/// Columns that lie one behind the other.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    /// The next one, in each row.
    pub(super) rows: [*const i8; 3],
    /// Bytes from one to the next.
    pub(super) step: usize,
    /// How many.
    pub(super) count: usize,
}

/// 16 channels of a row of pixels.
pub(super) struct Row {
    /// Columns from the left on, and those behind them. After these comes `beyond`, without end.
    pub(super) columns: [Columns; 2],
    /// 16 bytes that stand outside the image.
    pub(super) beyond: *const i8,
    pub(super) out: *mut i8,
    /// Bytes from one output pixel to the next.
    pub(super) out_step: usize,
    /// Output pixels, at least one.
    pub(super) count: usize,
    pub(super) bias: [int32x4_t; 4],
    pub(super) multipliers: *const [u8; 4],
    pub(super) finish: Finish<false>,
}

/// How a core multiplies.
pub(super) trait Three {
    /// Makes the pixels of a row; windows move by `STRIDE` columns, 1 or 2. Weights come by rows.
    ///
    /// # Safety
    /// The core has the instructions. 16 bytes can be read of all columns and of `beyond`, and
    /// written of all pixels; there are 16 multipliers.
    unsafe fn row<const STRIDE: usize>(weights: &[[int8x16_t; 3]; 3], row: &Row);
}

/// The stride of a job that these loops can do.
pub(super) fn stride(job: &Depthwise<'_>) -> Option<usize> {
    let fits = job.kernel == [3, 3] && job.dilation == 1 && job.output_bytes == 1;
    (fits && (1..=2).contains(&job.stride)).then_some(job.stride)
}

/// A row of a job that fits, of 16 channels or more and with a row that is not empty, if that can be
/// done.
#[inline(always)]
pub(super) fn depthwise<T: Three>(
    job: &Depthwise<'_>,
    stride: usize,
    rows: &[&[i8]],
    out: &mut [i8],
) -> bool {
    let (Some(finish), &[a, b, c]) = (Finish::<false>::of(&job.requant), rows) else {
        return false;
    };
    let pixels = out.len().checked_div(job.channels).unwrap_or(0);
    if pixels == 0 {
        return true;
    }
    let bases = [a, b, c].map(|row| base(rows, row, 0));
    let present = [a, b, c].map(|row| !row.is_empty());
    let mut start = 0;
    while start < job.channels {
        // The last 16 channels, some of them for a second time, where less than 16 are left.
        let first = start.min(job.channels.wrapping_sub(LANES));
        // SAFETY: the job fits, so 16 channels from `first` on are there of weights, biases and
        // multipliers, of what stands outside, of every column and of as many pixels as `out` has
        // room for.
        unsafe {
            let beyond = outside::<false>(job, first);
            let beside = Columns {
                rows: [(&raw const beyond).cast(); 3],
                step: 0,
                count: job.pad_left,
            };
            let image = Columns {
                rows: bases.map(|row| row.wrapping_add(first)),
                step: job.channels,
                count: job.width,
            };
            let (weights, bias) = weights(job, first, present, beyond);
            let row = Row {
                columns: [beside, image],
                beyond: (&raw const beyond).cast(),
                out: out.as_mut_ptr().wrapping_add(first),
                out_step: job.channels,
                count: pixels,
                bias,
                multipliers: job.requant.multipliers.as_ptr().wrapping_add(first),
                finish,
            };
            if stride == 1 {
                T::row::<1>(&weights, &row);
            } else {
                T::row::<2>(&weights, &row);
            }
        }
        start = start.wrapping_add(LANES);
    }
    true
}

/// Weights and biases of 16 channels. Rows that are not there have weights of 0, and what they would
/// have added is in the biases.
///
/// # Safety
/// The job fits, has a kernel of three by three and 16 channels from `first` on.
#[inline(always)]
unsafe fn weights(
    job: &Depthwise<'_>,
    first: usize,
    present: [bool; 3],
    beyond: int8x16_t,
) -> ([[int8x16_t; 3]; 3], [int32x4_t; 4]) {
    // SAFETY: the caller's promise: nine taps of `channels` bytes, and as many words.
    unsafe {
        let from = job.requant.bias.as_ptr().wrapping_add(first).cast::<i8>();
        let mut bias = [0, 16, 32, 48].map(|at| load_words(from.wrapping_add(at)));
        let from = job.weights.values.as_ptr().wrapping_add(first);
        let taps = [0, 1, 2].map(|i: usize| {
            [0, 1, 2].map(|j: usize| {
                let tap = i.wrapping_mul(3).wrapping_add(j);
                load(from.wrapping_add(tap.wrapping_mul(job.channels)))
            })
        });
        let mut weights = taps;
        for (row, present) in weights.iter_mut().zip(present) {
            if !present {
                for tap in row {
                    for (bias, product) in bias.iter_mut().zip(products(*tap, beyond)) {
                        *bias = vaddq_s32(*bias, product);
                    }
                    *tap = vdupq_n_s8(0);
                }
            }
        }
        (weights, bias)
    }
}

/// Steps to the next column: goes on with `then` where one is left of the run, else begins the next
/// run first. To be closed by [`next_run`] with the same labels.
macro_rules! next_column {
    ($turn:literal, $then:literal) => {
        concat!(
            "subs {left}, {left}, #1\n",
            "b.lo ",
            $turn,
            "f\n",
            $then,
            ":\n",
        )
    };
}

/// Where the next run of columns begins, out of the loop's way.
macro_rules! next_run {
    ($turn:literal, $then:literal) => {
        concat!(
            $turn,
            ":\n",
            "mov {r0}, {n0}\n",
            "mov {r1}, {n1}\n",
            "mov {r2}, {n2}\n",
            "mov {step}, {next_step}\n",
            "subs {left}, {next_left}, #1\n",
            "mov {n0}, {beyond}\n",
            "mov {n1}, {beyond}\n",
            "mov {n2}, {beyond}\n",
            "mov {next_step}, xzr\n",
            "mov {next_left}, #0x7fff000000000000\n",
            "b.lo ",
            $turn,
            "b\n",
            "b ",
            $then,
            "b\n",
        )
    };
}

/// Requantizes and stores the accumulators v0 to v3, with multipliers from four registers.
macro_rules! finish {
    ($a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            "cbz {shift:w}, 7f\n",
            "sshl v0.4s, v0.4s, v31.4s\n",
            "sshl v1.4s, v1.4s, v31.4s\n",
            "sshl v2.4s, v2.4s, v31.4s\n",
            "sshl v3.4s, v3.4s, v31.4s\n",
            "7:\n",
            "sqdmulh v0.4s, v0.4s, v",
            $a,
            ".4s\n",
            "sqdmulh v1.4s, v1.4s, v",
            $b,
            ".4s\n",
            "sqdmulh v2.4s, v2.4s, v",
            $c,
            ".4s\n",
            "sqdmulh v3.4s, v3.4s, v",
            $d,
            ".4s\n",
            "sqrshrn v0.4h, v0.4s, #1\n",
            "sqrshrn v2.4h, v2.4s, #1\n",
            "sqrshrn2 v0.8h, v1.4s, #1\n",
            "sqrshrn2 v2.8h, v3.4s, #1\n",
            "sqadd v0.8h, v0.8h, v28.8h\n",
            "sqadd v2.8h, v2.8h, v28.8h\n",
            "sqxtn v0.8b, v0.8h\n",
            "sqxtn2 v0.16b, v2.8h\n",
            "smax v0.16b, v0.16b, v29.16b\n",
            "smin v0.16b, v0.16b, v30.16b\n",
            "st1 {{v0.16b}}, [{out}], {out_step}\n",
        )
    };
}

/// The loop of a row: its text, the registers from v16 on that hold weights, and what it changes besides
/// v0 to v15.
macro_rules! walk {
    ($row:expr, [$($text:expr),* $(,)?], [$($register:tt = $weight:expr),* $(,)?], [$($more:tt)*]) => {{
        let row: &Row = $row;
        let [first, then] = row.columns;
        let ([r0, r1, r2], [n0, n1, n2]) = (first.rows, then.rows);
        asm!(
            $($text,)*
            r0 = inout(reg) r0 => _,
            r1 = inout(reg) r1 => _,
            r2 = inout(reg) r2 => _,
            step = inout(reg) first.step => _,
            left = inout(reg) first.count => _,
            n0 = inout(reg) n0 => _,
            n1 = inout(reg) n1 => _,
            n2 = inout(reg) n2 => _,
            next_step = inout(reg) then.step => _,
            next_left = inout(reg) then.count => _,
            beyond = in(reg) row.beyond,
            out = inout(reg) row.out => _,
            out_step = in(reg) row.out_step,
            count = inout(reg) row.count => _,
            bias = in(reg) row.bias.as_ptr(),
            multipliers = in(reg) row.multipliers,
            shift = in(reg) row.finish.shift,
            $(in($register) $weight,)*
            $($more)*
            in("v28") row.finish.zero,
            in("v29") row.finish.lo,
            in("v30") row.finish.hi,
            in("v31") vdupq_n_s32(row.finish.shift),
            out("v0") _, out("v1") _, out("v2") _, out("v3") _,
            out("v4") _, out("v5") _, out("v6") _, out("v7") _,
            out("v8") _, out("v9") _, out("v10") _, out("v11") _,
            out("v12") _, out("v13") _, out("v14") _, out("v15") _,
            options(nostack)
        );
    }};
}

/// The text of a loop over pixels: `column` and `pixel` are macros that take the three columns' names,
/// `column` also labels of its own. A column comes into the place of one that is not needed any more.
macro_rules! strides {
    ($column:ident, $pixel:ident, $row:expr, $weights:tt, $more:tt) => {
        if STRIDE == 1 {
            walk!(
                $row,
                [
                    ".arch_extension dotprod",
                    $column!(a, "31", "41"),
                    $column!(b, "32", "42"),
                    "2:",
                    $column!(c, "33", "43"),
                    $pixel!(a, b, c),
                    "subs {count}, {count}, #1",
                    "b.eq 9f",
                    $column!(a, "34", "44"),
                    $pixel!(b, c, a),
                    "subs {count}, {count}, #1",
                    "b.eq 9f",
                    $column!(b, "35", "45"),
                    $pixel!(c, a, b),
                    "subs {count}, {count}, #1",
                    "b.ne 2b",
                    "b 9f",
                    next_run!("31", "41"),
                    next_run!("32", "42"),
                    next_run!("33", "43"),
                    next_run!("34", "44"),
                    next_run!("35", "45"),
                    "9:",
                ],
                $weights,
                $more
            );
        } else {
            walk!(
                $row,
                [
                    ".arch_extension dotprod",
                    $column!(a, "31", "41"),
                    "2:",
                    $column!(b, "32", "42"),
                    $column!(c, "33", "43"),
                    $pixel!(a, b, c),
                    "subs {count}, {count}, #1",
                    "b.eq 9f",
                    $column!(a, "34", "44"),
                    $column!(b, "35", "45"),
                    $pixel!(c, a, b),
                    "subs {count}, {count}, #1",
                    "b.eq 9f",
                    $column!(c, "36", "46"),
                    $column!(a, "37", "47"),
                    $pixel!(b, c, a),
                    "subs {count}, {count}, #1",
                    "b.ne 2b",
                    "b 9f",
                    next_run!("31", "41"),
                    next_run!("32", "42"),
                    next_run!("33", "43"),
                    next_run!("34", "44"),
                    next_run!("35", "45"),
                    next_run!("36", "46"),
                    next_run!("37", "47"),
                    "9:",
                ],
                $weights,
                $more
            );
        }
    };
}

pub(super) use {finish, next_column, next_run, strides, walk};
