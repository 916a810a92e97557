//! `tidbit sim`: images through a blob on an emulated board.
//!
//! The firmware is the one that runs on the real board, the blob lies at its place in flash, and
//! the images go over the link. What the board answers is what `run` answers, to the byte;
//! `--check` holds one against the other, with `--trace` for every tensor on the way. `--certify`
//! gives the board the memory of the blob's certificate, and proves that it is needed to the byte.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use tidbit::Model;
use tidbit::kernels::kernels;
use tidbit_quantize::Watch;

use super::run::{View, compared, hashes, pixels, show_answers};
use crate::Error;
use crate::answers::apart;
use crate::blob::BlobFile;
use crate::board::{Board, BoardAnswer, Certified, Emulated, certify, firmware};
use crate::difference::difference;
use crate::grid::{self, Grid, grouped};
use crate::inference::{Inference, Shown, on_all_cores};
use crate::progress::Bar;
use crate::stdout::{GOOD, notice, print, print_json, styled};

const EXAMPLES: &str = "\
Examples:
  tidbit sim net.tidbit cat.png
  tidbit sim net.tidbit photos/*.png --board mps2-an386 --trace --check --json
  tidbit sim net.tidbit photos/*.png --board virt-aarch64 --cpu neoverse-n1 --check
  tidbit sim net.tidbit cat.png --certify

The firmware is built when needed (a Rust toolchain must be there) and booted in QEMU
(qemu-system-arm or qemu-system-aarch64 must be installed). Instructions are counted, not timed: the same on every
machine. With --trace they include the hashing.

--certify proves what `inspect` says of arena and stack. The firmware is built with a memory of
exactly arena + scratch bytes between two canaries; each image runs twice, over memory painted in
two ways. It fails unless the canaries stand, the last byte of the arena is written and none
behind, the answers are the host's, and the stack is no more than certified.

With --json, what `run` prints plus instructions, stack_bytes (most stack that the inference
took) and arena_bytes for each image; with --check or --certify also equals_host, with --certify
certified: arena_bytes, arena_high_water, scratch_bytes, scratch_high_water, stack_bytes,
stack_measured.";

/// Run images through a blob on an emulated board.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Cmd {
    /// The blob
    #[arg(value_name = "BLOB.tidbit")]
    blob: PathBuf,
    /// PNG or JPEG images
    #[arg(value_name = "IMAGE", required = true)]
    images: Vec<PathBuf>,
    /// The board; an unknown name is answered with the list of those there are
    #[arg(long, value_name = "BOARD", default_value = "mps2-an386")]
    board: String,
    /// The core of a board that may have several; without it, the first of them
    #[arg(long, value_name = "CPU")]
    cpu: Option<String>,
    /// Run the images on the host too, and fail if a byte differs
    #[arg(long)]
    check: bool,
    /// Prove the blob's certificate: arena to the byte, stack, and the host's answers
    #[arg(long, conflicts_with = "trace")]
    certify: bool,
    /// Show the board's log on stderr
    #[arg(long)]
    log: bool,
    #[command(flatten)]
    view: View,
}

/// What is shown of one image.
#[derive(Debug, Serialize)]
struct Simulated {
    #[serde(flatten)]
    shown: Shown,
    instructions: u64,
    stack_bytes: u32,
    arena_bytes: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    equals_host: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certified: Option<Certified>,
}

impl Cmd {
    /// Runs the images on the board.
    ///
    /// # Errors
    /// What is wrong with the blob, an image or the board, or where board and host differ.
    pub fn run(self) -> Result<(), Error> {
        let file = BlobFile::read(&self.blob)?.for_host()?;
        let model = file.model()?;
        let mut board = Board::find(&self.board)?;
        if let Some(cpu) = &self.cpu {
            board = board.with_cpu(cpu)?;
        }
        board.check(&self.blob, &model)?;
        let images = pixels(&model, &self.images)?;
        let answered = self.on_board(&board, &model, &images)?;
        let (answers, certified): (Vec<_>, Vec<_>) = answered.into_iter().unzip();
        if self.log {
            answers
                .iter()
                .flat_map(|answer| &answer.log)
                .for_each(notice);
        }
        let inferences: Vec<Inference> = answers
            .iter()
            .map(|answer| self.inference(&model, answer))
            .collect();
        let checked = self.check || self.certify;
        if checked {
            self.hold_against_host(&model, &images, &inferences)?;
        }
        let named = self.images.iter().zip(&inferences).zip(&answers);
        let named = named.zip(certified);
        let simulated: Vec<Simulated> = named
            .map(|(((image, inference), answer), certified)| Simulated {
                shown: inference.shown(&model, image.display().to_string(), self.view.top.into()),
                instructions: answer.instructions,
                stack_bytes: answer.stack_bytes,
                arena_bytes: answer.arena_bytes,
                equals_host: checked.then_some(true),
                certified,
            })
            .collect();
        self.show(&model, &simulated)
    }

    /// Builds the firmware, boots it, and has it answer the images.
    fn on_board(
        &self,
        board: &Board,
        model: &Model<'_>,
        images: &[Vec<u8>],
    ) -> Result<Vec<(BoardAnswer, Option<Certified>)>, Error> {
        let bar = Bar::new(self.view.json);
        if self.certify {
            bar.stage("certificate", images.len() as u64);
            let answers = certify(board, &self.blob, model, images, || bar.step())?;
            let answers = answers.into_iter();
            return Ok(answers
                .map(|(answer, certified)| (answer, Some(certified)))
                .collect());
        }
        bar.stage("firmware", 1);
        let elf = firmware::build(&board.name)?;
        bar.stage("boot", 1);
        let mut device = Emulated::boot(board, &elf, &self.blob)?;
        bar.stage("images", images.len() as u64);
        let answers = images.iter().map(|image| {
            let answer = device.infer(image, self.view.trace);
            bar.step();
            Ok((answer?, None))
        });
        answers.collect()
    }

    fn inference(&self, model: &Model<'_>, answer: &BoardAnswer) -> Inference {
        Inference {
            outputs: apart(model, &answer.output),
            scores: answer.scores.clone(),
            tensor_hashes: self.view.trace.then(|| answer.tensor_hashes.clone()),
        }
    }

    /// Runs the images on the host too, and fails at the first difference.
    fn hold_against_host(
        &self,
        model: &Model<'_>,
        images: &[Vec<u8>],
        board: &[Inference],
    ) -> Result<(), Error> {
        let host = on_all_cores(model, kernels(), images, self.view.trace)?;
        for ((image, board), host) in self.images.iter().zip(board).zip(&host) {
            if let Some(what) = difference(model, board, host) {
                let image = image.clone();
                return Err(Error::Differs { image, what });
            }
        }
        Ok(())
    }

    fn show(&self, model: &Model<'_>, simulated: &[Simulated]) -> Result<(), Error> {
        if self.view.json {
            return print_json(&simulated);
        }
        let shown = || simulated.iter().map(|simulated| &simulated.shown);
        show_answers(model, shown())?;
        if self.view.trace {
            print(hashes(model, shown()))?;
        }
        print(figures(simulated))?;
        if self.certify {
            let certified = simulated.iter().filter_map(|image| image.certified);
            print(Certified::grid(&certified.collect::<Vec<_>>()))?;
        }
        if self.check || self.certify {
            let what = compared(self.view.trace);
            print(styled(
                GOOD,
                format_args!(
                    "{what} is equal to the host's, on {}",
                    grid::images(simulated.len())
                ),
            ))?;
        }
        Ok(())
    }
}

/// What each inference took, as a table.
fn figures(simulated: &[Simulated]) -> Grid {
    let mut grid =
        Grid::new(["image", "instructions", "stack bytes", "arena bytes"]).right([1, 2, 3]);
    for Simulated {
        shown,
        instructions,
        stack_bytes,
        arena_bytes,
        ..
    } in simulated
    {
        grid.row([
            shown.image.clone(),
            grouped(*instructions),
            grouped(*stack_bytes),
            grouped(*arena_bytes),
        ]);
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::Simulated;
    use crate::inference::Shown;

    #[test]
    fn json_is_that_of_run_and_the_figures() {
        let simulated = Simulated {
            shown: Shown {
                image: "cat.png".into(),
                output: vec![1],
                outputs: vec![],
                top: vec![],
                tensor_hashes: None,
            },
            instructions: 7,
            stack_bytes: 8,
            arena_bytes: 9,
            equals_host: None,
            certified: None,
        };
        insta::assert_snapshot!(serde_json::to_string(&simulated).unwrap(), @r##"{"image":"cat.png","output":[1],"outputs":[],"top":[],"instructions":7,"stack_bytes":8,"arena_bytes":9}"##);
    }
}
