//! Post-training quantization: passes that keep accuracy without labels and without training.
//!
//! Each pass changes numbers that the host is free to choose; all but the last cost nothing at run time:
//!
//! 1. [`equalize`]: channels of one tensor are brought to ranges alike ([`classes`], [`factors`]);
//! 2. [`reconstruct`]: weights are chosen, and rounded ([`rounding`]), so that each layer's output,
//!    not each weight, is near, on what the integer net gives the layer ([`capture`], [`samples`],
//!    [`moments`], [`matrix`]);
//! 3. [`wide`]: the few tensors that need it get elements of 16 bits.
//!
//! [`ladder`] runs them in a row. It measures ([`trial`]) the net's answers on calibration images that the
//! passes do not look at, and keeps a pass only if they are not worse for it.

pub mod capture;
pub mod classes;
pub mod equalize;
pub mod factors;
pub mod ladder;
pub mod matrix;
pub mod moments;
pub mod options;
pub mod reconstruct;
pub mod rounding;
pub mod samples;
pub mod trial;
pub mod wide;
