//! Cores with the DSP extension: Cortex-M4, M7, and M33 where it has it.

use super::{Kernels, Packing, scalar};

/// The backend.
pub const KERNELS: Kernels = Kernels {
    name: "armv7em",
    packing: Packing::CortexM4,
    ..scalar::KERNELS
};
