//! Everything that can go wrong on the command line, one variant a cause.
//!
//! The text of each is what the user reads: what is wrong, where, and what to do about it.

use std::path::PathBuf;

use thiserror::Error as ThisError;

/// Why a verb came to nothing.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {}: {source}. Check the path and its permissions.", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The output file cannot be written.
    #[error("cannot write {}: {reason}. Give another path.", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// No such micro-kernels on this machine.
    #[error("there is no backend \"{name}\" here; there are: {}.", known.join(", "))]
    Backend {
        /// What was asked for.
        name: String,
        /// Those that run here.
        known: Vec<&'static str>,
    },
    /// Threads cannot be started.
    #[error("cannot start {count} threads: {error}. Ask for fewer.")]
    Threads {
        /// How many.
        count: usize,
        /// Why.
        error: rayon::ThreadPoolBuildError,
    },
    /// Stdout cannot be written.
    #[error("cannot write the result to the standard output: {source}")]
    Stdout {
        /// Why.
        source: std::io::Error,
    },
    /// A file is no blob that this runtime takes.
    #[error("{}: {source}. {}", path.display(), blob_advice(source))]
    Blob {
        /// The file.
        path: PathBuf,
        /// The runtime's reason.
        source: tidbit::Error,
    },
    /// The runtime stopped in the middle of an inference.
    #[error(
        "the runtime stopped: {0}. This is a defect of tidbit; please report it with the blob."
    )]
    Runtime(#[from] tidbit::Error),
    /// The library that reads and quantizes nets refused.
    #[error(transparent)]
    Quantize(#[from] tidbit_quantize::Error),
    /// No such folder of images.
    #[error("there is no folder {}. Give a folder of PNG or JPEG images.", path.display())]
    NoFolder {
        /// The path.
        path: PathBuf,
    },
    /// A folder without images.
    #[error(
        "there are no images in {}. A folder holds PNG or JPEG files, or one subfolder of them for each class, \
         or a labels.csv that lists them.", path.display()
    )]
    NoImages {
        /// The folder.
        path: PathBuf,
    },
    /// A folder with images and, beside them, subfolders with images.
    #[error(
        "{} holds images and also subfolders with images ({folder}), so it is unclear what their classes are. \
         Put every image into the subfolder of its class, or write a labels.csv.", path.display()
    )]
    MixedFolder {
        /// The folder.
        path: PathBuf,
        /// Name of a subfolder.
        folder: String,
    },
    /// A file that is no image, or a broken one.
    #[error("cannot decode {}: {reason}. PNG and JPEG images are understood; replace or remove the file.", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        reason: String,
    },
    /// A net that takes images of other channels than files have.
    #[error(
        "the net takes images of {channels} channels, but image files give 1 (grey), 3 (red, green, blue) or 4 (with alpha)"
    )]
    Channels {
        /// Channels of the net.
        channels: u16,
    },
    /// `--bgr` for a net that has no blue.
    #[error(
        "--bgr is for nets that take three channels, blue first, but this net takes {channels}. Leave it out."
    )]
    BlueFirst {
        /// Channels of the net.
        channels: u16,
    },
    /// A labels.csv without a column that it must have, or that is no table.
    #[error("{}: {reason}. Its first line must name the columns file,label_index,label_name.", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A row of a labels.csv that makes no sense.
    #[error("{}, line {line}: {reason}. Correct or remove the line.", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// An image labelled with a class that the net does not have.
    #[error(
        "{image} is labelled with class {label}, but the net has {classes} classes (0 to {}). \
         Give the images of this net, or correct their labels.", classes.saturating_sub(1)
    )]
    LabelRange {
        /// The image.
        image: String,
        /// Its label.
        label: usize,
        /// Classes of the net.
        classes: usize,
    },
    /// A file of labels that does not match the net.
    #[error(
        "{} has {labels} labels, but the net has {classes} classes. Write one label a line, one for each class, \
         in their order.", path.display()
    )]
    LabelCount {
        /// The file.
        path: PathBuf,
        /// Labels in it.
        labels: usize,
        /// Classes of the net.
        classes: usize,
    },
    /// Blob and f32 net are not of the same net.
    #[error(
        "the blob {what} {blob}, but the reference {what} {reference}. \
         Give the ONNX file from which the blob was made."
    )]
    Mismatch {
        /// What differs: `takes images of`, `answers with`.
        what: &'static str,
        /// In the blob.
        blob: String,
        /// In the reference.
        reference: String,
    },
    /// A gate that needs labels, and none are there.
    #[error(
        "--max-drop compares with the true classes, but the images of {} have none. \
         Sort them into one subfolder a class, or write a labels.csv.", path.display()
    )]
    NoLabels {
        /// The folder of images.
        path: PathBuf,
    },
    /// The board gave no answer.
    #[error(transparent)]
    Board(#[from] crate::board::BoardError),
    /// The board's answer is not the host's.
    #[error(
        "on {} board and host differ: first in {what}. One arithmetic on every target is what tidbit promises, \
         so this is a defect; please report it with the blob and the image.", image.display()
    )]
    Differs {
        /// The image.
        image: PathBuf,
        /// The first place that differs.
        what: String,
    },
    /// Two backends of this machine answered differently.
    #[error(
        "on {} the backends {} differ: first in {what}. One arithmetic on every target is what \
         tidbit promises, so this is a defect; please report it with the blob and the image.", image.display(), backends.join(" and ")
    )]
    BackendsDiffer {
        /// The two.
        backends: [&'static str; 2],
        /// The image.
        image: PathBuf,
        /// The first place that differs.
        what: String,
    },
    /// A gate of `verify` was missed.
    #[error("{0}")]
    Gate(String),
}

/// What to do about a blob that is refused.
fn blob_advice(error: &tidbit::Error) -> &'static str {
    match error {
        tidbit::Error::Version { .. } => "Or use the tidbit that wrote it.",
        tidbit::Error::NotABlob { .. } => "Make a blob of an ONNX file with `tidbit quantize`.",
        _ => "Copy the file again, or make it anew with `tidbit quantize`.",
    }
}
