//! Cores with Helium: Cortex-M55 and M85.

use super::{Kernels, Packing, scalar};

/// The backend.
pub const KERNELS: Kernels = Kernels {
    name: "mve",
    packing: Packing::CortexM55,
    ..scalar::KERNELS
};
