//! The line to the host: whole messages in and out.

use embedded_io::{Read, Write};
use tidbit_link::{CHUNK, Decoder, Fault, Frame, ToDevice, ToHost, message};

/// Buffers of the line: one frame in, one frame out.
#[derive(Default)]
pub struct Line {
    decoder: Decoder,
    frame: Frame,
}

impl Line {
    /// A line on which nothing was said yet.
    pub const fn new() -> Self {
        Self {
            decoder: Decoder::new(),
            frame: Frame::new(),
        }
    }

    /// Waits for the next message, or for something that should have been one.
    ///
    /// # Errors
    /// `Err(None)` where the line was closed, `Err(Some(_))` where it broke.
    pub(crate) fn receive<L: Read>(
        &mut self,
        link: &mut L,
    ) -> Result<Result<ToDevice<'_>, Fault>, Option<L::Error>> {
        loop {
            let mut byte = [0];
            if link.read(&mut byte).map_err(Some)? == 0 {
                return Err(None);
            }
            if self.decoder.push(byte[0]) {
                break;
            }
        }
        let payload = self.decoder.frame().map_err(|_| Fault::BadFrame);
        Ok(payload.and_then(|payload| message(payload).map_err(|_| Fault::UnknownMessage)))
    }

    /// Sends a message.
    ///
    /// # Errors
    /// The line's.
    pub(crate) fn send<L: Write>(
        &mut self,
        link: &mut L,
        message: &ToHost<'_>,
    ) -> Result<(), L::Error> {
        // No message of this firmware is too long: its pieces are of `CHUNK` bytes.
        let _ = self.frame.encode(message);
        link.write_all(self.frame.bytes())?;
        link.flush()
    }

    /// Sends bytes piece by piece; the first of them is byte `start` of the message's whole.
    ///
    /// # Errors
    /// The line's.
    pub(crate) fn send_pieces<'a, L: Write>(
        &mut self,
        link: &mut L,
        (start, bytes): (u32, &'a [u8]),
        piece: impl Fn(u32, &'a [u8]) -> ToHost<'a>,
    ) -> Result<(), L::Error> {
        let mut offset = start;
        for bytes in bytes.chunks(CHUNK) {
            self.send(link, &piece(offset, bytes))?;
            offset = offset.wrapping_add(CHUNK as u32);
        }
        Ok(())
    }
}
