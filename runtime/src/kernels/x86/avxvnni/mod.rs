//! AVX-VNNI: registers of 32 bytes and `vpdpbusd`, for processors without AVX-512 (Intel's of about 2021 on,
//! and what they call efficient cores).
//!
//! The sums are made as for AVX-512: an int8 `x` with its sign bit flipped is the unsigned `x + 128`, and
//! `128 * sum(w)` is taken off each output channel's bias. Around the products all is as for AVX2.

mod depthwise;
mod dot;
mod gemm;

use super::avx2;
use crate::kernels::Kernels;

use dot::{Evex, Vex};

/// The backend for AVX-VNNI.
pub const KERNELS: Kernels = Kernels {
    name: "avxvnni",
    gemm: gemm::gemm::<Vex>,
    depthwise: depthwise::depthwise::<Vex>,
    ..avx2::KERNELS
};

/// The same for processors that have only AVX-512's encoding: slower there than AVX-512's own backend, but
/// bytes and figures of this one can be had on them.
pub const KERNELS_EVEX: Kernels = Kernels {
    gemm: gemm::gemm::<Evex>,
    depthwise: depthwise::depthwise::<Evex>,
    ..KERNELS
};
