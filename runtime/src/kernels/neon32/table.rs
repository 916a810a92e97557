//! Functions of one element: 64 elements at a time go through a table of 256 int8.

use crate::kernels::scalar;

assembly!("table.s");

unsafe extern "C" {
    /// `count` times 64 elements.
    fn tidbit_lookup(table: &[i8; 256], from: *const i8, to: *mut i8, count: usize);
}

/// Elements at a time.
const LANES: usize = 64;

/// `table[x + 128]`, element by element.
pub(super) fn lookup(table: &[i8; 256], input: &[i8], out: &mut [i8]) {
    let count = input.len().min(out.len()) / LANES;
    if count > 0 {
        // SAFETY: both slices have `count` times 64 bytes.
        unsafe { tidbit_lookup(table, input.as_ptr(), out.as_mut_ptr(), count) };
    }
    let first = count.wrapping_mul(LANES);
    let (input, out) = (input.get(first..), out.get_mut(first..));
    scalar::lookup(table, input.unwrap_or_default(), out.unwrap_or_default());
}

/// As [`lookup`], with the result in the place of the input.
pub(super) fn lookup_in_place(table: &[i8; 256], values: &mut [i8]) {
    let count = values.len() / LANES;
    if count > 0 {
        let at = values.as_mut_ptr();
        // SAFETY: `values` has `count` times 64 bytes, of which all are read before they are written, and
        // nobody else has them.
        unsafe { tidbit_lookup(table, at, at, count) };
    }
    let left = values.get_mut(count.wrapping_mul(LANES)..);
    scalar::lookup_in_place(table, left.unwrap_or_default());
}
