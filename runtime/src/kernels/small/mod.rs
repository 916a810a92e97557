//! What the backends for cores without SIMD have alike: tiles of pixels and channels, whose sums an inner
//! loop in assembly makes and plain Rust turns into elements.

mod depthwise;
mod finish;
mod gemm;

pub(super) use depthwise::{Inner, Pair, Taps, depthwise, whole};
pub(super) use finish::{finish_plainly, ready};
pub(super) use gemm::{Dots, Tile, dots_plainly, gemm};
