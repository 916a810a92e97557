//! The proof of a certificate: an inference on a board that has not one byte more than the blob
//! says, and the measure of what it used.
//!
//! Every image runs twice, over memory painted in two ways. A byte that an inference writes differs
//! from at least one of the paints, so the greater of the two marks is the true one.

use std::fmt;
use std::path::Path;

use serde::Serialize;
use tidbit::Model;

use super::{Board, BoardAnswer, BoardError, Emulated, firmware};
use crate::grid::{Grid, grouped};

/// The paints: each is the other's complement.
const PAINTS: [u8; 2] = [0xa5, 0x5a];

/// What a certificate says, beside what was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Certified {
    /// Bytes of the arena by the blob.
    pub arena_bytes: u64,
    /// Place behind the last byte of it that was written.
    pub arena_high_water: u64,
    /// Bytes of scratch by the blob.
    pub scratch_bytes: u64,
    /// Place behind the last byte of it that was written.
    pub scratch_high_water: u64,
    /// Bytes of stack by the blob's operators and the board's table.
    pub stack_bytes: u64,
    /// Bytes of stack that the inference took.
    pub stack_measured: u64,
}

/// What a certificate says wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breach {
    /// The answer depends on what lay in memory before.
    StaleMemory,
    /// Less of the arena is used than the blob says.
    ArenaUnused(Certified),
    /// Scratch beyond what the blob says is used.
    ScratchExceeded(Certified),
    /// More stack is used than the board's table says.
    StackExceeded(Certified),
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MEASURE: &str = "Measure the board's table of stack anew: \
            TIDBIT_BLESS=1 cargo test --release --workspace --test board_stack.";
        match self {
            Self::StaleMemory => write!(
                f,
                "the answer depends on what lay in memory before the inference. This is a defect of tidbit; please report it with the blob."
            ),
            Self::ArenaUnused(found) => write!(
                f,
                "the blob says {} bytes of arena, but only the first {} are used: {} too many. Quantize the model anew.",
                found.arena_bytes,
                found.arena_high_water,
                found.arena_bytes.saturating_sub(found.arena_high_water)
            ),
            Self::ScratchExceeded(found) => write!(
                f,
                "the blob says {} bytes of scratch, but {} are used. This is a defect of tidbit; please report it with the blob.",
                found.scratch_bytes, found.scratch_high_water
            ),
            Self::StackExceeded(found) => write!(
                f,
                "the board's table says {} bytes of stack, but {} were used. {MEASURE}",
                found.stack_bytes, found.stack_measured
            ),
        }
    }
}

impl Certified {
    /// Of the answers to one image over all paints.
    fn of(model: &Model<'_>, stack_bytes: u64, answers: [&BoardAnswer; PAINTS.len()]) -> Self {
        let most = |figure: fn(&BoardAnswer) -> u32| {
            let figures = answers.iter().map(|answer| u64::from(figure(answer)));
            figures.max().unwrap_or(0)
        };
        Self {
            arena_bytes: model.arena_bytes() as u64,
            arena_high_water: most(|answer| answer.high_water.unwrap_or_default().arena),
            scratch_bytes: model.scratch_bytes() as u64,
            scratch_high_water: most(|answer| answer.high_water.unwrap_or_default().scratch),
            stack_bytes,
            stack_measured: most(|answer| answer.stack_bytes),
        }
    }

    /// Holds the certificate against the measure.
    ///
    /// # Errors
    /// The first thing that it says wrong.
    pub fn judge(self) -> Result<Self, Breach> {
        if self.arena_high_water != self.arena_bytes {
            return Err(Breach::ArenaUnused(self));
        }
        if self.scratch_high_water > self.scratch_bytes {
            return Err(Breach::ScratchExceeded(self));
        }
        if self.stack_measured > self.stack_bytes {
            return Err(Breach::StackExceeded(self));
        }
        Ok(self)
    }

    /// Those of several images as a table: what was measured is the most over all of them.
    pub fn grid(all: &[Self]) -> Grid {
        let mut grid = Grid::new(["bytes", "certificate", "measured"]).right([1, 2]);
        let mut row = |what: &str, pair: fn(&Self) -> (u64, u64)| {
            if let Some((certified, measured)) = all.iter().map(pair).max() {
                grid.row([what.to_owned(), grouped(certified), grouped(measured)]);
            }
        };
        row("arena", |one| (one.arena_bytes, one.arena_high_water));
        row("scratch", |one| (one.scratch_bytes, one.scratch_high_water));
        row("stack", |one| (one.stack_bytes, one.stack_measured));
        grid
    }
}

/// Has a board with exactly the memory of the blob's certificate answer images, and proves the
/// certificate on each; `step` is called after each image.
///
/// # Errors
/// [`BoardError::Uncertified`] if it does not hold, [`BoardError::Fence`] if something outside of
/// the arena was written, and whatever else keeps a board from answering.
pub fn certify(
    board: &Board,
    blob: &Path,
    model: &Model<'_>,
    images: &[Vec<u8>],
    step: impl Fn(),
) -> Result<Vec<(BoardAnswer, Certified)>, BoardError> {
    let elf = firmware::build_exact(&board.name, model.memory_bytes())?;
    let mut device = Emulated::boot(board, &elf, blob)?;
    let (has, asked) = (device.info().arena_budget, model.memory_bytes());
    if usize::try_from(has) != Ok(asked) {
        let reason = format!("its arena has {has} bytes where {asked} were asked for");
        return Err(BoardError::Protocol { reason });
    }
    let stack_bytes = board.stack_of(model)?;
    let refuse = |breach| BoardError::Uncertified {
        path: blob.to_owned(),
        board: board.name.clone(),
        breach,
    };
    let one = |image: &Vec<u8>| {
        let [first, second] = PAINTS.map(|paint| device.infer_painted(image, paint));
        let (first, second) = (first?, second?);
        if (&first.output, &first.scores) != (&second.output, &second.scores) {
            return Err(refuse(Breach::StaleMemory));
        }
        let certified = Certified::of(model, stack_bytes, [&first, &second]);
        let certified = certified.judge().map_err(refuse)?;
        step();
        Ok((first, certified))
    };
    images.iter().map(one).collect()
}
