//! The board's log: defmt frames, made text with the strings in the firmware's ELF file.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::path::Path;

use defmt_decoder::Table;

use super::BoardError;

/// The log of a running board.
pub(super) struct Log {
    table: Option<Table>,
    stream: TcpStream,
    /// Bytes that came, from the end of the last whole frame on.
    bytes: Vec<u8>,
    lines: Vec<String>,
}

impl Log {
    /// The log of the firmware in `elf`, as it comes in on `stream`.
    pub(super) fn new(elf: &Path, stream: TcpStream) -> Result<Self, BoardError> {
        let file = std::fs::read(elf).map_err(|source| BoardError::Read {
            path: elf.to_owned(),
            source,
        })?;
        let table = Table::parse(&file).map_err(|error| BoardError::Protocol {
            reason: format!("the firmware's log cannot be decoded ({error:#})"),
        })?;
        stream
            .set_nonblocking(true)
            .map_err(|source| BoardError::Host {
                what: "set up the line for the board's log",
                source,
            })?;
        Ok(Self {
            table,
            stream,
            bytes: Vec::new(),
            lines: Vec::new(),
        })
    }

    /// Takes in what has come by now. A log that breaks off is no error: the link will tell.
    pub(super) fn poll(&mut self) {
        let mut buffer = [0; 4096];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(len) => self.bytes.extend(buffer.iter().take(len)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.decode();
    }

    /// Makes text of all whole frames; each ends with a zero byte.
    fn decode(&mut self) {
        let Some(table) = &self.table else { return };
        let Some(end) = self.bytes.iter().rposition(|byte| *byte == 0) else {
            return;
        };
        let mut decoder = table.new_stream_decoder();
        for frame in self
            .bytes
            .drain(..=end)
            .as_slice()
            .split_inclusive(|byte| *byte == 0)
        {
            if frame.len() < 2 {
                continue;
            }
            decoder.received(frame);
            self.lines.push(match decoder.decode() {
                Ok(frame) => frame.display(false).to_string(),
                Err(error) => format!("(a log frame that cannot be decoded: {error})"),
            });
        }
    }

    /// The lines since the last call.
    pub(super) fn take(&mut self) -> Vec<String> {
        self.poll();
        std::mem::take(&mut self.lines)
    }

    /// The lines since the last [`take`](Self::take).
    pub(super) fn lines(&mut self) -> &[String] {
        self.poll();
        &self.lines
    }
}
