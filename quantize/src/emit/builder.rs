//! Bytes that grow: pieces are appended one after another, each at a multiple of four, and every
//! record learns where its pieces came to lie.

use byteorder::{LittleEndian, WriteBytesExt};
use tidbit::blob::Record;

use crate::Error;

/// A blob that grows.
pub(super) struct Builder(pub(super) Vec<u8>);

impl Builder {
    /// Appends bytes at a multiple of four, and says where.
    pub(super) fn append(&mut self, bytes: &[u8]) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        let offset = self.0.len() as u32;
        self.0.extend_from_slice(bytes);
        offset
    }

    pub(super) fn append_i8(&mut self, values: &[i8]) -> u32 {
        self.append(tidbit::kernels::bytes::as_u8(values))
    }

    pub(super) fn append_words(&mut self, values: &[i32]) -> u32 {
        self.append(&collect(values, |bytes, value| {
            bytes.write_i32::<LittleEndian>(value)
        }))
    }

    pub(super) fn append_floats(&mut self, values: &[f32]) -> u32 {
        self.append(&collect(values, |bytes, value| {
            bytes.write_f32::<LittleEndian>(value)
        }))
    }

    pub(super) fn append_points(&mut self, values: &[i16]) -> u32 {
        self.append(&collect(values, |bytes, value| {
            bytes.write_i16::<LittleEndian>(value)
        }))
    }

    pub(super) fn append_table(&mut self, values: &[u16]) -> u32 {
        self.append(&collect(values, |bytes, value| {
            bytes.write_u16::<LittleEndian>(value)
        }))
    }

    /// Appends a name, and says where and how long it is.
    pub(super) fn append_name(&mut self, name: &str) -> Result<(u32, u16), Error> {
        let bytes = u16::try_from(name.len()).map_err(|_| Error::TooMany {
            reason: "a name of more than 65,535 bytes".into(),
        })?;
        let offset = self.0.len() as u32;
        self.0.extend_from_slice(name.as_bytes());
        Ok((offset, bytes))
    }

    pub(super) fn append_record<R: Record>(&mut self, record: &R) -> u32 {
        let offset = self.append(&vec![0; R::LEN]);
        self.put(offset, record);
        offset
    }

    /// Writes a record where there is room for it already.
    pub(super) fn put<R: Record>(&mut self, offset: u32, record: &R) {
        let written = self
            .0
            .get_mut(offset as usize..)
            .and_then(|room| record.emit(room));
        assert!(
            written.is_some(),
            "room for every record is reserved before it is written"
        );
    }
}

/// Tables of exp that are in the blob already: answers and softmax operators share them.
#[derive(Default)]
pub(super) struct Tables(Vec<(Box<[u16; 256]>, u32)>);

impl Tables {
    /// Where a table lies, appended if it is new.
    pub(super) fn place(&mut self, builder: &mut Builder, table: &[u16; 256]) -> u32 {
        let known = self.0.iter().find(|(known, _)| **known == *table);
        if let Some((_, offset)) = known {
            return *offset;
        }
        let offset = builder.append_table(table);
        self.0.push((Box::new(*table), offset));
        offset
    }
}

/// Bytes of a list, value by value. Writing to a vector cannot fail.
fn collect<T: Copy>(
    values: &[T],
    write: impl Fn(&mut Vec<u8>, T) -> std::io::Result<()>,
) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size_of_val(values));
    for &value in values {
        write(&mut bytes, value).unwrap_or_else(|_| unreachable!("a vector takes every byte"));
    }
    bytes
}
