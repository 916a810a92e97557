//! Functions of one element: a table of 256 int8 in 16 registers, four lookups of 64 for 16 elements.

use core::arch::aarch64::*;

use super::vector::{load, store};
use crate::kernels::scalar;

/// Elements of a register.
const LANES: usize = 16;

/// A table in registers.
struct Table([int8x16x4_t; 4]);

impl Table {
    #[inline(always)]
    fn of(table: &[i8; 256]) -> Self {
        let from = table.as_ptr();
        Self([0, 64, 128, 192].map(|at: usize| {
            let part = |of: usize| {
                // SAFETY: 16 of 256 bytes, the last from byte 240 on.
                unsafe { load(from.wrapping_add(at.wrapping_add(of))) }
            };
            int8x16x4_t(part(0), part(16), part(32), part(48))
        }))
    }

    /// The entries of 16 elements. An index past a part of the table leaves what is there.
    #[inline(always)]
    fn entries(&self, x: int8x16_t) -> int8x16_t {
        let [a, b, c, d] = self.0;
        // SAFETY: every AArch64 core that Rust builds for has NEON.
        unsafe {
            let at = veorq_u8(vreinterpretq_u8_s8(x), vdupq_n_u8(0x80));
            let next = |at| vsubq_u8(at, vdupq_n_u8(64));
            let found = vqtbl4q_s8(a, at);
            let at = next(at);
            let found = vqtbx4q_s8(found, b, at);
            let at = next(at);
            let found = vqtbx4q_s8(found, c, at);
            vqtbx4q_s8(found, d, next(at))
        }
    }
}

/// `table[x + 128]`, element by element.
pub(super) fn lookup(table: &[i8; 256], input: &[i8], out: &mut [i8]) {
    let (whole, rest) = input.as_chunks::<LANES>();
    let (to, to_rest) = out.as_chunks_mut::<LANES>();
    if whole.len() != to.len() {
        return scalar::lookup(table, input, out);
    }
    if !whole.is_empty() {
        let entries = Table::of(table);
        for (to, from) in to.iter_mut().zip(whole) {
            // SAFETY: arrays of 16 bytes.
            unsafe { store(to.as_mut_ptr(), entries.entries(load(from.as_ptr()))) };
        }
    }
    scalar::lookup(table, rest, to_rest);
}

/// As [`lookup`], with the result in the place of the input.
pub(super) fn lookup_in_place(table: &[i8; 256], values: &mut [i8]) {
    let (whole, rest) = values.as_chunks_mut::<LANES>();
    if !whole.is_empty() {
        let entries = Table::of(table);
        for values in whole {
            // SAFETY: arrays of 16 bytes.
            unsafe { store(values.as_mut_ptr(), entries.entries(load(values.as_ptr()))) };
        }
    }
    scalar::lookup_in_place(table, rest);
}
