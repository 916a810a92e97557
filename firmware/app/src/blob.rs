//! Finding the blob in a board's flash: how long it is, before anything else is known of it.

use tidbit::blob::header::MAGIC;
use tidbit::blob::{Header, Record};
use tidbit::{Error, Model};
use tidbit_link::Fault;

use crate::log::{error, info};

/// The model at the start of `region`, the part of the flash that is kept for blobs.
///
/// # Errors
/// What is wrong with the bytes there; the log has the runtime's own words.
pub fn find_blob(region: &[u8]) -> Result<Model<'_>, Fault> {
    let blob = cut(region)?;
    Model::new(blob)
        .inspect(|model| {
            info!(
                "blob of {=usize} bytes, {}",
                blob.len(),
                model.input_shape()
            )
        })
        .map_err(refused)
}

fn refused(error: Error) -> Fault {
    error!("blob refused: {}", error);
    Fault::BlobRefused
}

/// Cuts a region of flash to the length that the blob's header gives.
///
/// Where there is no blob, the header's place alone is left, for validation to say so.
fn cut(region: &[u8]) -> Result<&[u8], Fault> {
    let short = region.get(..Header::LEN).unwrap_or(region);
    let Some(header) = Header::parse(region).filter(|header| header.magic == MAGIC) else {
        return Ok(short);
    };
    let bytes = header.blob_bytes;
    let blob = usize::try_from(bytes)
        .ok()
        .and_then(|len| region.get(..len));
    blob.ok_or(Fault::BlobTooLong {
        bytes,
        room: u32::try_from(region.len()).unwrap_or(u32::MAX),
    })
}
