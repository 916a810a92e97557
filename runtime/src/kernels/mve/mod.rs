//! Cores with Helium, the vector extension of Armv8.1-M: Cortex-M55 and M85.
//!
//! Helium has eight vectors of 16 bytes. Its one instruction that suits a convolution is `VMLADAVA.S8`:
//! 16 products of int8, all added to one general register. [`gemm`] keeps eight such sums, of two
//! pixels and four output channels, or the weights where patches are short; [`depthwise`] brings the window of each channel into one vector
//! first, so that a sum is one instruction there too; [`three`] does so for 3×3 windows, with the least around
//! it. Four sums at a time go back to a vector, where `VRMULH` is exactly this crate's requantization.
//!
//! Hot loops are functions in assembly, written whole. Vectors are loaded byte by byte
//! (`VLDRB`), which may begin anywhere; loads of words would have to be aligned. Int16 elements go to
//! the scalar kernels.
//!
//! Rust has no name for the register of predicates, VPR, so no block of assembly can declare that it
//! changes it, and the compiler uses it for loops of its own. Two rules make that sound. `VCTP`, `VPT` and
//! `VPST` are only in functions that are not inlined, for nobody counts on VPR across a call: naked ones,
//! and [`elements::add`], whose Rust has no loop. All other blocks predicate by loops of their own
//! (`DLSTP` to `LETP`), which leave VPR alone, declare LR, and end with no predication left.

mod clamp;
mod columns;
mod copy;
mod depthwise;
mod dot;
mod elements;
mod finish;
mod gemm;
mod layout;
mod medium;
mod narrow;
mod sums;
mod three;
mod tile;
mod wide;

use super::{Kernels, Packing, scalar};

/// The backend.
pub const KERNELS: Kernels = Kernels {
    name: "mve",
    packing: Packing::CortexM55,
    gemm: gemm::gemm,
    depthwise: depthwise::depthwise,
    several_rows: Some(three::several_rows),
    copy_runs: copy::copy_runs,
    add: elements::add,
    mul: elements::mul,
    lookup: elements::lookup,
    lookup_in_place: elements::lookup_in_place,
    sum_into: elements::sum_into,
    average: elements::average,
    max_into: elements::max_into,
    min_into: elements::min_into,
    ..scalar::KERNELS
};
