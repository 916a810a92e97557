//! `tidbit run`: images through a blob, on the host.
//!
//! The host computes what a board computes, byte for byte: what `run` shows is what `sim` shows.

use std::path::PathBuf;

use clap::Args;
use rayon::prelude::*;
use tidbit::Model;

use crate::Error;
use crate::answers::NamedAnswer;
use crate::blob::BlobFile;
use crate::grid::{Grid, percent};
use crate::inference::{Inference, Shown};
use crate::pixels::Loader;
use crate::stdout::{notice, print, print_json};

const EXAMPLES: &str = "\
Examples:
  tidbit run net.tidbit cat.png
  tidbit run net.tidbit photos/*.jpg --top 1 --json

With --json, a list of objects: image, output (the raw int8 of the first answer), outputs (of each
answer name, shape, scale, zero_point, and the raw int8 as values) and top (class, label, score
from 0 to 1; empty where the first answer is a map); with --trace also tensor_hashes.";

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
    #[command(flatten)]
    view: View,
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
    /// What is wrong with the blob or an image.
    pub fn run(self) -> Result<(), Error> {
        let file = BlobFile::read(&self.blob)?.for_host()?;
        let model = file.model()?;
        let images = pixels(&model, &self.images)?;
        let answers = on_host(&model, &images, self.view.trace)?;
        let shown: Vec<Shown> = answers
            .iter()
            .zip(&self.images)
            .map(|(answer, image)| {
                answer.shown(&model, image.display().to_string(), self.view.top.into())
            })
            .collect();
        if self.view.json {
            return print_json(&shown);
        }
        show_answers(&model, shown.iter())?;
        if self.view.trace {
            print(hashes(&model, shown.iter()))?;
        }
        Ok(())
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

/// Runs images on all cores of the host.
///
/// # Errors
/// The runtime's.
pub fn on_host(
    model: &Model<'_>,
    images: &[Vec<u8>],
    trace: bool,
) -> Result<Vec<Inference>, Error> {
    let answers = images.par_iter().map_init(
        || vec![0; model.memory_bytes()],
        |memory, image| Inference::run(model, memory, image, trace),
    );
    Ok(answers.collect::<Result<_, _>>()?)
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
