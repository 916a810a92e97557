//! AVX2: registers of 32 bytes, for every x86-64 since about 2013 (Intel) and 2015 (AMD).
//!
//! There is no instruction that multiplies int8 and adds up in 32 bits. `vpmaddubsw` multiplies
//! unsigned by signed bytes and adds pairs in 16 bits, with saturation; it is exact if the unsigned
//! side is `|x|`, at most 128, and the signed side is the weight with the sign of `x`: two products are
//! then at most `2 * 128 * 127`, which 16 bits hold, since no weight is -128.

pub mod block;
pub mod depthwise;
mod elements;
pub mod gemm;
mod lines;
mod pair;
pub mod requant;
pub mod runs;

use super::copy;
use crate::kernels::{Kernels, Packing, scalar};

/// The backend for AVX2.
pub const KERNELS: Kernels = Kernels {
    name: "avx2",
    packing: Packing::Host,
    gemm: gemm::gemm,
    depthwise: depthwise::depthwise,
    copy_runs: copy::copy_runs,
    add: pair::add,
    mul: pair::mul,
    sum_into: elements::sum_into,
    max_into: elements::max_into,
    min_into: elements::min_into,
    ..scalar::KERNELS
};
