//! Damaged blobs: what is damaged is refused, or runs harmlessly.
//!
//! A blob whose checksum is stale is always refused. A blob whose checksum was made anew over the
//! damage may well be valid (a weight is as good as another): then a whole inference, every call
//! and every misuse of the API must pass without harm. `exercise` says what harm is.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use proptest::prelude::*;
use rayon::prelude::*;
use tidbit::blob::OpKind;
use tidbit::blob::header::{CHECKSUM_LEN, NONE};
use tidbit::{Error, Model};
use tidbit_tests::every_op::every_op;
use tidbit_tests::exercise::{Outcome, exercise};
use tidbit_tests::handmade::{seal, tiny};
use tidbit_tests::single::variants;
use tidbit_tests::streamed::streamed;
use tidbit_tests::surgery::{header, output, reframe, segment, tensor};

/// Work that a corrupted blob may take: enough for most, little enough for a million of them.
const MOST_WORK: u64 = 1 << 17;

#[test]
fn a_stale_checksum_is_refused_whatever_byte_it_is() {
    for blob in [tiny(), every_op(), streamed()] {
        (0..blob.len()).into_par_iter().for_each(|at| {
            let mut damaged = blob.clone();
            for value in (0..=u8::MAX).filter(|value| *value != blob[at]) {
                damaged[at] = value;
                let error = Model::new(&damaged)
                    .map(|_| ())
                    .expect_err("one byte is wrong");
                let fits = match at {
                    0..4 => matches!(error, Error::NotABlob { .. }),
                    4..6 => matches!(error, Error::Version { .. }),
                    8..12 => matches!(error, Error::TooShort { .. } | Error::TrailingBytes { .. }),
                    _ => matches!(error, Error::Checksum { .. }),
                };
                assert!(fits, "byte {at} = {value}: {error:?}");
            }
        });
    }
}

/// Exercises `blob` with each byte set to each of `values` of what it was; says how many ran.
fn corrupt_each_byte(blob: &[u8], values: impl Fn(u8) -> Vec<u8> + Sync) -> usize {
    let body = blob.len() - CHECKSUM_LEN;
    let ran = (0..body).into_par_iter().map(|at| {
        let mut damaged = blob.to_vec();
        let outcomes = values(blob[at]).into_iter().map(|value| {
            damaged[at] = value;
            seal(&mut damaged);
            exercise(&damaged, MOST_WORK)
        });
        outcomes.filter(|outcome| *outcome == Outcome::Ran).count()
    });
    ran.sum()
}

fn all_values(_: u8) -> Vec<u8> {
    (0..=u8::MAX).collect()
}

/// What breaks things most often: single bits, ends of ranges, neighbours.
fn telling_values(value: u8) -> Vec<u8> {
    let bits = (0..8).map(|bit| value ^ (1 << bit));
    let ends = [
        0,
        0x7f,
        0x80,
        0xff,
        value.wrapping_add(1),
        value.wrapping_sub(1),
    ];
    bits.chain(ends).collect()
}

/// The few values that break most.
fn ends_of_range(value: u8) -> Vec<u8> {
    vec![0, 0xff, value.wrapping_add(1), value ^ 0x80]
}

#[test]
fn a_sealed_corruption_is_refused_or_harmless() {
    let ran = corrupt_each_byte(&tiny(), all_values);
    assert!(
        ran > 100_000,
        "most weights are as good as others, but only {ran} ran"
    );
    assert!(corrupt_each_byte(&streamed(), telling_values) > 1000);
}

/// Every kind, the ones that `every_op` lacks among them, behind an input alone.
#[test]
fn a_sealed_corruption_of_a_single_operator_is_refused_or_harmless() {
    let blobs = OpKind::ALL.into_iter().flat_map(variants);
    let ran: usize = blobs
        .map(|blob| corrupt_each_byte(&blob, ends_of_range))
        .sum();
    assert!(ran > 10_000, "only {ran} ran");
}

#[test]
fn every_sealed_corruption_of_every_operator_is_refused_or_harmless() {
    assert!(corrupt_each_byte(&every_op(), all_values) > 100_000);
}

#[test]
fn truncated_and_framed_anew_is_refused_or_harmless() {
    for blob in [tiny(), every_op(), streamed()] {
        (0..blob.len()).into_par_iter().for_each(|len| {
            exercise(&reframe(&blob[..len]), MOST_WORK);
        });
    }
}

/// Planned once.
static STREAMED: LazyLock<Vec<u8>> = LazyLock::new(streamed);

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    /// Faults that only show together: a dimension here, a ring there.
    #[test]
    fn several_corruptions_are_refused_or_harmless(
        which in 0..3usize,
        damages in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 2..5),
    ) {
        let mut blob = match which {
            0 => tiny(),
            1 => every_op(),
            _ => STREAMED.clone(),
        };
        let body = blob.len() - CHECKSUM_LEN;
        for (at, value) in damages {
            blob[at.index(body)] = value;
        }
        seal(&mut blob);
        exercise(&blob, MOST_WORK);
    }

    /// The same where it tells most: in the tables of operators and plan, which are together.
    #[test]
    fn several_corruptions_of_the_tables_are_refused_or_harmless(
        of_streamed in any::<bool>(),
        damages in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 2..5),
    ) {
        let mut blob = if of_streamed { STREAMED.clone() } else { every_op() };
        let header = tidbit_tests::surgery::read_header(&blob);
        let start = header.tensors as usize;
        // The quantizer writes its tables first, the handmade blob last.
        let body = if of_streamed {
            (header.segments as usize) - start + usize::from(header.segment_count) * 4
        } else {
            blob.len() - CHECKSUM_LEN - start
        };
        for (at, value) in damages {
            blob[start + at.index(body)] = value;
        }
        seal(&mut blob);
        exercise(&blob, MOST_WORK);
    }
}

/// A net whose only tensor, the image, is its answer, with more elements than a u16 counts.
#[test]
fn more_logits_than_classes_can_be_numbered_are_harmless() {
    let mut blob = tiny();
    segment(&mut blob, 0, |segment| segment.op_count = 1);
    tensor(&mut blob, 0, |image| {
        (image.height, image.width, image.ring_rows) = (256, 257, 256);
        image.last_reader = NONE;
    });
    header(&mut blob, |header| {
        header.op_count = 1;
        header.arena_bytes = 256 * 257;
    });
    output(&mut blob, |output| (output.tensor, output.logits) = (0, 0));
    assert_eq!(exercise(&blob, 1 << 20), Outcome::Ran);
}

/// What the fuzzer once found stays found.
#[test]
fn regressions_stay_fixed() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz/regressions");
    for target in ["validate", "run"] {
        let Ok(entries) = fs::read_dir(folder.join(target)) else {
            continue;
        };
        for entry in entries {
            let bytes = fs::read(entry.expect("an entry").path()).expect("an input");
            let _ = Model::new(&bytes);
            exercise(&reframe(&bytes), 1 << 20);
        }
    }
}
