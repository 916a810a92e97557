//! Micro-kernels: the inner loops, and the only room where `unsafe` is allowed.
//!
//! [`scalar`] *defines* every result; a kernel for an instruction set has the same names and
//! returns the same bytes. Kernels know slices, never shapes, strides of images, or blobs.
#![allow(unsafe_code, reason = "the one room for it; every block has its proof")]

pub mod bytes;
mod element;
pub mod scalar;

pub use element::Element;
pub use scalar::{
    AddFactors, Average, Requant, add, add_to, average, average_in_place, clamp_to, depthwise,
    dot_rows, interpolate, lookup, lookup_in_place, max_into, requantize, softmax_i8, softmax_q15,
    sum_into,
};
