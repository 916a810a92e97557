//! Pieces of a blob that are no records: weights, biases, multipliers, tables, texts.

use super::op::OpRecord;
use super::record::Record;
use crate::kernels::bytes::as_i8;

/// The blob's bytes, by offset and length. Every read is `None` where it would leave the blob.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a>(pub &'a [u8]);

impl<'a> Data<'a> {
    /// `len` bytes from `offset`.
    pub fn bytes(&self, offset: u32, len: usize) -> Option<&'a [u8]> {
        let start = usize::try_from(offset).ok()?;
        self.0.get(start..start.checked_add(len)?)
    }

    /// `len` int8 from `offset`.
    pub fn i8s(&self, offset: u32, len: usize) -> Option<&'a [i8]> {
        self.bytes(offset, len).map(as_i8)
    }

    /// `count` little-endian 32-bit words from `offset`.
    pub fn words(&self, offset: u32, count: usize) -> Option<&'a [[u8; 4]]> {
        let bytes = self.bytes(offset, count.checked_mul(4)?)?;
        Some(bytes.as_chunks().0)
    }

    /// A table of 256 little-endian u16 from `offset`.
    pub fn u16_table(&self, offset: u32) -> Option<&'a [[u8; 2]; 256]> {
        self.bytes(offset, 512)?.as_chunks().0.try_into().ok()
    }

    /// A table of 256 int8 from `offset`.
    pub fn i8_table(&self, offset: u32) -> Option<&'a [i8; 256]> {
        self.i8s(offset, 256)?.try_into().ok()
    }

    /// 257 little-endian i16 from `offset`.
    pub fn i16_points(&self, offset: u32) -> Option<&'a [[u8; 2]; 257]> {
        self.bytes(offset, 514)?.as_chunks().0.try_into().ok()
    }

    /// A text of `len` bytes from `offset`.
    pub fn text(&self, offset: u32, len: usize) -> Option<&'a str> {
        core::str::from_utf8(self.bytes(offset, len)?).ok()
    }

    /// One record at `offset`.
    pub fn record<R: Record>(&self, offset: u32) -> Option<R> {
        R::parse(self.bytes(offset, R::LEN)?)
    }

    /// The parameter record of an operator.
    pub fn params<R: Record>(&self, op: &OpRecord) -> Option<R> {
        self.record(op.params)
    }

    /// Entry `index` of a table of u32 at `offset`.
    pub fn u32_at(&self, offset: u32, index: usize) -> Option<u32> {
        let at = usize::try_from(offset)
            .ok()?
            .checked_add(index.checked_mul(4)?)?;
        let word = self.0.get(at..)?.first_chunk()?;
        Some(u32::from_le_bytes(*word))
    }
}
