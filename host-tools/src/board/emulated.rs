//! A board in the emulator, from boot to answers.

use std::path::Path;
use std::time::Duration;

use tidbit::Model;
use tidbit_link::{BlobInfo, CHUNK, Fault, Info, PROTOCOL, ToDevice, ToHost, TraceKind};

use super::answer::{BoardAnswer, Collected, Next};
use super::conversation::Conversation;
use super::qemu::Qemu;
use super::{Board, BoardError, limits};

/// Faults of the line that one inference may take before the host gives up.
const PATIENCE: usize = 8;

/// What a board says of itself.
#[derive(Clone, Debug)]
pub struct BoardInfo {
    /// Its name.
    pub board: String,
    /// Bytes that it has for arena and scratch.
    pub arena_budget: u32,
    /// Bytes of its buffer for a row of the image or the scores.
    pub buffer_budget: u32,
    /// Bytes of its stack.
    pub stack_budget: u32,
    /// The blob in its flash.
    pub blob: BlobInfo,
}

impl BoardInfo {
    /// Bytes of the image that the net takes.
    pub fn image_bytes(&self) -> usize {
        let BlobInfo { height, .. } = self.blob;
        self.row_bytes().saturating_mul(usize::from(height))
    }

    fn row_bytes(&self) -> usize {
        let BlobInfo {
            width, channels, ..
        } = self.blob;
        usize::from(width).saturating_mul(usize::from(channels))
    }
}

/// An emulated board; it ends with this value.
pub struct Emulated {
    conversation: Conversation,
    info: BoardInfo,
    limit: Duration,
}

impl Emulated {
    /// Boots `board` with the firmware `elf` and the blob in its flash, and waits until it is up.
    ///
    /// # Errors
    /// [`BoardError`]: the blob does not fit, the emulator is missing, the board refuses or is silent.
    pub fn boot(board: &Board, elf: &Path, blob: &Path) -> Result<Self, BoardError> {
        let path = || blob.to_owned();
        let bytes = std::fs::read(blob).map_err(|source| BoardError::Read {
            path: path(),
            source,
        })?;
        let model = Model::new(&bytes).map_err(|source| BoardError::Blob {
            path: path(),
            source,
        })?;
        board.check(blob, &model)?;
        let limit = limits::inference(&model);
        Self::boot_with(board, elf, &bytes, limit)
    }

    /// As [`boot`](Self::boot), with any bytes in the flash: for tests of what the board refuses.
    ///
    /// # Errors
    /// [`BoardError`]: the emulator is missing, the board refuses or is silent for longer than
    /// `limit` during an inference.
    pub fn boot_with(
        board: &Board,
        elf: &Path,
        flash: &[u8],
        limit: Duration,
    ) -> Result<Self, BoardError> {
        let (qemu, lines) = Qemu::boot(board, elf, flash)?;
        let mut conversation = Conversation::new(qemu, lines, elf)?;
        let introduced = greet(&mut conversation)?;
        let info = introduced.map_err(|fault| BoardError::Refused {
            fault,
            details: conversation.details(),
        })?;
        Ok(Self {
            conversation,
            info,
            limit,
        })
    }

    /// What the board said of itself.
    pub fn info(&self) -> &BoardInfo {
        &self.info
    }

    /// Has the board answer an image of raw `u8`: rows from the top, red first.
    ///
    /// With `trace` it sends a hash of every tensor too.
    ///
    /// # Errors
    /// [`BoardError`]: the image is not of the net's size, the board refuses, dies or goes silent,
    /// or something was written outside of the arena.
    pub fn infer(&mut self, image: &[u8], trace: bool) -> Result<BoardAnswer, BoardError> {
        let trace = if trace {
            TraceKind::Hashes
        } else {
            TraceKind::Off
        };
        self.converse(image, trace, None)
    }

    /// As [`infer`](Self::infer): the answer has the instructions of every tensor.
    ///
    /// # Errors
    /// As [`infer`](Self::infer).
    pub fn infer_counted(&mut self, image: &[u8]) -> Result<BoardAnswer, BoardError> {
        self.converse(image, TraceKind::Instructions, None)
    }

