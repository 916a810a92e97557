//! The f32 truth: the ONNX net through tract, fed as its training fed it.

use crate::{Error, Normalization};
use std::path::Path;

/// The f32 net, ready to run.
pub struct Reference {}

impl Reference {
    /// Loads a net.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn load(_path: &Path, _normalization: &Normalization) -> Result<Self, Error> {
        unimplemented!()
    }
    /// Runs it on an image of raw u8, HWC, red first, of the net's size. May be called from many threads.
    ///
    /// # Errors
    /// The image has the wrong size.
    pub fn run(&self, _image: &[u8]) -> Result<Vec<f32>, Error> {
        unimplemented!()
    }
}
