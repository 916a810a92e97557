//! `tidbit run`: images through a blob, on the host.
//!
//! The host computes what a board computes, byte for byte: what `run` shows is what `sim` shows. With
//! `--check` every backend of the machine computes it, and all must agree.

use std::path::PathBuf;

use clap::Args;
use rayon::prelude::*;
use serde::Serialize;
use tidbit::Model;
use tidbit::kernels::backends;

use crate::Error;
use crate::answers::NamedAnswer;
use crate::backends::{all_agree, backend};
use crate::blob::BlobFile;
use crate::grid::{self, Grid, percent};
use crate::inference::{Shown, on_all_cores};
use crate::pixels::Loader;
use crate::progress::Bar;
use crate::stdout::{GOOD, notice, print, print_json, styled};

const EXAMPLES: &str = "\
Examples:
  tidbit run net.tidbit cat.png
  tidbit run net.tidbit photos/*.jpg --top 1 --json
  tidbit run net.tidbit cat.png --backend scalar
  tidbit run net.tidbit photos/*.jpg --check --trace

Without --backend, the fastest micro-kernels of this machine run; their answers are the same. --check
runs the images by all of them, each with the weights in its own order, and fails if a byte differs.

With --json, a list of objects: image, output (the raw int8 of the first answer), outputs (of each
answer name, shape, scale, zero_point, and the raw int8 as values) and top (class, label, score
from 0 to 1; empty where the first answer is a map); with --trace also tensor_hashes, with --check
equal_on (the backends).";

/// Run images through a blob, on the host.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Cmd {
    /// The blob
    #[arg(value_name = "BLOB.tidbit")]
    blob: PathBuf,
    /// PNG or JPEG images
    #[arg(value_name = "IMAGE", required = true)]
    images: Vec<PathBuf>,
    /// Micro-kernels of the host; an unknown name is answered with the list of those that run here
    #[arg(long, value_name = "NAME")]
    backend: Option<String>,
    /// Run the images by every backend of this machine, and fail if a byte differs
    #[arg(long, conflicts_with = "backend")]
    check: bool,
    #[command(flatten)]
    view: View,
}

/// What is shown of one image.
#[derive(Debug, Serialize)]
struct Ran {
    #[serde(flatten)]
    shown: Shown,
    #[serde(skip_serializing_if = "Option::is_none")]
    equal_on: Option<Vec<&'static str>>,
}

/// How answers are shown: arguments of `run` and `sim`.
#[derive(Clone, Debug, Args)]
pub struct View {
    /// How many of the best classes to show
    #[arg(long, value_name = "K", default_value = "5", value_parser = clap::value_parser!(u16).range(1..))]
    pub top: u16,
    /// Show the CRC-32 of every tensor too, in the order of the operators
    #[arg(long)]
    pub trace: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

impl Cmd {
    /// Runs the images.
    ///
    /// # Errors
    /// What is wrong with the blob, an image or the backend, or where backends differ.
    pub fn run(self) -> Result<(), Error> {
        let kernels = backend(self.backend.as_deref())?;
        let file = BlobFile::read(&self.blob)?;
        let model = file.model()?;
        let images = pixels(&model, &self.images)?;
        let trace = self.view.trace;
        let (equal_on, answers) = if self.check {
            let bar = Bar::new(self.view.json);
            let all: Vec<_> = backends().collect();
            let answers = all_agree(&all, &file, (&self.images, &images), trace, &bar)?;
            (
                Some(all.iter().map(|kernels| kernels.name).collect()),
                answers,
            )
        } else {
            let file = file.for_backend(kernels)?;
            let answers = on_all_cores(&file.model()?, kernels, &images, trace)?;
            (None, answers)
        };
        let ran = answers.iter().zip(&self.images);
        let ran = ran.map(|(answer, image)| Ran {
            shown: answer.shown(&model, image.display().to_string(), self.view.top.into()),
            equal_on: equal_on.clone(),
        });
        let ran: Vec<Ran> = ran.collect();
        if self.view.json {
            return print_json(&ran);
        }
        let shown = || ran.iter().map(|ran| &ran.shown);
        show_answers(&model, shown())?;
        if trace {
            print(hashes(&model, shown()))?;
        }
        match equal_on {
            Some::<Vec<_>>(names) => print(styled(
                GOOD,
                format_args!(
                    "{} is equal on {}, on {}",
                    compared(trace),
                    names.join(", "),
                    grid::images(ran.len())
                ),
            )),
            None => Ok(()),
        }
    }
}

/// What `--check` holds against each other.
pub fn compared(trace: bool) -> &'static str {
    match trace {
        true => "every byte of every tensor",
        false => "every output byte",
    }
}

/// Loads images for a model, and says if some were resized.
///
/// # Errors
/// What is wrong with an image.
pub fn pixels(model: &Model<'_>, paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, Error> {
    let loader = Loader::new(model.input_shape())?;
    let images = paths.par_iter().map(|path| loader.load(path)).collect();
    loader.notice().iter().for_each(notice);
    images
}

/// The best classes of each image, if the net has classes, and whatever else it answers.
///
/// # Errors
/// Standard output's.
pub fn show_answers<'a>(
    model: &Model<'_>,
    answers: impl Iterator<Item = &'a Shown> + Clone,
) -> Result<(), Error> {
    if model.classes() > 0 {
        print(grid(answers.clone()))?;
    }
    if model.classes() == 0 || model.outputs() > 1 {
        let named = answers.map(|shown| (shown.image.as_str(), shown.outputs.as_slice()));
        print(NamedAnswer::grid(named))?;
    }
    Ok(())
}

/// The best classes of each image as a table.
fn grid<'a>(answers: impl Iterator<Item = &'a Shown>) -> Grid {
    let mut grid = Grid::new(["image", "class", "label", "score"]).right([1, 3]);
    for answer in answers {
        for (place, choice) in answer.top.iter().enumerate() {
            grid.row([
                if place == 0 {
                    answer.image.clone()
                } else {
                    String::new()
                },
                choice.class.to_string(),
                choice.label.clone().unwrap_or_default(),
                percent(choice.score),
            ]);
        }
    }
    grid
}

/// The hashes of all tensors as a table: a row for each operator, a column for each image.
pub fn hashes<'a>(model: &Model<'_>, answers: impl Iterator<Item = &'a Shown>) -> Grid {
    let tables = model.tables();
    let answers: Vec<&Shown> = answers.collect();
    let images = answers.iter().map(|answer| answer.image.clone());
    let mut grid = Grid::new(["", "tensor"].map(String::from).into_iter().chain(images)).right([0]);
    for (index, op) in tables.flow.ops.iter().enumerate() {
        let name = tables
            .data
            .text(op.name, op.name_bytes.into())
            .unwrap_or_default();
        let column = answers.iter().map(|answer| {
            let hashes = answer.tensor_hashes.iter().flatten();
            hashes
                .copied()
                .nth(index)
                .map_or(String::new(), |hash| format!("{hash:08x}"))
        });
        grid.row(
            [index.to_string(), name.to_owned()]
                .into_iter()
                .chain(column),
        );
    }
    grid
}
