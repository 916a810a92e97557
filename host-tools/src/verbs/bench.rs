//! `tidbit bench`: what an inference costs, on an emulated board or on this machine.
//!
//! On a board it is executed instructions: deterministic, the same on every machine. On the host it is
//! time, and so only good for ratios of programs that run in turn.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use tidbit::Model;
use tidbit::threads::MAX_THREADS;
use tidbit_quantize::Watch;

use super::run::pixels;
use crate::Error;
use crate::backends::backend;
use crate::blob::BlobFile;
use crate::board::{Board, Emulated, firmware};
use crate::host_bench::{HostBench, Rounds};
use crate::layer_cost::{self, LayerCost};
use crate::layers::layers;
use crate::progress::Bar;
use crate::stdout::{print, print_json};

const EXAMPLES: &str = "\
Examples:
  tidbit bench net.tidbit --board mps2-an386 --layers
  tidbit bench net.tidbit --board virt-aarch64 --cpu cortex-a53 --json
  tidbit bench net.tidbit
  tidbit bench net.tidbit --backend scalar --rounds 20 --layers
  tidbit bench net.tidbit --threads 4

Without an image, one of made-up pixels is run: neither instructions nor time depend on them.

With --board, executed instructions are counted in the emulator; those of the layers to a step of the board's
counter (40 instructions on the MPS2 boards), the reading of it counted in. With --json: board, cpu, instructions,
macs, instructions_per_mac, and with --layers a list of index, name, operator, macs, cost, share.

On the host, the weights are put into the order of the backend first. With --json: backend, rounds,
macs, wall_ns (p10, p50, p90 of an image on one thread), cpu_ns_per_image (median), gmacs_per_second, all_cores
(threads, images_per_second, gmacs_per_second), with --threads one_image (threads, wall_ns, speed_up: how many times
as fast as on one thread, the medians of runs in turn), and with --layers the list, cost in nanoseconds.";

/// What an inference costs: instructions on an emulated board, or time on this machine.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Cmd {
    /// The blob
    #[arg(value_name = "BLOB.tidbit")]
    blob: PathBuf,
    /// A PNG or JPEG image
    #[arg(value_name = "IMAGE")]
    image: Option<PathBuf>,
    /// Count instructions on this board
    #[arg(long, value_name = "BOARD")]
    board: Option<String>,
    /// The core of a board that may have several; without it, the first of them
    #[arg(long, value_name = "CPU", requires = "board")]
    cpu: Option<String>,
    /// Micro-kernels of the host; an unknown name is answered with the list of those that run here
    #[arg(long, value_name = "NAME", conflicts_with = "board")]
    backend: Option<String>,
    /// Inferences that are timed on the host
    #[arg(long, value_name = "N", default_value = "30", conflicts_with = "board",
          value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Run one image on N threads too: the steps that are worth it are cut into pieces
    #[arg(long, value_name = "N", conflicts_with = "board",
          value_parser = clap::value_parser!(u16).range(1..=MAX_THREADS as i64))]
    threads: Option<u16>,
    /// Show what each operator costs
    #[arg(long)]
    layers: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is shown of a board.
#[derive(Debug, Serialize)]
struct BoardBench {
    board: String,
    cpu: String,
    instructions: u64,
    macs: u64,
    instructions_per_mac: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    layers: Vec<LayerCost>,
}

impl Cmd {
    /// Runs the net and counts.
    ///
    /// # Errors
    /// What is wrong with the blob, the image, the board or the backend.
    pub fn run(self) -> Result<(), Error> {
        let file = BlobFile::read(&self.blob)?;
        let model = file.model()?;
        let image = match &self.image {
            Some(image) => pixels(&model, std::slice::from_ref(image))?.remove(0),
            None => made_up(model.input_shape().bytes()),
        };
        match &self.board {
            Some(board) => self.on_board(board, &model, &image),
            None => self.on_host(&file, &image),
        }
    }

    fn on_board(&self, board: &str, model: &Model<'_>, image: &[u8]) -> Result<(), Error> {
        let mut board = Board::find(board)?;
        if let Some(cpu) = &self.cpu {
            board = board.with_cpu(cpu)?;
        }
        board.check(&self.blob, model)?;
        let bar = Bar::new(self.json);
        bar.stage("firmware", 1);
        let elf = firmware::build(&board.name)?;
        bar.stage("inference", 1);
        let mut device = Emulated::boot(&board, &elf, &self.blob)?;
        // Twice: the emulator has not translated the code before the first.
        device.infer(image, false)?;
        let instructions = device.infer(image, false)?.instructions;
        let costs = match self.layers {
            true => device.infer_counted(image)?.tensor_instructions,
            false => Vec::new(),
        };
        let costs = costs.into_iter().map(u64::from);
        let layers = layers(model)?;
        let macs = layers.iter().map(|layer| layer.macs).sum();
        let result = BoardBench {
            cpu: board.cpu().to_owned(),
            board: board.name,
            instructions,
            macs,
            instructions_per_mac: ratio(instructions as f64, macs),
            layers: LayerCost::of(&layers, costs),
        };
        if self.json {
            return print_json(&result);
        }
        layer_cost::show(&result.layers, "instructions")?;
        print(format!(
            "{} instructions on {} ({}): {:.3} for each of {} MACs",
            crate::grid::grouped(result.instructions),
            result.board,
            result.cpu,
            result.instructions_per_mac,
            crate::grid::grouped(result.macs),
        ))
    }

    fn on_host(&self, file: &BlobFile, image: &[u8]) -> Result<(), Error> {
        let kernels = backend(self.backend.as_deref())?;
        let file = file.for_backend(kernels)?;
        let model = file.model()?;
        let bar = Bar::new(self.json);
        let rounds = Rounds {
            count: self.rounds,
            layers: self.layers,
            threads: self.threads.map(usize::from),
        };
        let result = HostBench::run(&model, kernels, image, rounds, &bar)?;
        if self.json {
            return print_json(&result);
        }
        layer_cost::show(&result.layers, "ns")?;
        print(result)
    }
}

/// `cost` for each of so many.
pub fn ratio(cost: f64, macs: u64) -> f64 {
    cost / (macs.max(1) as f64)
}

/// Pixels that are none of a photo, but no worse to run.
fn made_up(bytes: usize) -> Vec<u8> {
    let pixel = |at: usize| (at.wrapping_mul(0x9e37_79b1) >> 13) as u8;
    (0..bytes).map(pixel).collect()
}
