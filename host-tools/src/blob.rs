//! A blob on disk, and what the host reads from it besides the runtime.
//!
//! The runtime never looks at a scale or at the normalization: they stand in the blob as bit
//! patterns of f32, for hosts that compare the answers with those of the f32 net.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tidbit::Model;
use tidbit::blob::TensorRecord;
use tidbit::kernels::{Kernels, kernels};
use tidbit_quantize::Normalization;
use tidbit_quantize::repack::repack;
use tidbit_quantize::scale::{Element, Scale};

use crate::Error;

/// The bytes of a blob, and where they come from.
#[derive(Debug)]
pub struct BlobFile {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl BlobFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|source| Error::Read {
            path: path.into(),
            source,
        })?;
        Ok(Self {
            path: path.into(),
            bytes,
        })
    }

    /// Validates it.
    ///
    /// # Errors
    /// [`Error::Blob`]: the runtime's reason, with the path.
    pub fn model(&self) -> Result<Model<'_>, Error> {
        Model::new(&self.bytes).map_err(|source| Error::Blob {
            path: self.path.clone(),
            source,
        })
    }

    /// The same blob with its weights in the order that this machine runs fast; the answers are the same.
    ///
    /// # Errors
    /// As [`model`](Self::model).
    pub fn for_host(&self) -> Result<Self, Error> {
        self.for_backend(kernels())
    }

    /// The same blob with its weights in the order that these micro-kernels run fast.
    ///
    /// # Errors
    /// As [`model`](Self::model).
    pub fn for_backend(&self, kernels: &Kernels) -> Result<Self, Error> {
        self.model()?;
        Ok(Self {
            path: self.path.clone(),
            bytes: repack(&self.bytes, kernels.packing)?,
        })
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// What the f32 net was fed, as the blob has it.
pub fn normalization(model: &Model<'_>) -> Normalization {
    let tables = model.tables();
    let list = |offset| {
        let words = tables.data.words(offset, tables.input.channels.into());
        let numbers = words.unwrap_or_default().iter();
        numbers.map(|word| f32::from_le_bytes(*word)).collect()
    };
    Normalization {
        mean: list(tables.input.mean),
        std: list(tables.input.std),
        bgr: tables.input.bgr != 0,
    }
}

/// Where the blob comes from, by key: `model`, `sha256` of the ONNX file, and more.
pub fn provenance<'a>(model: &Model<'a>) -> BTreeMap<&'a str, &'a str> {
    let lines = model.provenance().lines();
    lines
        .map(|line| line.split_once('=').unwrap_or((line, "")))
        .collect()
}

/// Which real number an element of a tensor stands for.
pub fn scale(tensor: &TensorRecord) -> Scale {
    Scale {
        scale: f32::from_bits(tensor.scale),
        zero_point: tensor.zero_point,
        element: match tensor.element_bytes {
            1 => Element::Int8,
            _ => Element::Int16,
        },
    }
}

/// The name of a class: the blob's label, or its number.
pub fn class_name(model: &Model<'_>, class: usize) -> String {
    label(model, class).unwrap_or_else(|| class.to_string())
}

/// The label of a class, if the blob has labels.
pub fn label(model: &Model<'_>, class: usize) -> Option<String> {
    let class = u16::try_from(class).ok()?;
    model.label(class).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::BlobFile;

    #[test]
    fn a_foreign_file_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("net.onnx");
        for (bytes, expected) in [
            (&b""[..], "net.onnx: the blob is empty."),
            (b"\x08\x07pytorch", "net.onnx: not a tidbit blob"),
            (b"tidb\xff\x00", "net.onnx: the blob has format version 255"),
            (b"tidb\x04\x00", "net.onnx: the blob is cut short"),
        ] {
            std::fs::write(&path, bytes).unwrap();
            let file = BlobFile::read(&path).unwrap();
            let error = file.model().unwrap_err().to_string();
            assert!(
                error.contains(expected) && error.contains("idbit"),
                "{error}"
            );
        }
        let error = BlobFile::read(&dir.path().join("none.tidbit")).unwrap_err();
        assert!(error.to_string().contains("none.tidbit"));
    }
}
