//! **tidbit-link**: what a board and its host say to one another over a serial line.
//!
//! The line carries *frames*: a message, a CRC-32 over it, both stuffed by COBS so that no zero
//! byte is left inside, and a zero byte as the end. Whoever joins late, or hears noise, throws
//! bytes away up to the next zero and is back in step. Nothing here allocates, panics or waits:
//! the device links the same code as the host.
//!
//! The host asks (`Hello`, `Start`), the device then asks for each piece of the image
//! (`NeedRow`) and the host sends just that piece; so neither side ever has to buffer more than
//! one frame, and a piece that was lost is asked for again.
//!
//! ```
//! use tidbit_link::{Decoder, Frame, ToDevice, TraceKind, message};
//!
//! let mut frame = Frame::new();
//! let sent = ToDevice::Start { trace: TraceKind::Hashes, paint: None };
//! frame.encode(&sent).unwrap();
//! let mut decoder = Decoder::new();
//! for byte in frame.bytes() {
//!     if decoder.push(*byte) {
//!         let payload = decoder.frame().unwrap();
//!         assert_eq!(message::<ToDevice>(payload), Ok(sent));
//!     }
//! }
//! ```
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod decode;
mod encode;
mod fault;
mod message;

pub use decode::{Decoder, FrameError, NoMessage, message};
pub use encode::{Frame, TooLong};
pub use fault::Fault;
pub use message::{BlobInfo, HighWater, Info, ToDevice, ToHost, TraceKind};

use crc::{CRC_32_ISO_HDLC, Crc, NoTable};

/// Version of the messages; host and device of different versions refuse one another.
pub const PROTOCOL: u16 = 3;
/// Most bytes of one message.
pub const MAX_PAYLOAD: usize = 1024;
/// Most bytes of pixels, outputs or scores in one message: leaves room for the fields beside them.
pub const CHUNK: usize = 1000;
/// Bytes of the checksum behind a message.
const CHECKSUM: usize = 4;
/// Most bytes of a message with its checksum.
const MAX_BODY: usize = MAX_PAYLOAD + CHECKSUM;
/// Most bytes on the line: COBS adds one for every 254 and one more, then comes the zero.
pub const MAX_FRAME: usize = MAX_BODY + MAX_BODY / 254 + 2;

/// The checksum of the catalogue under the name CRC-32/ISO-HDLC.
static CRC: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC);

/// Bytes of memory that a device keeps for the link besides arena and scratch: room for a row of
/// the image while it comes in, or for all scores while they go out.
pub const fn buffer_bytes(row_bytes: usize, classes: usize) -> usize {
    let scores = classes.saturating_mul(2);
    if row_bytes > scores {
        row_bytes
    } else {
        scores
    }
}
