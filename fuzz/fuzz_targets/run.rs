//! Any bytes in a right frame to validation, and what is valid through whole inferences.
//!
//! The judge is that of the tests: no panic, no error that validation should have found, no answer
//! that depends on stale memory, every call out of turn refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidbit_fuzz::exercise::exercise;
use tidbit_fuzz::surgery::reframe;

/// Work that one input may take: some milliseconds, for the fuzzer lives on many small inputs.
const MOST_WORK: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    exercise(&reframe(bytes), MOST_WORK);
});
