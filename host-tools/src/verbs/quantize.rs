//! `tidbit quantize`: an ONNX net and typical images become a blob.
//!
//! Whatever can be refused quickly (the output's path, the board's name, the labels, the
//! normalization, the folder of images) is looked at before the long work begins.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rayon::prelude::*;
use serde::Serialize;
use tidbit::Model;
use tidbit_quantize::repack::repack;
use tidbit_quantize::{
    Effort, Network, Normalization, Options, Pass, Ptq, Quantized, RangeMethod, Watch,
};

use crate::board::{Board, Fit};
use crate::dataset::Dataset;
use crate::facts::Facts;
use crate::grid::Grid;
use crate::numbers::Numbers;
use crate::pixels::Loader;
use crate::progress::Bar;
use crate::ram::RamChoice;
use crate::save::Output;
use crate::stdout::{STRONG, notice, print, print_json, styled};
use crate::target::{self, Target};
use crate::{Error, labels};

const EXAMPLES: &str = "\
The net is fed (pixel - mean) / std, pixel in 0..255. What that means for usual trainings:
  pixels as they are           (nothing to give)
  pixels / 255                 --std 255
  -1 to 1                      --mean 127.5 --std 127.5
  torchvision, ImageNet        --mean 123.675,116.28,103.53 --std 58.395,57.12,57.375

Examples:
  tidbit quantize net.onnx --calibration photos/ -o net.tidbit --std 255
  tidbit quantize net.onnx --calibration photos/ -o net.tidbit --labels names.txt --bgr --json
  tidbit quantize net.onnx --calibration photos/ -o net.tidbit --board mps2-an386
  tidbit quantize int8.onnx -o net.tidbit --std 255

Calibration takes some 100 images like those of later: a folder of PNG or JPEG files, one
subfolder a class, or a folder with a labels.csv. Images of another size are resized (bilinear).
A net that is quantized already (QuantizeLinear and DequantizeLinear around its tensors) keeps its
own scales and weights; it needs no images if it gives every scale.";

/// Turn an ONNX net into an int8 blob.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Cmd {
    /// The trained net: f32, f16, or int8 with QuantizeLinear and DequantizeLinear
    #[arg(value_name = "MODEL.onnx")]
    model: PathBuf,
    /// Folder of typical images: they show which values occur in the net. A net that is quantized
    /// already and gives every scale needs none
    #[arg(long, value_name = "DIR")]
    calibration: Option<PathBuf>,
    /// The blob to write
    #[arg(short, long, value_name = "OUT.tidbit")]
    output: PathBuf,
    /// File of class names, one a line, that go into the blob
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// What is taken from each pixel: one number, or one a channel in the net's order of channels
    #[arg(
        long,
        value_name = "R,G,B",
        default_value = "0",
        allow_hyphen_values = true
    )]
    mean: Numbers,
    /// What each pixel is divided by after that: one number, or one a channel
    #[arg(
        long,
        value_name = "R,G,B",
        default_value = "1",
        allow_hyphen_values = true
    )]
    std: Numbers,
    /// The net takes blue first, red last
    #[arg(long)]
    bgr: bool,
    /// How the ranges of the activations are chosen
    #[arg(long, value_enum, default_value_t = Ranges::Auto)]
    ranges: Ranges,
    /// How much work goes into choosing the numbers: fast is seconds for a small net, default
    /// minutes for a large one, best several times as long
    #[arg(long, value_enum, default_value_t = EffortChoice::Default)]
    effort: EffortChoice,
    /// Bring the channels of a tensor to ranges alike
    #[arg(long, value_enum, default_value_t = Switch::Auto)]
    equalize: Switch,
    /// Round weights so that each layer's output is near, not each weight
    #[arg(long, value_enum, default_value_t = Switch::Auto)]
    adaptive_rounding: Switch,
    /// Give the few tensors that need it elements of 16 bits
    #[arg(long, value_enum, default_value_t = Switch::Auto)]
    int16: Switch,
    /// What the plan is made for: auto (the least memory), a budget of arena and scratch such as
    /// 192K or 65536 (the least work that fits), or layerwise (every layer by itself)
    #[arg(long, value_name = "auto|BYTES|layerwise", default_value = "auto")]
    ram: RamChoice,
    /// The core that the weights are ordered for; the answers are the same on every one, and so are the
    /// bytes. Without it, that of --board, else portable
    #[arg(long, value_enum, value_name = "TARGET")]
    target: Option<Target>,
    /// Refuse a net that exceeds this board's flash, memory, row buffer or stack
    #[arg(long, value_name = "BOARD")]
    board: Option<String>,
    /// Print JSON, and no progress
    #[arg(long)]
    json: bool,
}

