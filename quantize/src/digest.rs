//! The SHA-256 of a file: by it a blob's provenance names the ONNX file from which it was made.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::Error;

/// The SHA-256 of a file, in hexadecimal digits.
///
/// # Errors
/// [`Error::Read`].
pub fn sha256(path: &Path) -> Result<String, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Read {
        path: path.display().to_string(),
        source,
    })?;
    let digest = Sha256::digest(&bytes);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}
