//! Elements of patches into lanes of int16.

use crate::kernels::Element;
use crate::kernels::lanes::Spread;

assembly!("spread.s");

unsafe extern "C" {
    /// Four lanes: from, to, how many elements of each, bytes from one to the next.
    fn tidbit_spread_4(from: *const i8, to: *mut i8, count: usize, step: usize);
    /// Three lanes.
    fn tidbit_spread_3(from: *const i8, to: *mut i8, count: usize, step: usize);
    /// Two lanes.
    fn tidbit_spread_2(from: *const i8, to: *mut i8, count: usize, step: usize);
    /// A lane: from, to, how many elements, bytes from one word to the next.
    fn tidbit_spread_1(from: *const i8, to: *mut i8, count: usize, step: usize);
}

/// Writes the first `len` elements of all of so many lanes.
///
/// # Safety
/// There are 1 to 4 lanes. From `from` on `len` bytes can be read at as many places `step` bytes apart,
/// and the words of so many lanes of `len` elements can be written from `to` on, which is where a word
/// begins or its second half, if the first half is there. `len` is not 0.
#[inline(always)]
pub(super) unsafe fn spread_all(
    lanes: usize,
    from: *const i8,
    to: *mut i8,
    len: usize,
    step: usize,
) {
    // The words of a single lane are 4 bytes apart.
    let (spread, step): (unsafe extern "C" fn(_, _, _, _), _) = match lanes {
        4 => (tidbit_spread_4, step),
        3 => (tidbit_spread_3, step),
        2 => (tidbit_spread_2, step),
        _ => (tidbit_spread_1, 4),
    };
    // SAFETY: the same as of the caller.
    unsafe { spread(from, to, len, step) }
}

/// Writes elements into lanes, which begin at a whole word.
pub(super) fn spread(job: &Spread, from: &[i8], to: &mut [i8]) {
    if job.len == 0 || !job.fits(from.len(), to.len()) || !to.as_ptr().addr().is_multiple_of(4) {
        return;
    }
    if job.bytes != 1 {
        return copy(job, from, to);
    }
    let (mut from, lane) = (from.as_ptr(), job.place(job.first, job.element));
    let mut to = to.as_mut_ptr().wrapping_add(lane);
    if job.lanes == job.count {
        // SAFETY: `fits` says all of it; `place` is the byte of an element of lane 0, in a word or its
        // second half.
        unsafe { spread_all(job.lanes, from, to, job.len, job.step) };
        return;
    }
    for _ in 0..job.count {
        // SAFETY: `fits`: `len` elements can be read from each of `count` places `step` apart, and the
        // words of all lanes can be written up to that of the last element; these are `count` of them,
        // each a word behind the one before. The words of a lane are 4 * `lanes` bytes apart.
        unsafe { tidbit_spread_1(from, to, job.len, job.lanes.wrapping_mul(4)) };
        from = from.wrapping_add(job.step);
        to = to.wrapping_add(4);
    }
}

/// Int16 are copied, one after the other.
fn copy(job: &Spread, from: &[i8], to: &mut [i8]) {
    for index in 0..job.count {
        let source = from.get(index.wrapping_mul(job.step)..).unwrap_or_default();
        let source = <[u8; 2]>::view(source).iter().take(job.len);
        for (x, element) in source.zip(job.element..) {
            let place = job.place(job.first.wrapping_add(index), element);
            let target = to.get_mut(place..).unwrap_or_default();
            if let Some(q) = <[u8; 2]>::view_mut(target).first_mut() {
                *q = *x;
            }
        }
    }
}
