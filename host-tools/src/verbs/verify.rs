//! `tidbit verify`: how well a blob does what its f32 net does.

use std::path::PathBuf;

use clap::Args;
use rayon::prelude::*;
use tidbit::{ImageShape, Model};
use tidbit_quantize::{Reference, Sqnr, Watch};

use crate::Error;
use crate::blob::{BlobFile, label, normalization, scale};
use crate::comparison::{Compared, Summary, Top5, disagreements, ranking, shares};
use crate::confusion::Confusion;
use crate::dataset::Dataset;
use crate::each_answer::{self, Counted};
use crate::grid::{Grid, percent};
use crate::inference::Inference;
use crate::pixels::Loader;
use crate::progress::Bar;
use crate::stdout::{STRONG, notice, print, print_json, styled};

/// Disagreements that are shown.
const WORST: usize = 5;

const EXAMPLES: &str = "\
Examples:
  tidbit verify net.tidbit --reference net.onnx --images test/
  tidbit verify net.tidbit --reference net.onnx --images test/ --max-drop 1 --min-agreement 0.97

The folder of images has one subfolder a class (sorted names are the classes 0, 1, 2 ...) or a
labels.csv with the columns file,label_index,label_name. Without either there is no top-1, but
still agreement and SQNR. Mean, std and colour order are read from the blob.

With --json: images, reference_top1, blob_top1, agreement (fractions of 1), output_sqnr_db, and
for nets of more than 10 classes reference_top5, blob_top5. The SQNR is taken over all outputs
of all images: 10 log10(sum of reference^2 / sum of (reference - blob)^2), null if infinite. outputs
has name, sqnr_db and pixel_agreement of each answer. All else is of the first answer; where that is
a map, agreement is the share of its pixels with the same greatest channel.";

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
    /// Fail unless blob and reference agree on at least this share of the images, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share)]
    min_agreement: Option<f64>,
    /// Fail if the blob's top-1 is more than so many percentage points below the reference's
    #[arg(long, value_name = "POINTS", allow_hyphen_values = true)]
    max_drop: Option<f64>,
    /// Print JSON, and no progress
    #[arg(long)]
    json: bool,
}

/// Parses a share of 1.
fn share(text: &str) -> Result<f64, String> {
    let share = text
        .parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "give a share from 0 to 1, as in 0.95".into())
}

impl Cmd {
    /// Compares.
    ///
    /// # Errors
    /// What is wrong with the blob, the net or the images, or which gate was missed.
    pub fn run(self) -> Result<(), Error> {
        let file = BlobFile::read(&self.blob)?;
        let model = file.model()?;
        let mut dataset = Dataset::open(&self.images)?;
        if model.classes() > 0 {
            dataset.check_labels(model.classes())?;
            dataset.doubt(model.classes()).iter().for_each(notice);
        }
        if let Some(limit) = self.limit {
            dataset.limit(limit as usize);
        }
        if self.max_drop.is_some() && dataset.samples.iter().any(|sample| sample.label.is_none()) {
            let path = self.images;
            return Err(Error::NoLabels { path });
        }
        let reference = Reference::load(&self.reference, &normalization(&model))?;
        match_shapes(&model, &reference)?;
        let loader = Loader::new(model.input_shape())?;
        let both = compare(&model, &reference, &dataset, &loader, Bar::new(self.json))?;
        let (compared, counted): (Vec<_>, Vec<_>) = both.into_iter().unzip();
        loader.notice().iter().for_each(notice);
        let answers = each_answer::figures(&model, &counted);
        let mut summary = Summary::of(&compared, model.classes());
        if model.classes() == 0 {
            let pixels = answers.first().and_then(|answer| answer.pixel_agreement);
            summary.agreement = pixels.unwrap_or(1.0);
        }
        summary.outputs = answers;
        if self.json {
            print_json(&summary)?;
        } else {
            show(&model, &dataset, &compared, &summary)?;
        }
        self.gates(&summary)
    }

    /// Whether the figures are good enough for the user.
    fn gates(&self, summary: &Summary) -> Result<(), Error> {
        // Figures are quotients of counts; what is off by rounding alone is no miss.
        const ROUNDING: f64 = 1e-9;
        let mut missed = Vec::new();
        if let Some(least) = self
            .min_agreement
            .filter(|least| summary.agreement < least - ROUNDING)
        {
            let (found, least) = (percent(summary.agreement), percent(least));
            missed.push(format!(
                "blob and reference agree on {found} of the images, less than the {least} asked for"
            ));
        }
        if let Some((most, drop)) = self.max_drop.zip(summary.drop())
            && drop > most + ROUNDING
        {
            missed.push(format!(
                "the blob's top-1 is {drop:.2} percentage points below the reference's, more than the {most} allowed"
            ));
        }
        if missed.is_empty() {
            return Ok(());
        }
        Err(Error::Gate(format!(
            "{}. Typical calibration images, or another --ranges, may help.",
            missed.join("; ")
        )))
    }
}

