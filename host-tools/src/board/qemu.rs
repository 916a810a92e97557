//! The emulator: a process, two serial lines, and its last words.
//!
//! The lines are TCP connections that QEMU opens to a port of ours on this machine, so nothing has
//! to wait for the emulator to listen. The process ends with the value that holds it.

use std::fs;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{Board, BoardError};

/// How long the emulator may take to open its lines.
const START: Duration = Duration::from_secs(30);
/// Lines of the emulator's that an error shows: its message, and the core's registers behind it.
const LINES: usize = 8;
/// How often a wait looks whether the emulator still runs.
pub(super) const POLL: Duration = Duration::from_millis(50);

/// A running emulator.
pub(super) struct Qemu {
    child: Child,
    /// Holds the blob as it was at the start, and what the emulator printed.
    folder: TempDir,
}

/// The two serial lines of a board.
pub(super) struct Lines {
    /// The link.
    pub(super) link: TcpStream,
    /// The log.
    pub(super) log: TcpStream,
}

impl Qemu {
    /// Boots a board with `elf` as its firmware and `blob` in its flash.
    pub(super) fn boot(
        board: &Board,
        elf: &Path,
        blob: &[u8],
    ) -> Result<(Self, Lines), BoardError> {
        let host = |what| move |source| BoardError::Host { what, source };
        let folder = tempfile::tempdir().map_err(host("make a temporary folder"))?;
        let in_flash = folder.path().join("blob");
        fs::write(&in_flash, blob).map_err(host("write the blob to a temporary file"))?;
        let errors = fs::File::create(folder.path().join("stderr"))
            .map_err(host("write to a temporary folder"))?;
        let elf = elf.canonicalize().map_err(|source| BoardError::Read {
            path: elf.to_owned(),
            source,
        })?;
        let link = Port::open("link")?;
        let log = Port::open("log")?;
        let loader = format!(
            "loader,file=blob,addr={:#x},force-raw=on",
            board.blob_address
        );
        let child = Command::new(&board.qemu)
            .current_dir(folder.path())
            .args(["-M", &board.qemu_machine, "-cpu", board.cpu()])
            .args(["-icount", "shift=0", "-nodefaults"])
            .args(["-display", "none", "-monitor", "none"])
            .args(["-chardev", &link.chardev(), "-serial", "chardev:link"])
            .args(["-chardev", &log.chardev()])
            .args(&board.qemu_arguments)
            .args(["-device", &loader, "-kernel"])
            .arg(elf)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()
            .map_err(|source| match source.kind() {
                ErrorKind::NotFound => BoardError::NoEmulator {
                    program: board.qemu.clone(),
                },
                _ => BoardError::Host {
                    what: "start the emulator",
                    source,
                },
            })?;
        let mut qemu = Self { child, folder };
        let link = qemu.accept(&link)?;
        let log = qemu.accept(&log)?;
        Ok((qemu, Lines { link, log }))
    }

    /// Waits for the emulator to open one of its lines.
    fn accept(&mut self, port: &Port) -> Result<TcpStream, BoardError> {
        let start = Instant::now();
        loop {
            match port.listener.accept() {
                Ok((stream, _)) => {
                    let ready = stream.set_nonblocking(false).and(stream.set_nodelay(true));
                    return ready.map(|()| stream).map_err(|source| BoardError::Host {
                        what: "set up a line to the emulator",
                        source,
                    });
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(source) => {
                    return Err(BoardError::Host {
                        what: "wait for the emulator's lines",
                        source,
                    });
                }
            }
            self.alive("")?;
            if start.elapsed() > START {
                return Err(BoardError::Silent {
                    what: "open its serial lines",
                    after: START,
                    details: self.last_words(),
                });
            }
            std::thread::sleep(POLL);
        }
    }

    /// Fails, with `log` and the emulator's last words, if the emulator ended.
    pub(super) fn alive(&mut self, log: &str) -> Result<(), BoardError> {
        match self.child.try_wait() {
            Ok(Some(status)) => Err(BoardError::Ended {
                status: status.to_string(),
                details: format!("{}{log}", self.last_words()),
            }),
            _ => Ok(()),
        }
    }

    /// What the emulator printed.
    pub(super) fn last_words(&self) -> String {
        let text = fs::read(self.folder.path().join("stderr")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().take(LINES).collect();
        if lines.is_empty() {
            return String::new();
        }
        format!("\nThe emulator said:\n{}", lines.join("\n"))
    }
}

impl Drop for Qemu {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill, and only to reap.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of this machine that waits for one line of the emulator.
struct Port {
    name: &'static str,
    listener: TcpListener,
    number: u16,
}

impl Port {
    fn open(name: &'static str) -> Result<Self, BoardError> {
        let open = || {
            let listener = TcpListener::bind(("127.0.0.1", 0))?;
            listener.set_nonblocking(true)?;
            let number = listener.local_addr()?.port();
            Ok((listener, number))
        };
        let (listener, number) = open().map_err(|source| BoardError::Host {
            what: "open a port on 127.0.0.1 for the emulator",
            source,
        })?;
        Ok(Self {
            name,
            listener,
            number,
        })
    }

    /// The option by which QEMU connects to the port.
    fn chardev(&self) -> String {
        let Self { name, number, .. } = self;
        format!("socket,id={name},host=127.0.0.1,port={number},nodelay=on")
    }
}
