//! AVX-512 with VNNI: registers of 64 bytes, and `vpdpbusd`, which multiplies 64 pairs of bytes and
//! adds four products to each of 16 sums at once.
//!
//! `vpdpbusd` takes unsigned bytes times signed ones. An int8 `x` with its sign bit flipped is the
//! unsigned `x + 128`, so a sum over flipped activations is the wanted one and `128 * sum(w)`: that
//! is subtracted again, once for each output channel. Sums wrap at 32 bits, so this is exact.

mod depthwise;
mod elements;
mod gemm;
mod lines;
mod pool;
mod requant;

use super::copy;
use crate::kernels::{Kernels, Packing, scalar};

/// The backend for AVX-512 with VNNI.
pub const KERNELS: Kernels = Kernels {
    name: "avx512vnni",
    packing: Packing::Host,
    gemm: gemm::gemm,
    depthwise: depthwise::depthwise,
    several_rows: Some(depthwise::several_rows),
    copy_runs: copy::copy_runs,
    add: elements::add,
    mul: elements::mul,
    lookup: elements::lookup,
    lookup_in_place: elements::lookup_in_place,
    sum_into: pool::sum_into,
    average: pool::average,
    max_into: elements::max_into,
    min_into: elements::min_into,
    ..scalar::KERNELS
};
