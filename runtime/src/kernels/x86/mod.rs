//! x86-64: AVX2, and AVX-VNNI or AVX-512 with VNNI where the processor has it.
//!
//! Every backend here is a table of safe functions around functions that need instructions which not
//! every x86-64 has. The tables are private and leave this file only through [`backends`], which asks
//! the processor first: that a table's function was called is the proof that its instructions exist.

mod avx2;
mod avx512;
mod avxvnni;
mod copy;
mod detect;
mod pieces;
mod unrolled;

use super::Kernels;

/// How many of them may be used: those up to one that is forced.
const ALLOWED: usize = if cfg!(tidbit_backend = "avx2") {
    1
} else if cfg!(tidbit_backend = "avxvnni") {
    2
} else {
    3
};

/// Those that run on the machine, the fastest last.
pub fn backends() -> impl Iterator<Item = &'static Kernels> {
    let found = detect::features();
    let avx2 = found.avx2.then_some(&avx2::KERNELS);
    let avxvnni = match (found.avxvnni, found.avx512vnni) {
        (true, _) => Some(&avxvnni::KERNELS),
        (false, true) => Some(&avxvnni::KERNELS_EVEX),
        (false, false) => None,
    };
    let avx512vnni = found.avx512vnni.then_some(&avx512::KERNELS);
    let all = [avx2, avxvnni, avx512vnni];
    all.into_iter().take(ALLOWED).flatten()
}
