//! Kernels that take elements one after another, of which the compiler makes vector loops once it may use
//! AVX2.

use crate::kernels::scalar;

/// As `Kernels::sum_into`.
pub fn sum_into(sums: &mut [[u8; 4]], pixel: &[i8]) {
    #[target_feature(enable = "avx2")]
    fn run(sums: &mut [[u8; 4]], pixel: &[i8]) {
        scalar::sum_into::<i8>(sums, pixel);
    }
    // SAFETY: the table of this backend is handed out only where its instructions exist.
    unsafe { run(sums, pixel) }
}

/// As `Kernels::max_into`.
pub fn max_into(best: &mut [i8], pixel: &[i8]) {
    #[target_feature(enable = "avx2")]
    fn run(best: &mut [i8], pixel: &[i8]) {
        best.iter_mut()
            .zip(pixel)
            .for_each(|(b, x)| *b = (*b).max(*x));
    }
    // SAFETY: as in `sum_into`.
    unsafe { run(best, pixel) }
}

/// As `Kernels::min_into`.
pub fn min_into(best: &mut [i8], pixel: &[i8]) {
    #[target_feature(enable = "avx2")]
    fn run(best: &mut [i8], pixel: &[i8]) {
        best.iter_mut()
            .zip(pixel)
            .for_each(|(b, x)| *b = (*b).min(*x));
    }
    // SAFETY: as in `sum_into`.
    unsafe { run(best, pixel) }
}
