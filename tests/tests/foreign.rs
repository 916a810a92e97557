//! Bytes that are no blob, or not a whole one, or one of another version: each gives its own error.
//!
//! All of this is found before the checksum is looked at. Faults behind a right checksum are in
//! `foreign_writer`.

use tidbit::blob::header::{CHECKSUM_LEN, VERSION};
use tidbit::blob::{Header, Record};
use tidbit::{Error, Model};
use tidbit_tests::every_op::every_op;
use tidbit_tests::handmade::tiny;
use tidbit_tests::surgery::reframe;

fn refusal(blob: &[u8]) -> Error {
    Model::new(blob)
        .map(|_| ())
        .expect_err("this is no valid blob")
}

#[test]
fn no_bytes_are_empty() {
    assert_eq!(refusal(&[]), Error::Empty);
}

#[test]
fn foreign_files_are_not_blobs() {
    let files: [&[u8]; 5] = [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x1c\0\0\0\x1c",
        b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0",
        b"\x08\x07\x12\x07pytorch",
        b"\x1c\0\0\0TFL3",
        &[0; 4096],
    ];
    for file in files {
        let found = *file.first_chunk().expect("it has four bytes");
        assert_eq!(refusal(file), Error::NotABlob { found });
    }
}

#[test]
fn every_truncation_is_too_short() {
    for blob in [tiny(), every_op()] {
        for have in 1..blob.len() {
            match refusal(&blob[..have]) {
                Error::TooShort { have: found, need } => {
                    assert_eq!(found, have);
                    assert_eq!(
                        need,
                        if have < Header::LEN {
                            Header::LEN
                        } else {
                            blob.len()
                        }
                    );
                }
                error => panic!("{have} bytes: {error:?}"),
            }
        }
    }
}

#[test]
fn appended_bytes_are_trailing() {
    let blob = tiny();
    for more in [&[0][..], &[0; 512], &blob] {
        let long = [&blob[..], more].concat();
        let (have, expected) = (long.len(), blob.len());
        assert_eq!(refusal(&long), Error::TrailingBytes { have, expected });
    }
}

#[test]
fn other_versions_are_named_whatever_else_is_in_them() {
    for found in (0..=u16::MAX).filter(|found| *found != VERSION) {
        let mut blob = tiny();
        blob[4..6].copy_from_slice(&found.to_le_bytes());
        let supported = VERSION;
        assert_eq!(refusal(&blob), Error::Version { found, supported });
        assert_eq!(refusal(&blob[..6]), Error::Version { found, supported });
    }
}

#[test]
fn a_frame_around_nothing_is_refused() {
    assert_eq!(refusal(&reframe(&[])), Error::Count { count: 0 });
    // A length field that leaves no room for header and checksum.
    let need = Header::LEN + CHECKSUM_LEN;
    for have in Header::LEN..need {
        let mut bytes = tiny()[..have].to_vec();
        bytes[8..12].copy_from_slice(&(have as u32).to_le_bytes());
        assert_eq!(refusal(&bytes), Error::TooShort { have, need });
    }
}
