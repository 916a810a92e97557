//! Micro-kernels: the inner loops, and the only room where `unsafe` is allowed.
//!
//! [`scalar`] *defines* every result; a backend for an instruction set offers the same few names in a
//! [`Kernels`] and returns the same bytes. Kernels know slices, never images or blobs.
//!
//! The backend is chosen when the crate is built, from the target; on x86-64, AArch64 and 32-bit
//! Cortex-A the first [`kernels`] looks which of those that are built in the processor can run. `--cfg
//! tidbit_backend="NAME"` forces one, `scalar` on any target; one of x86-64 only keeps faster ones out, since what
//! the processor lacks cannot be forced.
#![allow(unsafe_code, reason = "the one room for it; every block has its proof")]

#[cfg(tidbit_armv6m)]
mod armv6m;
#[cfg(tidbit_armv7em)]
mod armv7em;
#[cfg(tidbit_armv7m)]
mod armv7m;
#[cfg(any(tidbit_neon, tidbit_neon32))]
mod blocks;
pub mod bytes;
#[cfg(any(tidbit_armv7em, tidbit_armv7m))]
mod copy_words;
mod element;
mod jobs;
pub mod lanes;
#[cfg(tidbit_mve)]
mod mve;
#[cfg(tidbit_neon)]
mod neon;
#[cfg(tidbit_neon32)]
mod neon32;
mod packing;
mod rearrange;
pub mod scalar;
pub mod scratch;
mod several_rows;
#[cfg(any(tidbit_armv6m, tidbit_armv7m))]
mod small;
#[cfg(tidbit_x86)]
mod x86;

pub use element::Element;
pub use jobs::{Depthwise, Gemm, MAX_TAP_ROWS, Runs, Weights};
pub use lanes::{Lanes, Spread};
pub use packing::Packing;
pub use rearrange::{arg_max, between, copy_runs, every, min_into};
pub use scalar::{
    AddFactors, Average, MulFactors, Requant, average, average_in_place, clamp_to, interpolate,
    max_into, requantize, softmax_i8, softmax_q15, sum_into,
};

/// A GEMM over so many patches: job, how many, patches, output, scratch.
pub type GemmFn = fn(&Gemm<'_>, usize, &[i8], &mut [i8], &mut [i8]);
/// A row of a depthwise convolution: job, rows under the window, output row, scratch.
pub type DepthwiseFn = fn(&Depthwise<'_>, &[&[i8]], &mut [i8], &mut [i8]);
/// Several rows of one: job, rows by which the window moves, rows under all windows, output rows,
/// scratch. `None` for a job that it cannot make faster than row by row; then nothing was written.
pub type SeveralRowsFn = fn(&Depthwise<'_>, usize, &[&[i8]], &mut [i8], &mut [i8]) -> Option<()>;

/// A backend: the micro-kernels for one instruction set.
///
/// Every kernel leaves the output as it is where its slices are too short, and writes nothing beside
/// its output and its scratch.
#[derive(Clone, Copy, Debug)]
pub struct Kernels {
    /// As in `--cfg tidbit_backend="NAME"`.
    pub name: &'static str,
    /// The order of weights that it runs fast.
    pub packing: Packing,
    /// Kernels for patches side by side, where the backend is fastest on these.
    pub lanes: Option<Lanes>,
    /// A [`Gemm`] over so many patches. What it may need of scratch is [`scratch::of_patches`].
    pub gemm: GemmFn,
    /// A row of a [`Depthwise`], over as many rows as its kernel has. What it may need of scratch is
    /// [`scratch::of_depthwise`].
    pub depthwise: DepthwiseFn,
    /// Several rows of a [`Depthwise`] at a time, where the backend gains by it; it needs no more scratch
    /// than for one. [`Kernels::depthwise_rows`] calls it.
    pub several_rows: Option<SeveralRowsFn>,
    /// Copies [`Runs`].
    pub copy_runs: fn(&Runs, &[i8], &mut [i8]),
    /// `(a * ma + b * mb + c) >> shift`, clamped, in the place of `a`; a `b` of one element stands for
    /// all.
    pub add: fn(&mut [i8], &[i8], &AddFactors),
    /// The product of both less their zero points, requantized, in the place of `a`; a `b` of one
    /// element stands for all.
    pub mul: fn(&mut [i8], &[i8], &MulFactors),
    /// `table[x + 128]`, element by element.
    pub lookup: fn(&[i8; 256], &[i8], &mut [i8]),
    /// As `lookup`, in place.
    pub lookup_in_place: fn(&[i8; 256], &mut [i8]),
    /// Adds a pixel to sums kept as little-endian i32.
    pub sum_into: fn(&mut [[u8; 4]], &[i8]),
    /// Sums to elements.
    pub average: fn(&[[u8; 4]], &Average, &mut [i8]),
    /// Keeps the greater of each element.
    pub max_into: fn(&mut [i8], &[i8]),
    /// Keeps the lesser of each element.
    pub min_into: fn(&mut [i8], &[i8]),
}

/// The fastest backend for the machine.
pub fn kernels() -> &'static Kernels {
    #[cfg(tidbit_armv6m)]
    return &armv6m::KERNELS;
    #[cfg(tidbit_armv7em)]
    return &armv7em::KERNELS;
    #[cfg(tidbit_armv7m)]
    return &armv7m::KERNELS;
    #[cfg(tidbit_mve)]
    return &mve::KERNELS;
    #[cfg(not(any(tidbit_armv6m, tidbit_armv7em, tidbit_armv7m, tidbit_mve)))]
    backends().last().unwrap_or(&scalar::KERNELS)
}

/// Every backend that runs on the machine, the scalar one first and the fastest last.
pub fn backends() -> impl Iterator<Item = &'static Kernels> {
    let scalar = [&scalar::KERNELS].into_iter();
    #[cfg(tidbit_x86)]
    let scalar = scalar.chain(x86::backends());
    #[cfg(tidbit_neon)]
    let scalar = scalar.chain(neon::backends());
    #[cfg(tidbit_neon32)]
    let scalar = scalar.chain(neon32::backends());
    #[cfg(tidbit_armv6m)]
    let scalar = scalar.chain([&armv6m::KERNELS]);
    #[cfg(tidbit_armv7em)]
    let scalar = scalar.chain([&armv7em::KERNELS]);
    #[cfg(tidbit_armv7m)]
    let scalar = scalar.chain([&armv7m::KERNELS]);
    #[cfg(tidbit_mve)]
    let scalar = scalar.chain([&mve::KERNELS]);
    scalar
}
