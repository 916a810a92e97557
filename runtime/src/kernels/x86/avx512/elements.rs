//! Kernels that take elements one after another: the scalar definitions, compiled for AVX-512.
//!
//! The compiler makes vector loops of them; the requantization of sums and products it does not see
//! through, so that is written out.

use crate::kernels::{AddFactors, Average, MulFactors, scalar};

pub fn add(a: &mut [i8], b: &[i8], by: &AddFactors) { scalar::add(a, b, by) }
pub fn mul(a: &mut [i8], b: &[i8], by: &MulFactors) { scalar::mul(a, b, by) }
pub fn lookup(table: &[i8; 256], input: &[i8], out: &mut [i8]) { scalar::lookup(table, input, out) }
pub fn lookup_in_place(table: &[i8; 256], values: &mut [i8]) { scalar::lookup_in_place(table, values) }
pub fn sum_into(sums: &mut [[u8; 4]], pixel: &[i8]) { scalar::sum_into::<i8>(sums, pixel) }
pub fn average(sums: &[[u8; 4]], by: &Average, out: &mut [i8]) { scalar::average::<i8>(sums, by, out) }
pub fn max_into(best: &mut [i8], pixel: &[i8]) { scalar::max_into::<i8>(best, pixel) }
pub fn min_into(best: &mut [i8], pixel: &[i8]) { (scalar::KERNELS.min_into)(best, pixel) }
