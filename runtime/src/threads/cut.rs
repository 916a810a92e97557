//! Which steps are cut, and where: between rows, if what they take is worth it and if they can be made in any order.
//!
//! Steps are cut where their rows lie one behind the other and on none of the rows that they read. One that
//! works in place stays on one thread, as does one whose rows go round in their ring.

use core::ops::Range;

use crate::arena::Ring;
use crate::blob::header::NONE;
use crate::blob::{ConvParams, OpKind};
use crate::ops::Site;
use crate::schedule::shares_bytes;

/// What a multiply-accumulate takes where each channel has a window of its own, in those of a convolution: as
/// measured with AVX-512 VNNI on MobileNetV2.
const DEPTHWISE: u64 = 4;

/// How many pieces rows of an operator are worth, if each has `least` multiply-accumulates at least.
pub(super) fn worth(site: &Site<'_>, rows: &Range<u16>, least: u32) -> Option<usize> {
    pieces_of(rows.len(), macs_of_row(site)?, least)
}

/// Most shares of so many rows, as even as can be, that have `least` each; a row has `macs`.
fn pieces_of(rows: usize, macs: u64, least: u32) -> Option<usize> {
    let fewest = u64::from(least).div_ceil(macs.max(1)).max(1);
    rows.checked_div(usize::try_from(fewest).ok()?)
}

/// What a row of a convolution takes; `None` of other operators: together they take a few hundredths of a net's time.
fn macs_of_row(site: &Site<'_>) -> Option<u64> {
    let each = match OpKind::from_byte(site.op.kind)? {
        OpKind::Conv => 1,
        OpKind::Depthwise => DEPTHWISE,
        _ => return None,
    };
    let params: ConvParams = site.model.data.params(site.op)?;
    let inputs = match each {
        1 => site.input.channels.checked_div(params.groups)?,
        _ => 1,
    };
    let factors = [
        params.kernel_h,
        params.kernel_w,
        inputs,
        site.output.width,
        site.output.channels,
    ];
    let mut factors = factors.into_iter();
    factors.try_fold(each, |macs: u64, factor| macs.checked_mul(factor.into()))
}

/// The bytes of a step's output, if its rows lie one behind the other and on none of the rows that it reads.
pub(super) fn region(
    site: &Site<'_>,
    [a, b, out]: [&Ring; 3],
    rows: &Range<u16>,
) -> Option<Range<usize>> {
    let last = rows.end.checked_sub(1)?;
    let region = out.range(rows.start)?.start..out.range(last)?.end;
    let together = usize::from(out.run(rows.clone())?) == rows.len();
    let apart = |ring: &Ring| {
        let height = ring.height();
        let mut read = site.op.first_row(rows.start, height)..site.op.end_row(rows.end, height);
        read.all(|y| {
            let row = ring.range(y);
            row.is_some_and(|row| !shares_bytes(&row, &region))
        })
    };
    let second = site.op.input_b == NONE || apart(b);
    (together && second && apart(a)).then_some(region)
}

/// Rows `index` of `count` shares that are as even as can be.
pub(super) fn share_of(rows: &Range<u16>, index: usize, count: usize) -> Option<Range<u16>> {
    let bound = |index: usize| {
        let skipped = rows.len().checked_mul(index)?.checked_div(count)?;
        rows.start.checked_add(u16::try_from(skipped).ok()?)
    };
    Some(bound(index)?..bound(index.checked_add(1)?)?)
}

#[cfg(test)]
mod tests {
    use super::{pieces_of, share_of};

    #[test]
    fn no_share_has_less_than_is_asked_for() {
        for rows in 2..40 {
            for (macs, least) in [
                (1, 3),
                (67, 100),
                (100, 0),
                (100, 100),
                (100, 101),
                (100, u32::MAX),
            ] {
                let count = pieces_of(rows.into(), macs, least).expect("a number");
                assert!(count > 0 || u64::from(rows) * macs < u64::from(least));
                for index in 0..count {
                    let share = share_of(&(0..rows), index, count).expect("a share");
                    assert!(
                        share.len() as u64 * macs >= least.into(),
                        "{rows} {macs} {least}"
                    );
                }
            }
        }
    }

    #[test]
    fn shares_are_even_and_follow_one_another() {
        for (rows, count) in [(0..2, 2), (3..10, 2), (5..21, 16), (100..223, 7)] {
            let shares: Vec<_> = (0..count)
                .map(|index| share_of(&rows, index, count).expect("a share"))
                .collect();
            let all: Vec<u16> = shares.iter().cloned().flatten().collect();
            assert_eq!(all, rows.clone().collect::<Vec<_>>());
            let lens = shares.iter().map(ExactSizeIterator::len);
            let (least, most) = (lens.clone().min(), lens.max());
            assert!(most.unwrap() - least.unwrap() <= 1 && least > Some(0));
        }
    }
}
