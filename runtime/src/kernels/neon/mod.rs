//! AArch64: plain NEON, and with dot products and matrix products where the core has them.
//!
//! Three backends share what lies around the products: [`gemm`] and [`depthwise`] say which bytes meet
//! which weights, and a type for each kind of core says how they are multiplied.
//!
//! On bare metal nothing that is read or written needs more alignment than its type has ([`vector`]). Yet a
//! board should have its MMU on, with its RAM as normal memory: else memory is a device's, which no cache
//! keeps. Under an operating system memory is normal, and accesses that are not aligned are right.

mod copy;
mod depthwise;
mod detect;
mod finish;
mod five;
mod gemm;
mod pair;
mod pool;
mod stores;
mod table;
mod taps;
mod taps_dot;
mod taps_plain;
mod three;
mod three_dot;
mod three_plain;
mod tile_dot;
mod tile_matrix;
mod tile_plain;
mod vector;
mod walk;

use super::{Depthwise, Gemm, Kernels, Packing, scalar};

/// For any core.
const NEON: Kernels = Kernels {
    name: "neon",
    packing: Packing::CortexA,
    gemm: gemm_plain,
    depthwise: depthwise_plain,
    copy_runs: copy::copy_runs,
    add: pair::add,
    mul: pair::mul,
    lookup: table::lookup,
    lookup_in_place: table::lookup_in_place,
    sum_into: pool::sum_into,
    average: pool::average,
    max_into: pair::max_into,
    min_into: pair::min_into,
    ..scalar::KERNELS
};

/// For cores with dot products.
const DOTPROD: Kernels = Kernels {
    name: "neon-dotprod",
    gemm: gemm_dot,
    depthwise: depthwise_dot,
    ..NEON
};

/// For cores with matrix products, which have dot products too.
const I8MM: Kernels = Kernels {
    name: "neon-i8mm",
    gemm: gemm_matrix,
    ..DOTPROD
};

/// Those that run on the machine, the fastest last.
pub fn backends() -> impl Iterator<Item = &'static Kernels> {
    let features = detect::features();
    let dotprod = features.dotprod.then_some(&DOTPROD);
    let i8mm = (features.dotprod && features.i8mm).then_some(&I8MM);
    [&NEON].into_iter().chain(dotprod).chain(i8mm)
}

fn gemm_plain(job: &Gemm<'_>, count: usize, patches: &[i8], out: &mut [i8], _: &mut [i8]) {
    gemm::gemm::<tile_plain::Plain>(job, count, patches, out);
}

fn gemm_dot(job: &Gemm<'_>, count: usize, patches: &[i8], out: &mut [i8], _: &mut [i8]) {
    gemm::gemm::<tile_dot::Dot>(job, count, patches, out);
}

fn gemm_matrix(job: &Gemm<'_>, count: usize, patches: &[i8], out: &mut [i8], _: &mut [i8]) {
    gemm::gemm::<tile_matrix::Matrix>(job, count, patches, out);
}

fn depthwise_plain(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8], scratch: &mut [i8]) {
    depthwise::depthwise::<tile_plain::Plain>(job, rows, out, scratch);
}

fn depthwise_dot(job: &Depthwise<'_>, rows: &[&[i8]], out: &mut [i8], scratch: &mut [i8]) {
    depthwise::depthwise::<tile_dot::Dot>(job, rows, out, scratch);
}
