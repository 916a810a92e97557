//! AArch64: plain NEON, and with dot products and matrix products where the core has them.

mod depthwise;
mod detect;
mod finish;
mod gemm;
mod taps_dot;
mod three;
mod three_dot;
mod tile_dot;
mod vector;

use super::{Depthwise, Gemm, Kernels, Packing, scalar};

/// The plain backend.
const NEON: Kernels = Kernels {
    name: "neon",
    packing: Packing::CortexA,
    ..scalar::KERNELS
};

/// For cores with dot products.
const DOTPROD: Kernels = Kernels {
    name: "neon-dotprod",
    gemm: gemm_dot,
    depthwise: depthwise_dot,
    ..NEON
};

fn gemm_dot(job: &Gemm<'_>, count: usize, patches: &[i8], out: &mut [i8], _scratch: &mut [i8]) {
    gemm::gemm::<tile_dot::Dot>(job, count, patches, out);
}

fn depthwise_dot(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8], scratch: &mut [i8]) {
    depthwise::depthwise::<tile_dot::Dot>(job, rows, out, scratch);
}

/// Those that run on the machine, the fastest last.
pub fn backends() -> impl Iterator<Item = &'static Kernels> {
    let features = detect::features();
    let dotprod = features.dotprod.then_some(&DOTPROD);
    [&NEON].into_iter().chain(dotprod)
}
