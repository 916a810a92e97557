//! The output file: refused before the long work, and never there half-written.
//!
//! A file under a temporary name is made in the folder of the output as soon as the arguments are
//! known. When the result is there it is written to it and renamed; where the work fails, it
//! goes away, and whatever stood at the output's path stays.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::Error;

/// A file that will be written.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    file: NamedTempFile,
}

impl Output {
    /// Makes sure that `path` can be written, and is none of the files that are read.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn reserve(path: &Path, inputs: &[&Path]) -> Result<Self, Error> {
        let refuse = |reason: String| Error::Write {
            path: path.into(),
            reason,
        };
        if let Ok(existing) = fs::metadata(path) {
            if existing.is_dir() {
                return Err(refuse("it is a folder".into()));
            }
            if existing.permissions().readonly() {
                return Err(refuse(
                    "a file with that name is there and read-only".into(),
                ));
            }
        }
        let same = |input: &&&Path| match (fs::canonicalize(input), fs::canonicalize(path)) {
            (Ok(input), Ok(output)) => input == output,
            _ => false,
        };
        if let Some(input) = inputs.iter().find(same) {
            return Err(refuse(format!(
                "that would overwrite {}, which is read",
                input.display()
            )));
        }
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            return Err(refuse(format!("there is no folder {}", folder.display())));
        }
        let mut builder = Builder::new();
        builder.prefix(".tidbit-").suffix(".part");
        #[cfg(unix)]
        {
            // A temporary file is the owner's alone by default; this one becomes an ordinary file.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder);
        Ok(Self {
            path: path.into(),
            file: file.map_err(|error| {
                refuse(format!(
                    "nothing can be written in {}: {error}",
                    folder.display()
                ))
            })?,
        })
    }

    /// Writes the file, whole, and gives it its name.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn commit(mut self, bytes: &[u8]) -> Result<(), Error> {
        let refuse = |error: std::io::Error| Error::Write {
            path: self.path.clone(),
            reason: error.to_string(),
        };
        self.file.write_all(bytes).map_err(refuse)?;
        self.file.as_file().sync_all().map_err(refuse)?;
        let renamed = self.file.persist(&self.path);
        renamed.map(drop).map_err(|error| refuse(error.error))
    }
}

#[cfg(test)]
mod tests {
    use super::Output;
    use std::fs;

    #[test]
    fn nothing_is_left_of_work_that_failed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.tidbit");
        drop(Output::reserve(&path, &[]).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_old_file_stays_until_the_new_one_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.tidbit");
        fs::write(&path, "old").unwrap();
        let output = Output::reserve(&path, &[]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        output.commit(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Output::reserve(dir.path(), &[]).is_err());
        assert!(Output::reserve(&dir.path().join("none/a.tidbit"), &[]).is_err());
        let path = dir.path().join("locked");
        fs::write(&path, "").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        assert!(Output::reserve(&path, &[]).is_err());
    }

    #[test]
    fn what_is_read_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let [net, other] = ["net.onnx", "other"].map(|name| dir.path().join(name));
        fs::write(&net, "net").unwrap();
        let error = Output::reserve(&net, &[&other, &net]).unwrap_err();
        assert!(error.to_string().contains("which is read"), "{error}");
        assert!(Output::reserve(&other, &[&net]).is_ok());
        assert_eq!(fs::read_to_string(&net).unwrap(), "net");
    }
}