/// Makes sure that blob and reference take the same images and give as many outputs.
fn match_shapes(model: &Model<'_>, reference: &Reference) -> Result<(), Error> {
    let size = |ImageShape {
                    height,
                    width,
                    channels,
                }| format!("{height} x {width} x {channels}");
    let values = |counts: Vec<usize>| {
        let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
        format!("{} values", counts.join(" + "))
    };
    let pairs = [
        (
            "takes images of",
            size(model.input_shape()),
            size(reference.input_shape()),
        ),
        (
            "answers with",
            values(lengths(model)),
            values(reference.output_lens().collect()),
        ),
    ];
    for (what, blob, reference) in pairs {
        if blob != reference {
            return Err(Error::Mismatch {
                what,
                blob,
                reference,
            });
        }
    }
    Ok(())
}

/// Number of values of each of a blob's answers.
fn lengths(model: &Model<'_>) -> Vec<usize> {
    let tensors = (0..model.outputs()).filter_map(|index| model.output_tensor(index));
    tensors.map(|tensor| tensor.elements() as usize).collect()
}

/// The best of so many classes by the reference; where it answers with a class number, that alone.
fn expected(truth: &[f32], classes: usize) -> Vec<usize> {
    match truth {
        _ if classes == 0 => vec![],
        [number] if classes > 1 => vec![*number as usize],
        _ => ranking(truth, 5),
    }
}

/// Runs every image through both, on all cores; the results are in the order of the images.
fn compare(
    model: &Model<'_>,
    reference: &Reference,
    dataset: &Dataset,
    loader: &Loader,
    bar: Bar,
) -> Result<Vec<(Compared, Vec<Counted>)>, Error> {
    let output = model.output(0).ok_or(tidbit::Error::Contract)?;
    let scale = scale(&model.output_tensor(0).ok_or(tidbit::Error::Contract)?);
    bar.stage("images", dataset.samples.len() as u64);
    dataset
        .samples
        .par_iter()
        .map_init(
            || vec![0; model.memory_bytes()],
            |memory, sample| {
                let image = loader.load(&sample.path)?;
                let truths = reference.run_all(&image)?;
                let truth = truths.first().map_or(&[][..], Vec::as_slice);
                let found = Inference::run(model, memory, &image, false)?;
                let mut sqnr = Sqnr::default();
                sqnr.add(truth, found.output().iter().map(|&q| scale.dequantize(q)));
                let shares = shares(truth, output.tensor != output.logits);
                let (expected, answered) = (expected(truth, model.classes()), found.ranking(5));
                let sure =
                    |class: Option<&usize>| class.and_then(|&class| shares.get(class)).copied();
                bar.step();
                let counted = each_answer::count(model, &truths, &found);
                let compared = Compared {
                    label: sample.label.filter(|_| model.classes() > 0),
                    reference_score: sure(expected.first()).unwrap_or_default(),
                    reference_on_blob: sure(answered.first()).unwrap_or_default(),
                    blob_score: answered.first().map_or(0.0, |&class| found.score(class)),
                    reference: expected,
                    blob: answered,
                    sqnr,
                };
                Ok((compared, counted))
            },
        )
        .collect()
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
    print(figures(summary))?;
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

/// The figures as a table.
fn figures(summary: &Summary) -> Grid {
    let shown = |share: Option<f64>| share.map_or("no labels".into(), percent);
    let mut grid = Grid::new([
        format!("{} images", summary.images),
        "reference".into(),
        "blob".into(),
    ])
    .right([1, 2]);
    grid.row([
        "top-1".into(),
        shown(summary.reference_top1),
        shown(summary.blob_top1),
    ]);
    if let Some(Top5 {
        reference_top5,
        blob_top5,
    }) = summary.top5
    {
        grid.row(["top-5".into(), shown(reference_top5), shown(blob_top5)]);
    }
    grid.row([
        "agreement".into(),
        String::new(),
        percent(summary.agreement),
    ]);
    let sqnr = summary
        .output_sqnr_db
        .map_or("exact".into(), |db| format!("{db:.2} dB"));
    grid.row(["output SQNR".into(), String::new(), sqnr]);
    grid
}
