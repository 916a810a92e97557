//! Image folders: which images there are, and what is on them.
//!
//! Three forms are understood. A folder with a `labels.csv` holds the images that the table lists;
//! a folder with one subfolder a class holds what is in them, and the sorted names of the
//! subfolders are the classes 0, 1, 2 …; any other folder of images has no labels, which is
//! enough to calibrate. Images are PNG or JPEG, and come in the order of the table or of their
//! names, so that every run sees the same.

mod folders;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::Error;

/// One image of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Where it is.
    pub path: PathBuf,
    /// What the user calls it: the path within the folder.
    pub name: String,
    /// The class of what is on it.
    pub label: Option<usize>,
}

/// The images of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dataset {
    /// In their order.
    pub samples: Vec<Sample>,
    /// Names of classes, as far as the folder tells.
    pub class_names: BTreeMap<usize, String>,
    /// Number of subfolders that stand for classes; 0 if classes come from elsewhere.
    pub class_folders: usize,
}

impl Dataset {
    /// Finds the images of a folder.
    ///
    /// # Errors
    /// No such folder, no images, a table that is wrong: see the variants of [`Error`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let path = || folder.to_path_buf();
        if !folder.is_dir() {
            return Err(Error::NoFolder { path: path() });
        }
        let csv = folder.join("labels.csv");
        let dataset = if csv.exists() {
            table::read(&csv)?
        } else {
            folders::scan(folder)?
        };
        if dataset.samples.is_empty() {
            return Err(Error::NoImages { path: path() });
        }
        Ok(dataset)
    }

    /// Makes sure that every label is one of the net's classes.
    ///
    /// # Errors
    /// [`Error::LabelRange`], of the first that is not.
    pub fn check_labels(&self, classes: usize) -> Result<(), Error> {
        for sample in &self.samples {
            if let Some(label) = sample.label.filter(|label| *label >= classes) {
                return Err(Error::LabelRange {
                    image: sample.name.clone(),
                    label,
                    classes,
                });
            }
        }
        Ok(())
    }

    /// Something about the labels that the user should know: subfolders whose names say nothing
    /// about classes that are missing would be counted wrongly.
    pub fn doubt(&self, classes: usize) -> Option<String> {
        let folders = self.class_folders;
        (folders != 0 && folders != classes).then(|| {
            format!(
                "there are {folders} class folders, but the net has {classes} classes: the folders, sorted by name, \
                 are taken as classes 0 to {}. If they are others, say so in a labels.csv.",
                folders.saturating_sub(1)
            )
        })
    }

    /// Keeps `count` images, spread evenly over the folder, so that each class has its share.
    pub fn limit(&mut self, count: usize) {
        let have = self.samples.len();
        if count < have {
            let mut place = 0;
            // Image `place` is the one at which the share of images kept reaches the next whole.
            self.samples.retain(|_| {
                let keep = (place + 1) * count / have > place * count / have;
                place += 1;
                keep
            });
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Dataset, Sample};
    use crate::Error;
    use std::fs;
    use std::path::Path;

    /// Writes empty files below `dir`.
    pub(crate) fn touch(dir: &Path, files: &[&str]) {
        for file in files {
            let path = dir.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
    }

    fn sample(label: usize) -> Sample {
        Sample {
            path: label.to_string().into(),
            name: label.to_string(),
            label: Some(label),
        }
    }

    #[test]
    fn a_missing_and_an_empty_folder_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(
            Dataset::open(dir.path()),
            Err(Error::NoImages { .. })
        ));
        let missing = dir.path().join("none");
        assert!(matches!(
            Dataset::open(&missing),
            Err(Error::NoFolder { .. })
        ));
    }

    #[test]
    fn a_table_goes_before_subfolders() {
        let dir = tempfile::tempdir().unwrap();
        touch(dir.path(), &["a/1.png", "b/2.png"]);
        fs::write(
            dir.path().join("labels.csv"),
            "file,label_index\nb/2.png,7\n",
        )
        .unwrap();
        let dataset = Dataset::open(dir.path()).unwrap();
        assert_eq!(dataset.samples.len(), 1);
        assert_eq!(dataset.samples[0].label, Some(7));
    }

    #[test]
    fn labels_are_classes_of_the_net() {
        let dataset = Dataset {
            samples: vec![sample(0), sample(3)],
            ..Dataset::default()
        };
        assert!(dataset.check_labels(4).is_ok());
        let error = dataset.check_labels(3).unwrap_err();
        assert!(matches!(
            error,
            Error::LabelRange {
                label: 3,
                classes: 3,
                ..
            }
        ));
    }

    #[test]
    fn a_limit_takes_from_everywhere() {
        for (have, count) in [(10, 3), (10, 10), (10, 11), (7, 1), (400, 50)] {
            let mut dataset = Dataset {
                samples: (0..have).map(sample).collect(),
                ..Dataset::default()
            };
            dataset.limit(count);
            assert_eq!(dataset.samples.len(), count.min(have));
            let places = dataset.samples.iter().filter_map(|sample| sample.label);
            let gaps = places.clone().zip(places.skip(1)).map(|(a, b)| b - a);
            assert!(gaps.max().unwrap_or(0) <= have.div_ceil(count));
        }
    }
}