/// What `--ranges` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Ranges {
    /// Whichever of the others does best on the calibration images
    Auto,
    /// All values that occur
    Minmax,
    /// All but the outermost values
    Percentile,
    /// The range with the least mean squared error
    Mse,
    /// The range that keeps most of how the values are spread
    Entropy,
}

/// What `--effort` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EffortChoice {
    /// No pass but the choice among the range methods
    Fast,
    /// Equalization and adaptive rounding; int16 for some tensors where answers are far off
    Default,
    /// The same with all images and more samples of each, and int16 wherever it helps
    Best,
}

/// What the switch of a pass takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Switch {
    /// As the effort has it, and kept only if the answers are not worse for it
    Auto,
    /// Always
    On,
    /// Never
    Off,
}

impl Switch {
    fn wish(self) -> Option<bool> {
        match self {
            Self::Auto => None,
            Self::On => Some(true),
            Self::Off => Some(false),
        }
    }
}

impl Ranges {
    fn method(self) -> Option<RangeMethod> {
        match self {
            Self::Auto => None,
            Self::Minmax => Some(RangeMethod::MinMax),
            Self::Percentile => Some(RangeMethod::Percentile),
            Self::Mse => Some(RangeMethod::Mse),
            Self::Entropy => Some(RangeMethod::Entropy),
        }
    }
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report<'a> {
    blob: String,
    #[serde(flatten)]
    facts: Facts,
    #[serde(skip_serializing_if = "Option::is_none")]
    arena_bound_bytes: Option<usize>,
    classes: usize,
    calibration_images: usize,
    given_scales: usize,
    ranges: &'static str,
    candidates: Vec<Candidate>,
    effort: &'static str,
    passes: Vec<PassReport>,
    notices: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    board: Option<Fit>,
}

/// A pass that ran.
#[derive(Debug, Serialize)]
struct PassReport {
    pass: &'static str,
    calibration_sqnr_db: Option<f64>,
    taken: bool,
}

impl PassReport {
    fn of(pass: &Pass) -> Self {
        Self {
            pass: pass.name,
            calibration_sqnr_db: Some(pass.sqnr_db).filter(|db| db.is_finite()),
            taken: pass.taken,
        }
    }
}

/// A range method that was tried.
#[derive(Debug, Serialize)]
struct Candidate {
    ranges: &'static str,
    calibration_sqnr_db: Option<f64>,
}

impl Cmd {
    /// Quantizes.
    ///
    /// # Errors
    /// What is wrong with the arguments, the net, the images or the output.
    pub fn run(self) -> Result<(), Error> {
        let labels = self.labels.as_deref();
        let read: Vec<&Path> = labels.into_iter().chain([&*self.model]).collect();
        let output = Output::reserve(&self.output, &read)?;
        let board = self.board.as_deref().map(Board::find).transpose()?;
        let network = Network::load(&self.model)?;
        let options = self.options(&network)?;
        let dataset = self.calibration.as_deref().map(Dataset::open);
        let samples = dataset
            .transpose()?
            .map_or(vec![], |dataset| dataset.samples);
        let loader = Loader::new(network.input_shape())?;
        let bar = Bar::new(self.json);
        bar.stage("images", samples.len() as u64);
        let images = samples
            .par_iter()
            .map(|sample| loader.load(&sample.path).inspect(|_| bar.step()))
            .collect::<Result<Vec<_>, _>>()?;
        let mut quantized = network.quantize(&images, &options, &bar)?;
        drop(bar);
        let packing = target::packing(self.target, board.as_ref());
        quantized.blob = repack(&quantized.blob, packing)?;
        let model = Model::new(&quantized.blob)?;
        let fit = board.map(|board| board.check(&self.output, &model));
        let fit = fit.transpose()?;
        output.commit(&quantized.blob)?;
        quantized.notices.splice(0..0, loader.notice());
        for text in &quantized.notices {
            notice(text);
        }
        // A file that gives every scale needs no images, and looks at none.
        let images = quantized.ranges.map_or(0, |_| images.len());
        self.show(&quantized, images, fit)
    }

