//! Sums, tables and extremes: whole words in assembly, what is left one by one.

use crate::kernels::{AddFactors, min_into as scalar_min_into, scalar};

assembly!("elementwise.s");

unsafe extern "C" {
    /// Words of both operands, with the result in the place of the first.
    fn tidbit_add(a: *mut i8, b: *const i8, words: usize, by: &Add);
    /// Words of entries of a table.
    fn tidbit_lookup(table: &[i8; 256], from: *const i8, to: *mut i8, words: usize);
    /// Words of the greater of each element, in the place of the first.
    fn tidbit_max(best: *mut i8, pixel: *const i8, words: usize);
    /// The same with the lesser.
    fn tidbit_min(best: *mut i8, pixel: *const i8, words: usize);
}

/// What the assembly takes of [`AddFactors`], in the order in which it does.
#[repr(C)]
struct Add {
    ma: i16,
    mb: i16,
    c: i32,
    shift: u32,
}

/// The sum of two tensors, in the place of the first; a `b` of one element stands for all.
pub(super) fn add(a: &mut [i8], b: &[i8], by: &AddFactors) {
    let words = a.len().min(b.len()) / 4;
    let first = words.wrapping_mul(4);
    if words == 0 || by.shift > 31 {
        return scalar::add(a, b, by);
    }
    let factors = Add {
        ma: by.ma,
        mb: by.mb,
        c: by.c,
        shift: by.shift.into(),
    };
    // SAFETY: both slices have `words` words, and nobody else has the first.
    unsafe { tidbit_add(a.as_mut_ptr(), b.as_ptr(), words, &factors) };
    let Some((made, left)) = a.split_at_mut_checked(first) else {
        return;
    };
    if (by.lo, by.hi) != (i8::MIN.into(), i8::MAX.into()) {
        scalar::clamp_to(made, by.lo, by.hi);
    }
    // Not `add`, for which one element stands for all.
    for (a, &b) in left.iter_mut().zip(b.get(first..).unwrap_or_default()) {
        *a = by.sum(i32::from(*a), i32::from(b)) as i8;
    }
}

/// `table[x + 128]`, element by element.
pub(super) fn lookup(table: &[i8; 256], input: &[i8], out: &mut [i8]) {
    let words = input.len().min(out.len()) / 4;
    if words > 0 {
        // SAFETY: both slices have `words` words; a byte of the input is one of 256 places.
        unsafe { tidbit_lookup(table, input.as_ptr(), out.as_mut_ptr(), words) };
    }
    let first = words.wrapping_mul(4);
    let (input, out) = (input.get(first..), out.get_mut(first..));
    scalar::lookup(table, input.unwrap_or_default(), out.unwrap_or_default());
}

/// As [`lookup`], with the result in the place of the input.
pub(super) fn lookup_in_place(table: &[i8; 256], values: &mut [i8]) {
    let words = values.len() / 4;
    if words > 0 {
        let at = values.as_mut_ptr();
        // SAFETY: `values` has `words` words, of which each is read before it is written, and nobody else
        // has them; a byte is one of 256 places.
        unsafe { tidbit_lookup(table, at, at, words) };
    }
    let left = values.get_mut(words.wrapping_mul(4)..);
    scalar::lookup_in_place(table, left.unwrap_or_default());
}

/// Keeps the greater of each element.
pub(super) fn max_into(best: &mut [i8], pixel: &[i8]) {
    let words = best.len().min(pixel.len()) / 4;
    if words > 0 {
        // SAFETY: both slices have `words` words, and nobody else has the first.
        unsafe { tidbit_max(best.as_mut_ptr(), pixel.as_ptr(), words) };
    }
    let first = words.wrapping_mul(4);
    let (best, pixel) = (best.get_mut(first..), pixel.get(first..));
    scalar::max_into(best.unwrap_or_default(), pixel.unwrap_or_default());
}

/// Keeps the lesser of each element.
pub(super) fn min_into(best: &mut [i8], pixel: &[i8]) {
    let words = best.len().min(pixel.len()) / 4;
    if words > 0 {
        // SAFETY: both slices have `words` words, and nobody else has the first.
        unsafe { tidbit_min(best.as_mut_ptr(), pixel.as_ptr(), words) };
    }
    let first = words.wrapping_mul(4);
    let (best, pixel) = (best.get_mut(first..), pixel.get(first..));
    scalar_min_into(best.unwrap_or_default(), pixel.unwrap_or_default());
}
