//! Messages to frames.
//!
//! A message is written byte by byte, straight into the frame: each byte goes through the checksum
//! and the COBS encoder on its way, so no second buffer is needed.

use cobs::{EncoderState, PushResult};
use crc::{Digest, NoTable};
use heapless::Vec;
use postcard::ser_flavors::Flavor;
use serde::Serialize;

use crate::{CRC, MAX_FRAME, MAX_PAYLOAD};

/// A message is longer than [`MAX_PAYLOAD`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl core::fmt::Display for TooLong {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "a message is longer than {MAX_PAYLOAD} bytes")
    }
}

impl core::error::Error for TooLong {}

/// A buffer for one frame.
#[derive(Debug, Default)]
pub struct Frame(Vec<u8, MAX_FRAME>);

impl Frame {
    /// An empty buffer.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The frame, its closing zero included.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Makes the frame of a message.
    ///
    /// # Errors
    /// [`TooLong`]; the buffer is then empty.
    pub fn encode<M: Serialize>(&mut self, message: &M) -> Result<(), TooLong> {
        self.0.clear();
        let writer = Writer::new(&mut self.0);
        let done = postcard::serialize_with_flavor(message, writer);
        done.map_err(|_| {
            self.0.clear();
            TooLong
        })
    }
}

/// Takes the bytes of a message and leaves a frame.
struct Writer<'a> {
    frame: &'a mut Vec<u8, MAX_FRAME>,
    cobs: EncoderState,
    crc: Digest<'static, u32, NoTable>,
    payload: usize,
}

impl<'a> Writer<'a> {
    fn new(frame: &'a mut Vec<u8, MAX_FRAME>) -> Self {
        // The encoder wants a place for its first code byte; an empty buffer always has one.
        let _ = frame.push(0);
        Self {
            frame,
            cobs: EncoderState::default(),
            crc: CRC.digest(),
            payload: 0,
        }
    }

    /// Writes one byte through the COBS encoder. Not inlined: it would be, at every field of every
    /// message, and quadruple the size of the device's code for a line that is slow anyway.
    #[inline(never)]
    fn stuff(&mut self, byte: u8) -> Option<()> {
        match self.cobs.push(byte) {
            PushResult::AddSingle(byte) => self.frame.push(byte).ok(),
            PushResult::ModifyFromStartAndSkip((at, code)) => {
                *self.frame.get_mut(at)? = code;
                self.frame.push(0).ok()
            }
            PushResult::ModifyFromStartAndPushAndSkip((at, code, byte)) => {
                *self.frame.get_mut(at)? = code;
                self.frame.push(byte).ok()?;
                self.frame.push(0).ok()
            }
        }
    }

    fn close(mut self) -> Option<()> {
        let checksum = self.crc.clone().finalize().to_le_bytes();
        for byte in checksum {
            self.stuff(byte)?;
        }
        let (at, code) = self.cobs.finalize();
        *self.frame.get_mut(at)? = code;
        self.frame.push(0).ok()
    }
}

impl Flavor for Writer<'_> {
    type Output = ();

    #[inline(never)]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        let full = postcard::Error::SerializeBufferFull;
        if self.payload >= MAX_PAYLOAD {
            return Err(full);
        }
        self.payload = self.payload.saturating_add(1);
        self.crc.update(&[byte]);
        self.stuff(byte).ok_or(full)
    }

    fn finalize(self) -> postcard::Result<()> {
        self.close().ok_or(postcard::Error::SerializeBufferFull)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ToDevice;

    #[test]
    fn the_only_zero_is_the_last_byte() {
        let mut frame = Frame::new();
        let pixels = [0; crate::CHUNK];
        let row = ToDevice::Row {
            y: 0,
            offset: 0,
            pixels: &pixels,
        };
        frame.encode(&row).unwrap();
        let (last, rest) = frame.bytes().split_last().unwrap();
        assert_eq!(*last, 0);
        assert!(rest.iter().all(|byte| *byte != 0));
    }

    #[test]
    fn the_longest_message_fits_whatever_its_bytes() {
        let mut frame = Frame::new();
        for fill in [0, 1, 0xff] {
            let pixels = [fill; crate::CHUNK];
            let row = ToDevice::Row {
                y: u16::MAX,
                offset: u32::MAX,
                pixels: &pixels,
            };
            assert_eq!(frame.encode(&row), Ok(()));
            assert!(frame.bytes().len() <= MAX_FRAME);
        }
    }

    #[test]
    fn a_longer_message_is_refused() {
        let mut frame = Frame::new();
        let pixels = [7; MAX_PAYLOAD];
        let row = ToDevice::Row {
            y: 0,
            offset: 0,
            pixels: &pixels,
        };
        assert_eq!(frame.encode(&row), Err(TooLong));
        assert!(frame.bytes().is_empty());
    }
}
