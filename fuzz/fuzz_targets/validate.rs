//! Any bytes to the validation pass: it answers, whatever they are, and does not panic.
//!
//! Once as they are, and once with magic, version, length and checksum set right, so that
//! mutations reach what lies behind the frame.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidbit::Model;
use tidbit_fuzz::surgery::reframe;

fuzz_target!(|bytes: &[u8]| {
    for blob in [bytes, &reframe(bytes)] {
        if let Err(error) = Model::new(blob) {
            assert!(!error.to_string().is_empty());
        }
    }
});
