//! The host's side of the link: sends a message, waits for the next one, never for ever.

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use tidbit_link::{Decoder, Frame, ToDevice, ToHost, message};

use super::BoardError;
use super::log::Log;
use super::qemu::{Lines, POLL, Qemu};

/// Lines of the log that an error shows.
const LOG_LINES: usize = 20;

/// A board with which the host talks.
pub(super) struct Conversation {
    qemu: Qemu,
    link: std::net::TcpStream,
    log: Log,
    decoder: Decoder,
    frame: Frame,
    /// Bytes that came and were not looked at yet.
    pending: std::collections::VecDeque<u8>,
}

impl Conversation {
    /// Over the lines of an emulator that was just started.
    pub(super) fn new(qemu: Qemu, lines: Lines, elf: &std::path::Path) -> Result<Self, BoardError> {
        let limits = lines.link.set_read_timeout(Some(POLL));
        let limits = limits.and(lines.link.set_write_timeout(Some(Duration::from_secs(30))));
        limits.map_err(|source| BoardError::Host {
            what: "set up the line to the emulator",
            source,
        })?;
        Ok(Self {
            qemu,
            link: lines.link,
            log: Log::new(elf, lines.log)?,
            decoder: Decoder::new(),
            frame: Frame::new(),
            pending: std::collections::VecDeque::new(),
        })
    }

    /// Sends a message.
    pub(super) fn send(&mut self, message: &ToDevice<'_>) -> Result<(), BoardError> {
        let encoded = self.frame.encode(message);
        encoded.map_err(|error| BoardError::Protocol {
            reason: error.to_string(),
        })?;
        let Err(source) = self.link.write_all(self.frame.bytes()) else {
            return Ok(());
        };
        self.lost()?;
        Err(BoardError::Host {
            what: "write to the board's link",
            source,
        })
    }

    /// Waits for a message and hands it to `look`; `what` says what the board should do meanwhile.
    pub(super) fn receive<T>(
        &mut self,
        what: &'static str,
        limit: Duration,
        look: impl FnOnce(ToHost<'_>) -> Result<T, BoardError>,
    ) -> Result<T, BoardError> {
        let start = Instant::now();
        while !self.frame_ended()? {
            if start.elapsed() > limit {
                let details = self.details();
                return Err(BoardError::Silent {
                    what,
                    after: limit,
                    details,
                });
            }
        }
        let garbled = |error: &dyn std::error::Error| BoardError::Protocol {
            reason: error.to_string(),
        };
        let payload = self.decoder.frame().map_err(|error| garbled(&error))?;
        look(message(payload).map_err(|error| garbled(&error))?)
    }

    /// Takes in bytes until a frame ended (true) or a short while went by (false).
    fn frame_ended(&mut self) -> Result<bool, BoardError> {
        while let Some(byte) = self.pending.pop_front() {
            if self.decoder.push(byte) {
                return Ok(true);
            }
        }
        let mut buffer = [0; 4096];
        match self.link.read(&mut buffer) {
            Ok(0) => self.lost()?,
            Ok(len) => self.pending.extend(buffer.iter().take(len)),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {
                    self.log.poll();
                    let log = self.log_lines();
                    self.qemu.alive(&log)?;
                }
                _ => self.lost()?,
            },
        }
        Ok(false)
    }

    /// The line broke: gives the emulator a moment to end, and says how it did.
    fn lost(&mut self) -> Result<(), BoardError> {
        for _ in 0..20 {
            let log = self.log_lines();
            self.qemu.alive(&log)?;
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    /// What the emulator and the board said last.
    pub(super) fn details(&mut self) -> String {
        format!("{}{}", self.qemu.last_words(), self.log_lines())
    }

    fn log_lines(&mut self) -> String {
        let lines = self.log.lines();
        let from = lines.len().saturating_sub(LOG_LINES);
        match lines.get(from..) {
            None | Some([]) => String::new(),
            Some(lines) => format!("\nThe board's log:\n{}", lines.join("\n")),
        }
    }

    /// The lines of the log since the last call.
    pub(super) fn take_log(&mut self) -> Vec<String> {
        self.log.take()
    }
}
