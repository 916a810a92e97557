//! 32-bit Cortex-A with NEON (A7, A9, A15 and their like).
//!
//! Rust's intrinsics for these cores are not stable, so the loops are written in assembly, whole: each
//! file of Rust says why what its assembly reads and writes is there. Bytes need no alignment; all else
//! that the assembly takes is aligned by its type. So it runs with the MMU off too, but a board should have
//! it on, with its RAM as normal memory: else memory is a device's, which no cache keeps.

#[cfg(not(all(target_arch = "arm", target_endian = "little")))]
compile_error!("the backend \"neon32\" is for 32-bit little-endian ARM");

/// A file of assembly. It is of ARM instructions on every target; what follows goes on in the target's own.
macro_rules! assembly {
    ($file:literal) => {
        core::arch::global_asm!(
            include_str!("function.s"),
            include_str!($file),
            ".purgem function",
            options(raw)
        );
        #[cfg(tidbit_thumb)]
        core::arch::global_asm!(".thumb");
    };
}

mod constants;
mod depthwise;
mod detect;
mod gemm;
mod pair;
mod pool;
mod table;
mod three;

use super::{Kernels, Packing, scalar};

/// For cores with NEON.
const KERNELS: Kernels = Kernels {
    name: "neon32",
    packing: Packing::CortexA,
    gemm: gemm::gemm,
    depthwise: depthwise::depthwise,
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

/// The backend, if it runs on the machine.
pub fn backends() -> impl Iterator<Item = &'static Kernels> {
    detect::has_neon().then_some(&KERNELS).into_iter()
}
