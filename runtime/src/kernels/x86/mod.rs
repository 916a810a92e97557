//! x86-64: AVX2, and AVX-512 with VNNI where the processor has it.
//!
//! Every backend here is a table of safe functions around functions that need instructions which not
//! every x86-64 has. The tables are private and leave this file only through [`backends`], which asks
//! the processor first: that a table's function was called is the proof that its instructions exist.

mod avx2;
mod avx512;
mod avxvnni;
mod copy;
mod detect;
mod unrolled;

use super::Kernels;

/// Those that run on the machine, the fastest last.
pub fn backends() -> impl Iterator<Item = &'static Kernels> {
    let found = detect::features();
    let avx2 = found.avx2.then_some(&avx2::KERNELS);
    let avxvnni = if found.avxvnni {
        Some(&avxvnni::KERNELS)
    } else {
        found.avx512vnni.then_some(&avxvnni::KERNELS_EVEX)
    };
    let avx512 = found.avx512vnni.then_some(&avx512::KERNELS);
    avx2.into_iter().chain(avxvnni).chain(avx512)
}
