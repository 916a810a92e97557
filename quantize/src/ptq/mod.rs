//! Post-training quantization: passes that keep accuracy without labels and without training.
//!
//! Each pass changes numbers that the host is free to choose, and costs nothing at run time:
//!
//! 1. [`equalize`]: channels of one tensor are brought to ranges alike;
//! 2. [`rounding`]: weights are rounded so that the layer's output, not each weight, is near;
//! 3. [`bias`]: what a channel is off on average is taken out of its bias;
//! 4. [`search`]: the range of each activation is chosen by what it does to the net's answer.
//!
//! [`ladder`] runs them in a row. It measures the net's answers on calibration images that the
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