    /// What the user chose, as far as it fits the net.
    fn options(&self, network: &Network) -> Result<Options, Error> {
        let channels = network.input_shape().channels;
        if self.bgr && channels != 3 {
            return Err(Error::BlueFirst { channels });
        }
        let normalization = Normalization {
            mean: self.mean.0.clone(),
            std: self.std.0.clone(),
            bgr: self.bgr,
        };
        let labels = self
            .labels
            .as_ref()
            .map(|path| labels::read(path, network.classes()));
        Ok(Options {
            normalization: normalization.spread(channels.into())?,
            labels: labels.transpose()?.unwrap_or_default(),
            ranges: self.ranges.method(),
            ram: self.ram.0,
            ptq: Ptq {
                effort: self.effort(),
                equalize: self.equalize.wish(),
                adaptive_rounding: self.adaptive_rounding.wish(),
                int16: self.int16.wish(),
            },
        })
    }

    fn effort(&self) -> Effort {
        match self.effort {
            EffortChoice::Fast => Effort::Fast,
            EffortChoice::Default => Effort::Default,
            EffortChoice::Best => Effort::Best,
        }
    }

    fn show(
        &self,
        quantized: &Quantized,
        calibration_images: usize,
        board: Option<Fit>,
    ) -> Result<(), Error> {
        let model = Model::new(&quantized.blob)?;
        let report = Report {
            blob: self.output.display().to_string(),
            facts: Facts::of(&model)?,
            arena_bound_bytes: quantized.bound,
            classes: model.classes(),
            calibration_images,
            given_scales: quantized.given_scales,
            ranges: quantized.ranges.map_or("given", RangeMethod::name),
            candidates: quantized.candidates.iter().map(Candidate::of).collect(),
            effort: self.effort().name(),
            passes: quantized.passes.iter().map(PassReport::of).collect(),
            notices: &quantized.notices,
            board,
        };
        if self.json {
            return print_json(&report);
        }
        if !report.candidates.is_empty() {
            print(report.choices())?;
        }
        print(report.facts.grid(report.arena_bound_bytes))?;
        if let Some(fit) = report.board {
            print(Fit::grid(&[fit]))?;
        }
        print(format_args!("Wrote {}.", styled(STRONG, &report.blob)))
    }
}

impl Report<'_> {
    /// What was tried, in order, and what was taken.
    fn choices(&self) -> Grid {
        let held_out = "SQNR on held-out images";
        let mut grid = Grid::new(["what was tried", held_out, ""]).right([1]);
        let ranges = self.candidates.iter().map(|candidate| {
            let name = format!("ranges by {}", candidate.ranges);
            let taken = candidate.ranges == self.ranges_before_passes();
            (name, candidate.calibration_sqnr_db, taken)
        });
        let passes = self.passes.iter().map(|pass| {
            let name = pass.pass.to_owned();
            (name, pass.calibration_sqnr_db, pass.taken)
        });
        for (name, sqnr_db, taken) in ranges.chain(passes) {
            let sqnr = sqnr_db.map_or("exact".into(), |db| format!("{db:.2} dB"));
            grid.row([&*name, &sqnr, if taken { "taken" } else { "" }]);
        }
        grid
    }

    /// The best of the range methods when they were compared; passes may have led to another.
    fn ranges_before_passes(&self) -> &'static str {
        let db = |candidate: &Candidate| candidate.calibration_sqnr_db.unwrap_or(f64::INFINITY);
        let better = |best: &'_ Candidate, next: &'_ Candidate| db(next) > db(best);
        let mut candidates = self.candidates.iter();
        let first = candidates.next();
        let best = first.map(|first| {
            candidates.fold(
                first,
                |best, next| if better(best, next) { next } else { best },
            )
        });
        best.map_or(self.ranges, |best| best.ranges)
    }
}

impl Candidate {
    fn of(&(ranges, db): &(RangeMethod, f64)) -> Self {
        Self {
            ranges: ranges.name(),
            calibration_sqnr_db: Some(db).filter(|db| db.is_finite()),
        }
    }
}
