//! Changes to a sealed blob, record by record: what a broken or hostile host might have written.
//!
//! Every function changes a record where it lies and seals the blob again, so that validation gets
//! past the checksum and has to find the fault itself.

use tidbit::blob::header::{CHECKSUM_LEN, MAGIC, VERSION};
use tidbit::blob::{Header, OpRecord, OutputRecord, Record, SegmentRecord, TensorRecord};

use crate::handmade::seal;

/// Changes the record of type `R` at `offset`.
///
/// # Panics
/// If there is none: the blob is not one of ours.
pub fn at<R: Record>(blob: &mut [u8], offset: u32, change: impl FnOnce(&mut R)) {
    let place = usize::try_from(offset)
        .ok()
        .and_then(|at| blob.get_mut(at..));
    let place = place.expect("a record lies in the blob");
    let mut record = R::parse(place).expect("a record lies in the blob");
    change(&mut record);
    record.emit(place).expect("it was parsed from there");
    seal(blob);
}

/// The header as it stands.
///
/// # Panics
/// If the blob is shorter than a header.
pub fn read_header(blob: &[u8]) -> Header {
    Header::parse(blob).expect("the blob begins with a header")
}

/// Offset of record `index` of a table.
fn entry<R: Record>(table: u32, index: u16) -> u32 {
    table + u32::try_from(R::LEN).expect("records are short") * u32::from(index)
}

/// Changes the header.
pub fn header(blob: &mut [u8], change: impl FnOnce(&mut Header)) {
    at(blob, 0, change);
}

/// Changes tensor `index`.
pub fn tensor(blob: &mut [u8], index: u16, change: impl FnOnce(&mut TensorRecord)) {
    let table = read_header(blob).tensors;
    at(blob, entry::<TensorRecord>(table, index), change);
}

/// Changes operator `index`.
pub fn op(blob: &mut [u8], index: u16, change: impl FnOnce(&mut OpRecord)) {
    let table = read_header(blob).ops;
    at(blob, entry::<OpRecord>(table, index), change);
}

/// Changes segment `index`.
pub fn segment(blob: &mut [u8], index: u16, change: impl FnOnce(&mut SegmentRecord)) {
    let table = read_header(blob).segments;
    at(blob, entry::<SegmentRecord>(table, index), change);
}

/// Changes the first answer.
pub fn output(blob: &mut [u8], change: impl FnOnce(&mut OutputRecord)) {
    let mut offset = 0;
    header(blob, |header| offset = header.outputs);
    at(blob, offset, change);
}

/// Changes the parameters of operator `index`.
pub fn params<R: Record>(blob: &mut [u8], index: u16, change: impl FnOnce(&mut R)) {
    let mut offset = 0;
    op(blob, index, |op| offset = op.params);
    at(blob, offset, change);
}

/// A blob of any bytes whose frame is right: magic, version, length and checksum.
pub fn reframe(bytes: &[u8]) -> Vec<u8> {
    let mut blob = bytes.to_vec();
    blob.resize(blob.len().max(Header::LEN + CHECKSUM_LEN), 0);
    let length = u32::try_from(blob.len()).unwrap_or(u32::MAX);
    header(&mut blob, |header| {
        header.magic = MAGIC;
        header.version = VERSION;
        header.blob_bytes = length;
    });
    blob
}
