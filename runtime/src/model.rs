//! A model: a blob that passed validation.

use crate::blob::check::{Checked, check};
use crate::blob::{OutputRecord, TensorRecord};
use crate::error::Error;

/// A blob that passed validation, read in place.
///
/// Making one is the only time that anything can be found wrong with the bytes; see
/// [`check`](crate::blob::check).
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    pub(crate) checked: Checked<'a>,
}

/// What the caller must give: an image of raw `u8`, rows from the top, red first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ImageShape {
    /// Rows.
    pub height: u16,
    /// Pixels of a row.
    pub width: u16,
    /// Bytes of a pixel: 1 is grey, 3 is red, green, blue.
    pub channels: u16,
}

impl ImageShape {
    /// Bytes of one row.
    pub fn row_bytes(&self) -> usize {
        usize::from(self.width).wrapping_mul(usize::from(self.channels))
    }

    /// Bytes of the whole image.
    pub fn bytes(&self) -> usize {
        self.row_bytes().wrapping_mul(usize::from(self.height))
    }
}

impl<'a> Model<'a> {
    /// Validates `blob` and reads it in place from then on.
    ///
    /// # Errors
    /// The first thing that is wrong with the bytes.
    pub fn new(blob: &'a [u8]) -> Result<Self, Error> {
        check(blob).map(|checked| Self { checked })
    }

    /// The image that the net takes.
    pub fn input_shape(&self) -> ImageShape {
        let tensor = self.checked.flow.tensors.get(0);
        tensor.map_or(
            ImageShape {
                height: 0,
                width: 0,
                channels: 0,
            },
            |tensor| ImageShape {
                height: tensor.height,
                width: tensor.width,
                channels: tensor.channels,
            },
        )
    }

    /// Number of answers, at least one.
    pub fn outputs(&self) -> u16 {
        self.checked.header.output_count
    }

    /// The record of an answer; `None` past the last.
    pub fn output(&self, index: u16) -> Option<OutputRecord> {
        self.checked.outputs.get(index)
    }

    /// The name of an answer in the ONNX file.
    pub fn output_name(&self, index: u16) -> Option<&'a str> {
        let output = self.output(index)?;
        let len = usize::from(output.name_bytes);
        self.checked.data.text(output.name, len)
    }

    /// The tensor of an answer: its shape and scale; `None` past the last.
    pub fn output_tensor(&self, index: u16) -> Option<TensorRecord> {
        self.checked.flow.tensors.get(self.output(index)?.tensor)
    }

    /// Number of elements of the net's first answer.
    pub fn output_len(&self) -> usize {
        self.elements(self.output_tensor(0))
    }

    /// Number of elements of all answers together.
    pub fn outputs_len(&self) -> usize {
        let each = (0..self.outputs()).map(|index| self.elements(self.output_tensor(index)));
        each.fold(0, usize::saturating_add)
    }

    /// Number of classes of the first answer: of logits, of scores, of labels. A map, whose logits
    /// have rows or columns, has none.
    pub fn classes(&self) -> usize {
        let logits = self.output(0).map(|output| output.logits);
        let logits = logits.and_then(|logits| self.checked.flow.tensors.get(logits));
        self.elements(logits.filter(TensorRecord::is_pixel))
    }

    fn elements(&self, tensor: Option<TensorRecord>) -> usize {
        let elements = tensor.map_or(0, |tensor| tensor.elements());
        usize::try_from(elements).unwrap_or(usize::MAX)
    }

    /// Bytes of the arena, in which the rings lie.
    pub fn arena_bytes(&self) -> usize {
        self.checked.header.arena_bytes as usize
    }

    /// Bytes of scratch besides the arena.
    pub fn scratch_bytes(&self) -> usize {
        self.checked.header.scratch_bytes as usize
    }

    /// Bytes that a [`Session`](crate::Session) needs: arena and scratch.
    pub fn memory_bytes(&self) -> usize {
        self.arena_bytes().saturating_add(self.scratch_bytes())
    }

    /// Bytes that a [`Session`](crate::Session) needs with a pool of so many threads: each has scratch of its own.
    #[cfg(feature = "threads")]
    pub fn memory_bytes_for(&self, threads: usize) -> usize {
        let threads = threads.clamp(1, crate::threads::MAX_THREADS);
        let scratch = self.scratch_bytes().saturating_mul(threads);
        self.arena_bytes().saturating_add(scratch)
    }

    /// Bytes of stack that an inference takes at most on a 32-bit ARM core.
    pub fn stack_bytes(&self) -> usize {
        self.checked.header.stack_bytes as usize
    }

    /// The label of a class, if the blob has labels.
    pub fn label(&self, class: u16) -> Option<&str> {
        self.checked.label(class)
    }

    /// Number of labels in the blob, 0 if it has none.
    pub fn label_count(&self) -> u16 {
        self.checked.header.label_count
    }

    /// Where the blob comes from: a text of `key=value` lines.
    pub fn provenance(&self) -> &'a str {
        let header = &self.checked.header;
        let text = self
            .checked
            .data
            .text(header.provenance, header.provenance_bytes as usize);
        text.unwrap_or("")
    }

    /// The blob's tables, for tools that look inside.
    pub fn tables(&self) -> &Checked<'a> {
        &self.checked
    }
}
