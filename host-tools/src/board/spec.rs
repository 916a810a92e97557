//! What a board has: `firmware/boards/<board>/board.toml`, which the firmware's build reads too.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tidbit::Model;

use super::firmware;
use super::{BoardError, Fit};

/// A board, as its `board.toml` describes it.
#[derive(Clone, Debug, Deserialize)]
pub struct Board {
    /// Its name, also that of its folder and of its firmware's ELF file.
    pub name: String,
    /// One line for people.
    pub description: String,
    /// Rust target of its core.
    pub target: String,
    /// Program that emulates it.
    pub qemu: String,
    /// Machine that QEMU emulates it by.
    pub qemu_machine: String,
    /// Cores that QEMU may give it, of which one firmware runs on all; the first is the usual one.
    pub cpus: Vec<String>,
    /// What else QEMU has to be told, such as where the log comes out: on the chardev `log`.
    pub qemu_arguments: Vec<String>,
    /// The order of weights that its core runs fast, as `--target` names it.
    pub packing: String,
    /// Bytes that the firmware's code and constants may take.
    pub flash_bytes: u64,
    /// Bytes of stack.
    pub stack_bytes: u64,
    /// Bytes for arena and scratch.
    pub arena_bytes: u64,
    /// Bytes of the buffer for a row of the image or the scores.
    pub buffer_bytes: u64,
    /// Where the blob lies.
    pub blob_address: u64,
    /// Bytes that the blob may take.
    pub blob_bytes: u64,
    /// Bytes of stack that the runtime takes on it below the caller of
    /// [`Session::advance`](tidbit::Session::advance), measured for each
    /// [key](super::stack_key).
    pub stack: BTreeMap<String, u64>,
}

impl Board {
    /// The board of this name, from the firmware's folder.
    ///
    /// # Errors
    /// [`BoardError::NoFirmware`], [`BoardError::NoBoard`] or [`BoardError::Description`].
    pub fn find(name: &str) -> Result<Self, BoardError> {
        let boards = firmware::directory()?.join("boards");
        let path = boards.join(name).join("board.toml");
        let is_name = Path::new(name).components().count() == 1 && path.is_file();
        if !is_name {
            let name = name.to_owned();
            let known = known(&boards);
            return Err(BoardError::NoBoard { name, known });
        }
        Self::read(path)
    }

    fn read(path: PathBuf) -> Result<Self, BoardError> {
        match fs::read_to_string(&path) {
            Err(source) => Err(BoardError::Read { path, source }),
            Ok(text) => toml::from_str(&text).map_err(|error| BoardError::Description {
                path,
                reason: error.to_string().trim_end().replace('\n', " "),
            }),
        }
    }

    /// The same board with this core.
    ///
    /// # Errors
    /// [`BoardError::NoCpu`] with the cores that it may have.
    pub fn with_cpu(mut self, cpu: &str) -> Result<Self, BoardError> {
        match self.cpus.iter().position(|known| known == cpu) {
            Some(at) => {
                self.cpus.swap(0, at);
                Ok(self)
            }
            None => Err(BoardError::NoCpu {
                board: self.name,
                cpu: cpu.to_owned(),
                known: self.cpus,
            }),
        }
    }

    /// The core that the board is booted with.
    pub fn cpu(&self) -> &str {
        self.cpus.first().map_or("", String::as_str)
    }

    /// Every board of the firmware's folder, by name.
    ///
    /// # Errors
    /// [`BoardError::NoFirmware`] or [`BoardError::Description`].
    pub fn all() -> Result<Vec<Self>, BoardError> {
        let boards = firmware::directory()?.join("boards");
        let names = known(&boards).into_iter();
        names
            .map(|name| Self::read(boards.join(name).join("board.toml")))
            .collect()
    }

    /// Refuses a blob that exceeds budgets of the board.
    ///
    /// # Errors
    /// [`BoardError::TooLarge`], with the budgets and by how much.
    pub fn check(&self, blob: &Path, model: &Model<'_>) -> Result<Fit, BoardError> {
        let fit = Fit::of(self, model)?;
        if fit.fits {
            return Ok(fit);
        }
        Err(BoardError::TooLarge {
            path: blob.to_owned(),
            board: self.name.clone(),
            over: fit.exceeded(),
        })
    }
}

/// Names of the boards in a folder.
fn known(boards: &Path) -> Vec<String> {
    let entries = fs::read_dir(boards).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .filter(|entry| entry.path().join("board.toml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_board_can_be_read_and_bears_the_name_of_its_folder() {
        let boards = firmware::directory().unwrap().join("boards");
        let names = known(&boards);
        assert!(!names.is_empty());
        for name in names {
            assert_eq!(Board::find(&name).unwrap().name, name);
        }
    }

    #[test]
    fn a_core_can_be_chosen_among_those_of_the_board() {
        for board in Board::all().unwrap() {
            let usual = board.cpu().to_owned();
            assert!(!usual.is_empty());
            for cpu in board.cpus.clone() {
                let chosen = board.clone().with_cpu(&cpu).unwrap();
                assert_eq!(chosen.cpu(), cpu);
                assert_eq!(chosen.with_cpu(&usual).unwrap().cpu(), usual);
            }
            let error = board.with_cpu("z80").unwrap_err().to_string();
            assert!(error.contains("z80") && error.contains(&usual), "{error}");
        }
    }

    #[test]
    fn an_unknown_board_is_told_the_known_ones() {
        for name in ["no-such-board", "", "..", "../boards/mps2-an386"] {
            let error = Board::find(name).unwrap_err().to_string();
            assert!(error.contains("There are: mps2-an385"), "{error}");
        }
    }
}