    /// As [`infer`](Self::infer), over memory painted with this byte: the answer has the high-water
    /// mark.
    ///
    /// # Errors
    /// As [`infer`](Self::infer).
    pub fn infer_painted(&mut self, image: &[u8], paint: u8) -> Result<BoardAnswer, BoardError> {
        self.converse(image, TraceKind::Off, Some(paint))
    }

    fn converse(
        &mut self,
        image: &[u8],
        trace: TraceKind,
        paint: Option<u8>,
    ) -> Result<BoardAnswer, BoardError> {
        let (have, expected) = (image.len(), self.info.image_bytes());
        if have != expected {
            return Err(BoardError::Image { have, expected });
        }
        let mut collected = Collected::default();
        self.conversation.send(&ToDevice::Start { trace, paint })?;
        let mut faults = 0;
        loop {
            let next = self
                .conversation
                .receive("answer", self.limit, |message| collected.take(&message))?;
            let (y, offset) = match next {
                Next::Listen => continue,
                Next::Send(y, offset) => (y, offset),
                Next::Fault(fault) => {
                    faults += 1;
                    match fault {
                        // The board asks again by itself.
                        Fault::BadFrame if faults <= PATIENCE => continue,
                        Fault::WrongPiece { y, offset } if faults <= PATIENCE => (y, offset),
                        _ => {
                            let details = self.conversation.details();
                            return Err(BoardError::Refused { fault, details });
                        }
                    }
                }
                Next::Done => break,
            };
            let pixels = piece(image, self.info.row_bytes(), y, offset);
            let pixels = pixels.ok_or_else(|| BoardError::Protocol {
                reason: format!("it asked for byte {offset} of row {y}, which the image has not"),
            })?;
            self.conversation
                .send(&ToDevice::Row { y, offset, pixels })?;
        }
        let mut answer = collected.answer(&self.info.blob, trace)?;
        answer.log = self.conversation.take_log();
        Ok(answer)
    }
}

/// Greets a board until it introduces itself: a greeting of which a part arrived before the board
/// listened is damaged, and the board says so.
fn greet(conversation: &mut Conversation) -> Result<Result<BoardInfo, Fault>, BoardError> {
    for _ in 0..PATIENCE {
        conversation.send(&ToDevice::Hello)?;
        let introduced = conversation.receive("boot", limits::BOOT, introduction)?;
        if let Some(introduced) = introduced {
            return Ok(introduced);
        }
    }
    Err(BoardError::Protocol {
        reason: format!("{PATIENCE} greetings arrived damaged"),
    })
}

/// A board's introduction, or the fault of its blob; nothing, if the greeting arrived damaged.
fn introduction(message: ToHost<'_>) -> Result<Option<Result<BoardInfo, Fault>>, BoardError> {
    let odd = |reason| Err(BoardError::Protocol { reason });
    let info = match message {
        ToHost::Info(info) => info,
        ToHost::Error(Fault::BadFrame) => return Ok(None),
        other => return odd(format!("it introduced itself by {other:?}")),
    };
    let Info {
        protocol, format, ..
    } = info;
    if protocol != PROTOCOL {
        return odd(format!(
            "it speaks version {protocol} of the link, this tool version {PROTOCOL}"
        ));
    }
    let own = tidbit::blob::header::VERSION;
    if format != own {
        return odd(format!(
            "it reads blobs of version {format}, this tool those of version {own}"
        ));
    }
    Ok(Some(info.blob.map(|blob| BoardInfo {
        board: info.board.to_owned(),
        arena_budget: info.arena_budget,
        buffer_budget: info.buffer_budget,
        stack_budget: info.stack_budget,
        blob,
    })))
}

/// The piece of the image that starts at a byte of a row.
fn piece(image: &[u8], row_bytes: usize, y: u16, offset: u32) -> Option<&[u8]> {
    let row = image.chunks_exact(row_bytes.max(1)).nth(usize::from(y))?;
    let rest = row.get(usize::try_from(offset).ok()?..)?;
    let piece = rest.get(..CHUNK).unwrap_or(rest);
    (!piece.is_empty()).then_some(piece)
}
