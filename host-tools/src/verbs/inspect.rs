//! `tidbit inspect`: what is in a blob, and what it takes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use tidbit::Model;

use crate::Error;
use crate::blob::{BlobFile, normalization, provenance, scale};
use crate::board::{Board, BoardError, Fit};
use crate::facts::Facts;
use crate::layers::{Layer, grid, layers};
use crate::memory_map::MemoryMap;
use crate::memory_picture::draw;
use crate::save;
use crate::stdout::{STRONG, print, print_json, styled};

const EXAMPLES: &str = "\
Examples:
  tidbit inspect net.tidbit
  tidbit inspect net.tidbit --memory net.svg
  tidbit inspect net.tidbit --json | jq '.layers[] | [.operator, .macs, .bytes]'

Shapes are rows x columns x channels. An int8 q of a tensor stands for (q - zero) * scale. The
column rows is the plan: how many rows of its tensor the arena holds at a time (2 + 1: and one
where new rows land). --memory draws
the plan: which bytes of the arena hold what at which step, where most is needed, and by what.

The table of boards is the certificate: what the blob takes of each board's flash, memory (arena
and scratch), buffer for one row of the image, and stack. `tidbit sim --certify` proves it.

With --json: blob_bytes, arena_bytes, scratch_bytes, stack_bytes (on any 32-bit ARM core),
input_bytes (a whole image, which the arena need not hold), macs, recomputed_macs, layers and more;
boards is a list of board, fits, and need and have of flash, memory, buffer and stack.";

/// Show what is in a blob: memory, work, layers, scales, labels, origin.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Cmd {
    /// The blob
    #[arg(value_name = "BLOB.tidbit")]
    blob: PathBuf,
    /// Draw the arena over time: a picture for a browser
    #[arg(long, value_name = "FILE.svg")]
    memory: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    facts: Facts,
    input: Input,
    output: Output,
    labels: Vec<&'a str>,
    provenance: BTreeMap<&'a str, &'a str>,
    layers: Vec<Layer>,
    boards: Vec<Fit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_svg: Option<String>,
}

/// What the caller gives, and what the f32 net was fed.
#[derive(Debug, Serialize)]
struct Input {
    height: u16,
    width: u16,
    channels: u16,
    mean: Vec<f32>,
    std: Vec<f32>,
    bgr: bool,
}

/// What the net answers.
#[derive(Debug, Serialize)]
struct Output {
    len: usize,
    classes: usize,
    scale: f32,
    zero_point: i8,
    softmax: bool,
}

impl Cmd {
    /// Shows the blob.
    ///
    /// # Errors
    /// What is wrong with the blob.
    pub fn run(self) -> Result<(), Error> {
        let picture = self.memory.as_deref();
        let picture = picture.map(|path| save::Output::reserve(path, &[&self.blob]));
        let picture = picture.transpose()?;
        let file = BlobFile::read(&self.blob)?;
        let model = file.model()?;
        let boards = boards(&model)?;
        let found = boards.is_some();
        let mut report = Report::of(&model, boards.unwrap_or_default())?;
        if let Some(picture) = picture {
            let name = self.blob.file_name().unwrap_or_default();
            let svg = draw(&MemoryMap::of(&model)?, &name.to_string_lossy());
            picture.commit(svg.as_bytes())?;
            report.memory_svg = self.memory.map(|path| path.display().to_string());
        }
        if self.json {
            return print_json(&report);
        }
        print(styled(STRONG, self.blob.display()))?;
        let bound = report.provenance.get("arena_bound");
        print(
            report
                .facts
                .grid(bound.and_then(|bound| bound.parse().ok())),
        )?;
        if found {
            print(Fit::grid(&report.boards))?;
        } else {
            print(format_args!("boards: unknown. {}", BoardError::NoFirmware))?;
        }
        print(report.input.sentence())?;
        print(report.output.sentence())?;
        if !report.labels.is_empty() {
            print(format_args!("labels: {}", some(&report.labels)))?;
        }
        for (key, value) in &report.provenance {
            print(format_args!("{key}: {value}"))?;
        }
        print(grid(&report.layers))?;
        report.memory_svg.map_or(Ok(()), |path| {
            print(format_args!("the arena over time: {path}"))
        })
    }
}

