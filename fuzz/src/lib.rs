//! What the fuzz targets share: the tests' own blobs, and their judge of harm.
//!
//! The files are those of the tests, by path and not by crate: the tests' crate brings the
//! quantizer with it, and none of that should be compiled with the fuzzer's flags.

#[path = "../../tests/src/every_op.rs"]
pub mod every_op;
#[path = "../../tests/src/exercise.rs"]
pub mod exercise;
#[path = "../../tests/src/handmade.rs"]
pub mod handmade;
#[path = "../../tests/src/surgery.rs"]
pub mod surgery;
