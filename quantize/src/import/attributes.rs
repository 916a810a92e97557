//! Attributes of an ONNX node, with their defaults.

use tract_onnx::pb::{AttributeProto, NodeProto};

/// The attributes of a node.
pub struct Attributes<'a>(pub &'a NodeProto);

impl Attributes<'_> {
    fn find(&self, name: &str) -> Option<&AttributeProto> {
        self.0
            .attribute
            .iter()
            .find(|attribute| attribute.name == name)
    }

    /// An integer.
    pub fn int(&self, name: &str, default: i64) -> i64 {
        self.find(name).map_or(default, |attribute| attribute.i)
    }

    /// A number.
    pub fn float(&self, name: &str, default: f32) -> f32 {
        self.find(name).map_or(default, |attribute| attribute.f)
    }

    /// A number that may be left out.
    pub fn optional_float(&self, name: &str) -> Option<f32> {
        self.find(name).map(|attribute| attribute.f)
    }

    /// A list of integers that may be left out.
    pub fn ints(&self, name: &str) -> Option<&[i64]> {
        self.find(name).map(|attribute| attribute.ints.as_slice())
    }

    /// A text.
    pub fn text(&self, name: &str, default: &str) -> String {
        let text = self
            .find(name)
            .map(|attribute| String::from_utf8_lossy(&attribute.s).into_owned());
        text.unwrap_or_else(|| default.into())
    }

    /// Rows and columns, `default` where the list is left out.
    pub fn pair(&self, name: &str, default: usize) -> Result<[usize; 2], String> {
        let Some(list) = self.ints(name) else {
            return Ok([default; 2]);
        };
        let sizes: Option<Vec<_>> = list
            .iter()
            .map(|&size| usize::try_from(size).ok())
            .collect();
        match sizes.as_deref() {
            Some(&[rows, columns]) => Ok([rows, columns]),
            _ => Err(format!(
                "its {name} is {list:?}; two numbers for two spatial dimensions are expected"
            )),
        }
    }
}
