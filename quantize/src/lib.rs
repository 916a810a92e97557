//! The host side of **tidbit**: an ONNX net and some images become a blob.
//!
//! The stages, one file each: import → fold → calibrate → quantize → plan → emit.
//! [`reference`] is the f32 truth that everything is measured against.

pub mod error;
pub mod options;
pub mod reference;
pub mod watch;

pub use error::Error;
pub use options::{Normalization, Options, RangeMethod};
pub use reference::Reference;
pub use watch::Watch;

use std::path::Path;
use tidbit::ImageShape;

/// A net read from ONNX and understood, not yet quantized.
pub struct Network {}

/// The result of a quantization.
pub struct Quantized {
    /// The blob.
    pub blob: Vec<u8>,
    /// Range method that gave the better result on the calibration images.
    pub ranges: RangeMethod,
    /// Output SQNR on the calibration images with it, in dB.
    pub calibration_sqnr_db: f64,
    /// Things that the user should know, one sentence each.
    pub notices: Vec<String>,
}

impl Network {
    /// Reads and folds a net.
    ///
    /// # Errors
    /// What is wrong with the file, or which node is not supported.
    pub fn load(_path: &Path) -> Result<Self, Error> {
        unimplemented!()
    }
    /// The image that the net takes.
    pub fn input_shape(&self) -> ImageShape {
        unimplemented!()
    }
    /// Number of classes of the output.
    pub fn classes(&self) -> usize {
        unimplemented!()
    }
    /// Calibrates, quantizes, plans and emits. `images` are raw u8, HWC, red first.
    ///
    /// # Errors
    /// What cannot be quantized and why.
    pub fn quantize(&self, _images: &[Vec<u8>], _options: &Options, _watch: &dyn Watch) -> Result<Quantized, Error> {
        unimplemented!()
    }
}
