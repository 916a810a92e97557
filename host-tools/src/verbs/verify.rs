//! `tidbit verify`: how well a blob does what its f32 net does.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use tidbit::Model;
use tidbit_quantize::digest::sha256;
use tidbit_quantize::{LayerReference, Reference};

use crate::Error;
use crate::blob::{BlobFile, label, normalization, provenance};
use crate::comparison::{Compared, compare, disagreements, match_shapes};
use crate::confusion::Confusion;
use crate::dataset::Dataset;
use crate::each_answer;
use crate::gates::Gates;
use crate::grid::{Grid, percent};
use crate::layer_report::LayerReport;
use crate::layer_sqnr;
use crate::pixels::Loader;
use crate::progress::Bar;
use crate::stdout::{STRONG, notice, print, print_json, styled};
use crate::summary::Summary;

/// Disagreements that are shown.
const WORST: usize = 5;

const EXAMPLES: &str = "\
Examples:
  tidbit verify net.tidbit --reference net.onnx --images test/
  tidbit verify net.tidbit --reference net.onnx --images test/ --max-drop 1 --min-agreement 0.97
  tidbit verify net.tidbit --reference net.onnx --images test/ --layers --limit 64

The folder of images has one subfolder a class (sorted names are the classes 0, 1, 2 ...) or a
labels.csv with the columns file,label_index,label_name. Without either there is no top-1, but
still agreement and SQNR. Mean, std and colour order are read from the blob.

