//! Cores of ARMv7-M without the DSP extension: Cortex-M3.
//!
//! They have no SIMD, but a multiplication with a sum of 64 bits. So two activations of neighbouring
//! pixels go into one register, 23 bits apart, and one instruction multiplies both with a weight.

mod depthwise;
mod dots;
mod finish;

use super::{Depthwise, Gemm, Kernels, Packing, scalar, small};

/// The backend.
pub const KERNELS: Kernels = Kernels {
    name: "armv7m",
    packing: Packing::Portable,
    copy_runs: super::copy_words::copy_runs,
    gemm,
    depthwise: depthwise_row,
    ..scalar::KERNELS
};

/// A [`Gemm`], two pixels at a time.
fn gemm(job: &Gemm<'_>, count: usize, patches: &[i8], out: &mut [i8], _scratch: &mut [i8]) {
    small::gemm::<dots::Pairs, 2>(finish::finish, job, count, patches, out);
}

/// A row of a [`Depthwise`].
fn depthwise_row(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8], scratch: &mut [i8]) {
    const INNER: small::Inner = small::Inner {
        taps: (depthwise::taps, finish::finish),
        pair: (depthwise::pair, finish::finish),
    };
    small::depthwise(&INNER, job, rows, out, scratch);
}
