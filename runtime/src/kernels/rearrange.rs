//! The scalar kernels of operators that move elements or choose among them: safe integer Rust, and
//! the definition of their results as in [`scalar`](super::scalar).

use super::Runs;

/// Between four pixels: `right` and `down` are the shares of the right and of the lower ones in
/// 256ths, one rounding, half up.
pub fn between(
    [above_left, above_right]: [&[i8]; 2],
    [below_left, below_right]: [&[i8]; 2],
    (right, down): (u16, u16),
    out: &mut [i8],
) {
    let mix = |a: i32, b: i32, share: u16| {
        let share = i32::from(share);
        a.wrapping_mul(256i32.wrapping_sub(share))
            .wrapping_add(b.wrapping_mul(share))
    };
    let above = above_left.iter().zip(above_right);
    let below = below_left.iter().zip(below_right);
    for (q, ((&a, &b), (&c, &d))) in out.iter_mut().zip(above.zip(below)) {
        let above = mix(i32::from(a), i32::from(b), right);
        let below = mix(i32::from(c), i32::from(d), right);
        *q = (mix(above, below, down).wrapping_add(1 << 15) >> 16) as i8;
    }
}

/// Copies [`Runs`], one after another.
pub fn copy_runs(runs: &Runs, from: &[i8], to: &mut [i8]) {
    if !runs.fits(from.len(), to.len()) {
        return;
    }
    for index in 0..runs.count {
        let source = from.get(index.wrapping_mul(runs.step)..);
        let target = to.get_mut(index.wrapping_mul(runs.pitch)..);
        if let (Some(source), Some(target)) = (source, target) {
            let pairs = target.iter_mut().zip(source).take(runs.len);
            pairs.for_each(|(to, from)| *to = *from);
        }
    }
}

/// Every `step`-th element of `pixel`, from the first on.
pub fn every(step: usize, pixel: &[i8], out: &mut [i8]) {
    let mut at = 0usize;
    for q in out {
        let Some(x) = pixel.get(at) else {
            return;
        };
        *q = *x;
        at = at.wrapping_add(step);
    }
}

/// The place of the greatest element, of equals the first, less 128. There are at most 256.
pub fn arg_max(pixel: &[i8]) -> i8 {
    let places = (0..=u8::MAX).zip(pixel);
    let best = places.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map_or(i8::MIN, |(place, _)| (place ^ 0x80) as i8)
}

/// Keeps the lesser of each element.
pub fn min_into(best: &mut [i8], pixel: &[i8]) {
    for (b, &x) in best.iter_mut().zip(pixel) {
        *b = x.min(*b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_stays_between_and_rounds_half_up() {
        let mut out = [0];
        between([&[127], &[127]], [&[127], &[127]], (255, 1), &mut out);
        assert_eq!(out, [127]);
        between([&[-128], &[-128]], [&[-128], &[-128]], (1, 255), &mut out);
        assert_eq!(out, [-128]);
        between([&[0], &[1]], [&[0], &[1]], (128, 0), &mut out);
        assert_eq!(out, [1]);
        between([&[0], &[-1]], [&[0], &[-1]], (128, 0), &mut out);
        assert_eq!(out, [0]);
    }

    #[test]
    fn of_equals_the_first_is_the_greatest() {
        assert_eq!(arg_max(&[3, 7, 7, -1]), -127);
        let mut many = [0i8; 256];
        many[255] = 1;
        assert_eq!(arg_max(&many), 127);
    }

    #[test]
    fn a_step_of_nothing_ends() {
        let mut out = [9; 3];
        every(0, &[1, 2], &mut out);
        assert_eq!(out, [1, 1, 1]);
        every(2, &[1, 2, 3, 4, 5], &mut out);
        assert_eq!(out, [1, 3, 5]);
    }
}