impl<'a> Report<'a> {
    fn of(model: &'a Model<'_>, boards: Vec<Fit>) -> Result<Self, Error> {
        let shape = model.input_shape();
        let fed = normalization(model);
        let first = model.output(0).ok_or(tidbit::Error::Contract)?;
        let output = scale(&model.output_tensor(0).ok_or(tidbit::Error::Contract)?);
        Ok(Self {
            facts: Facts::of(model)?,
            input: Input {
                height: shape.height,
                width: shape.width,
                channels: shape.channels,
                mean: fed.mean,
                std: fed.std,
                bgr: fed.bgr,
            },
            output: Output {
                len: model.output_len(),
                classes: model.classes(),
                scale: output.scale,
                zero_point: output.zero_point,
                softmax: first.tensor != first.logits,
            },
            labels: (0..model.label_count())
                .filter_map(|class| model.label(class))
                .collect(),
            provenance: provenance(model),
            layers: layers(model)?,
            boards,
            memory_svg: None,
        })
    }
}

impl Input {
    fn sentence(&self) -> String {
        let Self {
            height,
            width,
            channels,
            ..
        } = self;
        let order = match (channels, self.bgr) {
            (1, _) => "grey",
            (_, false) => "red first",
            (_, true) => "given red first, taken blue first",
        };
        let list = |numbers: &[f32]| match numbers {
            [first, rest @ ..] if rest.iter().all(|number| number == first) => first.to_string(),
            _ => format!("{numbers:?}"),
        };
        let (mean, std) = (list(&self.mean), list(&self.std));
        format!(
            "input: {height} x {width} x {channels} raw bytes, {order}; the net is fed (pixel - {mean}) / {std}"
        )
    }
}

impl Output {
    fn sentence(&self) -> String {
        let Self {
            classes,
            scale,
            zero_point,
            ..
        } = self;
        let kind = if self.softmax {
            "shares of a softmax"
        } else {
            "logits"
        };
        format!("output: {classes} {kind} in int8, scale {scale:.6}, zero point {zero_point}")
    }
}

/// The blob against every board; `None` where the tool was installed without the boards.
fn boards(model: &Model<'_>) -> Result<Option<Vec<Fit>>, Error> {
    let boards = match Board::all() {
        Err(BoardError::NoFirmware) => return Ok(None),
        boards => boards?,
    };
    let fits = boards.iter().map(|board| Fit::of(board, model));
    Ok(Some(fits.collect::<Result<_, _>>()?))
}

/// Labels as one line, the first of them where there are many.
fn some(labels: &[&str]) -> String {
    const SHOWN: usize = 20;
    let mut text = labels
        .iter()
        .take(SHOWN)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    if labels.len() > SHOWN {
        text.push_str(&format!(", … ({} in all)", labels.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Input, some};

    #[test]
    fn the_input_is_one_sentence() {
        let mut input = Input {
            height: 96,
            width: 128,
            channels: 3,
            mean: vec![127.5; 3],
            std: vec![58.4, 57.1, 57.4],
            bgr: true,
        };
        insta::assert_snapshot!(input.sentence(), @r##"input: 96 x 128 x 3 raw bytes, given red first, taken blue first; the net is fed (pixel - 127.5) / [58.4, 57.1, 57.4]"##);
        (input.channels, input.mean, input.std) = (1, vec![0.0], vec![255.0]);
        insta::assert_snapshot!(input.sentence(), @r##"input: 96 x 128 x 1 raw bytes, grey; the net is fed (pixel - 0) / 255"##);
    }

    #[test]
    fn many_labels_are_cut_short() {
        assert_eq!(some(&["cat", "dog"]), "cat, dog");
        assert!(some(&["x"; 1000]).ends_with("x, … (1000 in all)"));
    }
}
