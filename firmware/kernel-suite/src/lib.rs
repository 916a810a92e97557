//! One suite for every backend: the same jobs go to a backend and to the scalar kernels, and all bytes
//! of all buffers have to be the same afterwards, those around the output included.
//!
//! It has no heap and takes about 40 KB, so it runs on boards as it does on hosts. Inputs are of three
//! kinds, after libm's tests: edges (all least, all greatest, extreme factors), spaced (values at even
//! distances) and random, from a seed.
#![no_std]
#![forbid(unsafe_code)]

mod bench;
mod conv;
mod depthwise;
mod elementwise;
mod lanes;
mod numbers;

pub use bench::{Bench, Failure};

use numbers::Numbers;
use tidbit::kernels::Kernels;

/// Runs the suite on a backend; `scale` is how many jobs of each kind are tried (1 is a quick look, 10 is
/// thorough). Returns the number of jobs.
///
/// # Errors
/// The first job whose bytes differ.
pub fn run(kernels: &Kernels, bench: &mut Bench, scale: u32) -> Result<u32, Failure> {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let convolutions = conv::run(kernels, bench, &mut numbers, scale)?;
    let depthwise = depthwise::run(kernels, bench, &mut numbers, scale)?;
    let elementwise = elementwise::run(kernels, bench, &mut numbers, scale)?;
    let lanes = lanes::run(kernels, bench, &mut numbers, scale)?;
    Ok(convolutions + depthwise + elementwise + lanes)
}
