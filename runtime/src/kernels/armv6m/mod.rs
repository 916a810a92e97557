//! Cores of ARMv6-M: Cortex-M0+, M0, M1. Eight registers for most instructions, and no product longer than
//! 32 bits.

mod depthwise;
mod dots;
mod finish;

use super::{Depthwise, Gemm, Kernels, Packing, scalar, small};

/// The backend.
pub const KERNELS: Kernels = Kernels {
    name: "armv6m",
    packing: Packing::Portable,
    gemm,
    depthwise: depthwise_row,
    ..scalar::KERNELS
};

/// A [`Gemm`], four pixels at a time.
fn gemm(job: &Gemm<'_>, count: usize, patches: &[i8], out: &mut [i8], _scratch: &mut [i8]) {
    small::gemm::<dots::Fours, 4>(finish::finish, job, count, patches, out);
}

/// A row of a [`Depthwise`].
fn depthwise_row(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8], scratch: &mut [i8]) {
    const INNER: small::Inner = small::Inner {
        taps: (depthwise::taps, finish::finish),
        pair: (depthwise::pair, finish::finish),
    };
    small::depthwise(&INNER, job, rows, out, scratch);
}
