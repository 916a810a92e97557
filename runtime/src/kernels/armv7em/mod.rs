//! Cores with the DSP extension: Cortex-M4, M7, and M33 where it has it.
//!
//! These have no vectors, only words of two int16: SMLAD adds both products of two words to an
//! accumulator. So patches are spread into [lanes](super::lanes) of int16, and the loops that use
//! them are written in assembly, whole: a core has 14 registers, and the loops use every one.

/// Files of assembly, as one. On Armv8-M the DSP extension is optional, and a target's name says nothing of
/// it: there the assembler is told of a core that has it.
macro_rules! assembly {
    ($($file:literal),+) => {
        #[cfg(not(tidbit_armv8m))]
        assembly!(@of "", $($file),+);
        #[cfg(tidbit_armv8m)]
        assembly!(@of ".cpu cortex-m33", $($file),+);
    };
    (@of $core:literal, $($file:literal),+) => {
        core::arch::global_asm!(
            $core,
            include_str!("function.s"),
            $(include_str!($file),)+
            ".purgem function",
            options(raw)
        );
    };
}

mod depthwise;
mod depthwise_rows;
mod elementwise;
mod multiply;
mod spread;

use super::{Kernels, Packing, scalar};

/// The backend.
pub const KERNELS: Kernels = Kernels {
    name: "armv7em",
    packing: Packing::CortexM4,
    lanes: Some(super::Lanes {
        spread: spread::spread,
        multiply: multiply::multiply,
        sweep: multiply::sweep,
    }),
    gemm: multiply::gemm,
    depthwise: depthwise::depthwise,
    several_rows: Some(depthwise_rows::several_rows),
    copy_runs: super::copy_words::copy_runs,
    add: elementwise::add,
    lookup: elementwise::lookup,
    lookup_in_place: elementwise::lookup_in_place,
    max_into: elementwise::max_into,
    min_into: elementwise::min_into,
    ..scalar::KERNELS
};