A share is shown with the 95 % interval that the number of images leaves open (Wilson's). Top-1 of
blob and reference is also compared image by image: of how many images only one of them is right,
the drop with its 95 % interval (Tango's, for pairs), and how often chance alone makes the two
differ so much (McNemar's exact p, the stricter of the two where few images differ). The gates
--max-drop and --min-agreement look at the figures themselves, not at their intervals.

--layers shows the SQNR of every operator's output. It holds the errors of all operators before, so
look at the fall: how far it lies below the lowest of the tensors that the operator reads (each of
which counts as 30 dB at most, the image too). Marked are the first operator that falls by more than
6 dB, where the net breaks, and the one of the lowest SQNR.

With --json: images; reference_top1, blob_top1, agreement, and for nets of more than 10 classes
reference_top5, blob_top5 (fractions of 1); each of them again with _interval behind its name, as
[lo, hi]; output_sqnr_db; paired, with only_reference_right and only_blob_right (images), drop_pp
(percentage points), drop_pp_interval and mcnemar_p. What needs labels is null without. With
--layers also layers, a list of index, name, operator, inputs, output_shape, sqnr_db and fall_db,
and first_fall and lowest, each an index or null; an operator that is only a part of a node
has null for both figures. outputs has name, sqnr_db and pixel_agreement of
each answer; all else is of the first answer, and where that is a map, agreement is the share of its
pixels with the same greatest channel. The SQNR is taken over all outputs of all images:
10 log10(sum of reference^2 / sum of (reference - blob)^2), null if infinite.";

/// Compare a blob with its f32 net over a folder of images.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Cmd {
    /// The blob
    #[arg(value_name = "BLOB.tidbit")]
    blob: PathBuf,
    /// The ONNX file from which it was made
    #[arg(long, value_name = "MODEL.onnx")]
    reference: PathBuf,
    /// Folder of test images
    #[arg(long, value_name = "DIR")]
    images: PathBuf,
    /// Take so many images only, spread evenly over the folder
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Show the SQNR of every operator, and where it falls; runs all images a second time
    #[arg(long)]
    layers: bool,
    #[command(flatten)]
    gates: Gates,
    /// Print JSON, and no progress
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    summary: Summary,
    #[serde(flatten)]
    layers: Option<LayerReport>,
}

impl Cmd {
    /// Compares.
    ///
    /// # Errors
    /// What is wrong with the blob, the net or the images, or which gate was missed.
    pub fn run(self) -> Result<(), Error> {
        let file = BlobFile::read(&self.blob)?.for_host()?;
        let model = file.model()?;
        let mut dataset = Dataset::open(&self.images)?;
        if model.classes() > 0 {
            dataset.check_labels(model.classes())?;
            dataset.doubt(model.classes()).iter().for_each(notice);
        }
        if let Some(limit) = self.limit {
            dataset.limit(limit as usize);
        }
        let labelled = dataset.samples.iter().all(|sample| sample.label.is_some());
        if self.gates.max_drop.is_some() && !labelled {
            let path = self.images;
            return Err(Error::NoLabels { path });
        }
        let fed = normalization(&model);
        let reference = Reference::load(&self.reference, &fed)?;
        self.other_file(&model)?.iter().for_each(notice);
        match_shapes(&model, &reference)?;
        let layered = self
            .layers
            .then(|| LayerReference::load(&self.reference, &fed, &model))
            .transpose()?;
        let loader = Loader::new(model.input_shape())?;
        let images = (&dataset, &loader);
        let both = compare(&model, &reference, images, &Bar::new(self.json))?;
        let (compared, counted): (Vec<_>, Vec<_>) = both.into_iter().unzip();
        loader.notice().iter().for_each(notice);
        let layers = layered
            .map(|net| layer_sqnr::measure(&model, &net, images, &Bar::new(self.json)))
            .transpose()?;
        let answers = each_answer::figures(&model, &counted);
        let summary =
            Summary::of(&compared, model.classes()).with_answers(answers, model.classes());
        let report = Report { summary, layers };
        if self.json {
            print_json(&report)?;
        } else {
            show(&model, &dataset, &compared, &report.summary)?;
            report.layers.map_or(Ok(()), |layers| {
                print(layers.grid())?;
                print(layers.sentence())
            })?;
        }
        self.gates.check(&report.summary)
    }

    /// Something that the user should know: the blob was made of another file.
    fn other_file(&self, model: &Model<'_>) -> Result<Option<String>, Error> {
        let digest = sha256(&self.reference)?;
        let made_of = provenance(model);
        let other = made_of.get("sha256").is_some_and(|made| *made != digest);
        Ok(other.then(|| {
            format!(
                "the blob was made of another file than {} (by its SHA-256): of one called {}",
                self.reference.display(),
                made_of.get("model").unwrap_or(&"?")
            )
        }))
    }
}

/// What people see: the figures, who is taken for whom, and the worst disagreements.
fn show(
    model: &Model<'_>,
    dataset: &Dataset,
    compared: &[Compared],
    summary: &Summary,
) -> Result<(), Error> {
    let name = |class: usize| {
        let named = label(model, class).or_else(|| dataset.class_names.get(&class).cloned());
        named.unwrap_or_else(|| class.to_string())
    };
    print(summary.grid())?;
    if let Some(paired) = summary.paired {
        print(paired.grid())?;
        print(paired.sentence())?;
    }
    let first_is_map = summary
        .outputs
        .iter()
        .any(|answer| answer.pixel_agreement.is_some());
    if summary.outputs.len() > 1 || first_is_map {
        print(each_answer::grid(&summary.outputs))?;
    }
    if model.classes() == 0 {
        return Ok(());
    }
    if let Some(grid) = Confusion::of(compared, model.classes()).grid(name) {
        print(grid)?;
    }
    let worst = disagreements(compared);
    if worst.is_empty() {
        return Ok(());
    }
    let title = format!(
        "disagreements, the worst {} of {}",
        worst.len().min(WORST),
        worst.len()
    );
    print(styled(STRONG, title))?;
    let mut grid = Grid::new(["image", "true class", "reference", "", "blob", ""]).right([3, 5]);
    for place in worst.into_iter().take(WORST) {
        let (image, sample) = (&compared[place], &dataset.samples[place]);
        let best = |ranking: &[usize]| ranking.first().copied().map_or(String::new(), name);
        grid.row([
            sample.name.clone(),
            image.label.map_or(String::new(), name),
            best(&image.reference),
            percent(image.reference_score),
            best(&image.blob),
            percent(image.blob_score),
        ]);
    }
    print(grid)
}
