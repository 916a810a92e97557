//! Images by where they lie: one subfolder a class, or no classes at all.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Dataset, Sample};
use crate::Error;

/// Finds the images in a folder, or in its subfolders. Hidden files and folders do not count.
pub(super) fn scan(folder: &Path) -> Result<Dataset, Error> {
    let entries = entries(folder)?;
    let (folders, files): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|(path, _)| path.is_dir());
    let loose = samples(files, None, None);
    let mut dataset = Dataset::default();
    for (path, name) in folders {
        let class = dataset.class_folders;
        let found = samples(self::entries(&path)?, Some(&name), Some(class));
        if !found.is_empty() && !loose.is_empty() {
            return Err(Error::MixedFolder {
                path: folder.into(),
                folder: name,
            });
        }
        // A class without an image keeps its place, or all behind it would be counted wrongly.
        dataset.samples.extend(found);
        dataset.class_names.insert(class, name);
        dataset.class_folders += 1;
    }
    Ok(if loose.is_empty() {
        dataset
    } else {
        Dataset {
            samples: loose,
            ..Dataset::default()
        }
    })
}

/// What is in a folder, sorted by name: paths and names.
fn entries(folder: &Path) -> Result<Vec<(PathBuf, String)>, Error> {
    let unreadable = |source| Error::Read {
        path: folder.into(),
        source,
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            found.push((entry.path(), name));
        }
    }
    found.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(found)
}

/// The images among files.
fn samples(
    files: Vec<(PathBuf, String)>,
    folder: Option<&str>,
    label: Option<usize>,
) -> Vec<Sample> {
    let images = files.into_iter().filter(|(path, _)| is_image(path));
    images
        .map(|(path, file)| Sample {
            path,
            name: folder.map_or_else(|| file.clone(), |folder| format!("{folder}/{file}")),
            label,
        })
        .collect()
}

/// Whether a file's name is that of an image.
fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        ["png", "jpg", "jpeg"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

#[cfg(test)]
mod tests {
    use super::scan;
    use crate::Error;
    use crate::dataset::tests::touch;

    #[test]
    fn subfolders_are_classes_in_the_order_of_their_names() {
        let dir = tempfile::tempdir().unwrap();
        touch(
            dir.path(),
            &[
                "dog/b.png",
                "dog/a.JPG",
                "cat/z.jpeg",
                "bee/notes.txt",
                ".git/x.png",
            ],
        );
        let dataset = scan(dir.path()).unwrap();
        let found: Vec<_> = dataset
            .samples
            .iter()
            .map(|sample| (sample.name.as_str(), sample.label))
            .collect();
        assert_eq!(
            found,
            [
                ("cat/z.jpeg", Some(1)),
                ("dog/a.JPG", Some(2)),
                ("dog/b.png", Some(2))
            ]
        );
        let names: Vec<_> = dataset.class_names.values().collect();
        assert_eq!(names, ["bee", "cat", "dog"]);
        assert!(dataset.doubt(3).is_none());
        assert!(dataset.doubt(10).unwrap().contains("classes 0 to 2"));
    }

    #[test]
    fn loose_images_have_no_labels() {
        let dir = tempfile::tempdir().unwrap();
        touch(
            dir.path(),
            &["2.png", "1.png", "readme.md", "empty/readme.md"],
        );
        let dataset = scan(dir.path()).unwrap();
        let found: Vec<_> = dataset
            .samples
            .iter()
            .map(|sample| (sample.name.as_str(), sample.label))
            .collect();
        assert_eq!(found, [("1.png", None), ("2.png", None)]);
        assert_eq!(dataset.class_folders, 0);
    }

    #[test]
    fn loose_images_beside_classes_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        touch(dir.path(), &["stray.png", "cat/1.png"]);
        let error = scan(dir.path()).unwrap_err();
        assert!(matches!(error, Error::MixedFolder { folder, .. } if folder == "cat"));
    }
}
