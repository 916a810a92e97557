//! AArch64: plain NEON, and with dot products and matrix products where the core has them.

use super::{Kernels, Packing, scalar};

/// The plain backend.
const NEON: Kernels = Kernels {
    name: "neon",
    packing: Packing::CortexA,
    ..scalar::KERNELS
};

/// Those that run on the machine, the fastest last.
pub fn backends() -> impl Iterator<Item = &'static Kernels> {
    [&NEON].into_iter()
}
