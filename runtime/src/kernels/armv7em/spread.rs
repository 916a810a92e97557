//! Elements of patches into lanes of int16.

use core::arch::global_asm;

use crate::kernels::Element;
use crate::kernels::lanes::Spread;

global_asm!(include_str!("spread.s"), options(raw));

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

/// All lanes: from, to, how many elements of each, bytes from one to the next.
type Spreader = unsafe extern "C" fn(*const i8, *mut i8, usize, usize);

/// Writes elements into lanes, which begin at a whole word.
pub(super) fn spread(job: &Spread, from: &[i8], to: &mut [i8]) {
    if job.len == 0 || !job.fits(from.len(), to.len()) || !to.as_ptr().addr().is_multiple_of(4) {
        return;
    }
    if job.bytes != 1 {
        return copy(job, from, to);
    }
    let all = match (job.lanes, job.count) {
        (4, 4) => Some(tidbit_spread_4 as Spreader),
        (3, 3) => Some(tidbit_spread_3 as Spreader),
        (2, 2) => Some(tidbit_spread_2 as Spreader),
        _ => None,
    };
    if let Some(all) = all {
        let to = to.as_mut_ptr().wrapping_add(job.place(0, job.element));
        // SAFETY: `fits`: `from` has `len` elements at each of as many places `step` apart as there are
        // lanes, and `to` has the words of all lanes up to that of the last element written. `first` is
        // 0, so `place` is the byte of an element of lane 0, and it is even, as the address at which
        // `to` begins.
        unsafe { all(from.as_ptr(), to, job.len, job.step) };
        return;
    }
    for index in 0..job.count {
        let from = from.as_ptr().wrapping_add(index.wrapping_mul(job.step));
        let lane = job.first.wrapping_add(index);
        let to = to.as_mut_ptr().wrapping_add(job.place(lane, job.element));
        // SAFETY: `fits`: `len` elements can be read from each of `count` places `step` apart, and the
        // words of all lanes can be written up to that of the last element; `lane` is one of them. The
        // words of a lane are 4 * `lanes` bytes apart.
        unsafe { tidbit_spread_1(from, to, job.len, job.lanes.wrapping_mul(4)) };
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
