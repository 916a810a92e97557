//! Softmax, by the distance of each element from the greatest.

/// Entry of the table of exp for an element, by its distance from the maximum.
#[inline(always)]
fn exp_of(table: &[[u8; 2]; 256], x: i8, max: i8) -> u32 {
    let distance = (i32::from(max) - i32::from(x)) as u8;
    let entry = table.get(usize::from(distance)).copied().unwrap_or([0; 2]);
    u32::from(u16::from_le_bytes(entry))
}

/// The maximum of a pixel and the sum of its exps: what both softmax outputs divide by.
pub fn exp_sum(table: &[[u8; 2]; 256], pixel: &[i8]) -> (i8, u32) {
    let max = pixel.iter().copied().max().unwrap_or(i8::MIN);
    let sum = pixel
        .iter()
        .fold(0u32, |sum, &x| sum.wrapping_add(exp_of(table, x, max)));
    (max, sum)
}

/// `exp * one / sum`, rounded half up; 0 where the sum is.
#[inline(always)]
fn share(exp: u32, sum: u32, log2_one: u32) -> u32 {
    exp.wrapping_shl(log2_one)
        .wrapping_add(sum >> 1)
        .checked_div(sum)
        .unwrap_or(0)
}

/// Softmax of a pixel with scale 1/256 and zero point -128.
pub fn softmax_i8(table: &[[u8; 2]; 256], pixel: &[i8], out: &mut [i8]) {
    let (max, sum) = exp_sum(table, pixel);
    for (q, &x) in out.iter_mut().zip(pixel) {
        let share = share(exp_of(table, x, max), sum, 8).min(255);
        *q = (share as u8 ^ 0x80) as i8;
    }
}

/// Softmax of a pixel in Q0.15 (32768 is 1).
pub fn softmax_q15(table: &[[u8; 2]; 256], pixel: &[i8], out: &mut [u16]) {
    let (max, sum) = exp_sum(table, pixel);
    for (q, &x) in out.iter_mut().zip(pixel) {
        *q = share(exp_of(table, x, max), sum, 15) as u16;
    }
}
