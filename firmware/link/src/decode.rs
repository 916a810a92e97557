//! Bytes from the line to messages.
//!
//! The decoder takes one byte at a time and never loses its way for longer than one frame: whatever
//! came before a zero byte is either a frame whose checksum holds, or an error that is reported
//! once, and the next byte starts afresh.

use cobs::{DecodeResult, DecoderState};
use heapless::Vec;
use serde::Deserialize;

use crate::{CHECKSUM, CRC, MAX_BODY};

/// Why the bytes between two zeros are no frame.
///
/// No error is zero, so that "none" is, and a new [`Decoder`] is zeros: it takes no flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The frame ended in the middle of a COBS block.
    Broken = 1,
    /// There are more bytes than any frame has.
    TooLong,
    /// The checksum does not hold.
    Checksum,
}

impl core::fmt::Display for FrameError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Broken => "a frame ended too early",
            Self::TooLong => "a frame is longer than frames are",
            Self::Checksum => "the checksum of a frame does not hold",
        })
    }
}

impl core::error::Error for FrameError {}

/// Puts frames together from bytes.
#[derive(Debug)]
pub struct Decoder {
    cobs: DecoderState,
    body: Vec<u8, MAX_BODY>,
    /// The frame is over: the next byte starts a new one.
    ended: bool,
    /// What is wrong with the frame so far.
    spoilt: Option<FrameError>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder between two frames.
    pub const fn new() -> Self {
        Self {
            cobs: DecoderState::Idle,
            body: Vec::new(),
            ended: false,
            spoilt: None,
        }
    }

    /// Takes a byte; whether it ended a frame, for [`frame`](Self::frame) to look at.
    pub fn push(&mut self, byte: u8) -> bool {
        if self.ended {
            self.body.clear();
            self.spoilt = None;
            self.ended = false;
        }
        match self.cobs.feed(byte) {
            Ok(DecodeResult::NoData) => {}
            Ok(DecodeResult::DataContinue(byte)) => {
                if self.body.push(byte).is_err() {
                    self.spoilt = Some(FrameError::TooLong);
                }
            }
            Ok(DecodeResult::DataComplete) => self.ended = true,
            Err(_) => {
                self.ended = true;
                self.spoilt = self.spoilt.or(Some(FrameError::Broken));
            }
        }
        self.ended
    }

    /// The message bytes of the frame that just ended.
    ///
    /// # Errors
    /// What is wrong with it; [`FrameError::Broken`] too while none has ended.
    pub fn frame(&self) -> Result<&[u8], FrameError> {
        if let Some(error) = self.spoilt {
            return Err(error);
        }
        if !self.ended {
            return Err(FrameError::Broken);
        }
        let parts = self.body.split_last_chunk::<CHECKSUM>();
        let (payload, stored) = parts.ok_or(FrameError::Broken)?;
        if CRC.checksum(payload) != u32::from_le_bytes(*stored) {
            return Err(FrameError::Checksum);
        }
        Ok(payload)
    }
}

/// A frame holds no message of the kind that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMessage;

impl core::fmt::Display for NoMessage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("a frame holds no message of this protocol")
    }
}

impl core::error::Error for NoMessage {}

/// The message in the bytes of a frame.
///
/// # Errors
/// [`NoMessage`] if they are no such message, or more than one.
pub fn message<'a, M: Deserialize<'a>>(payload: &'a [u8]) -> Result<M, NoMessage> {
    match postcard::take_from_bytes(payload) {
        Ok((message, [])) => Ok(message),
        _ => Err(NoMessage),
    }
}
