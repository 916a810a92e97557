//! The file of class names: one name a line, in the order of the classes.

use std::fs;
use std::path::Path;

use crate::Error;

/// Reads the names; there must be one for each of the net's classes.
///
/// Blanks around a name are not part of it; empty lines at the end do not count.
///
/// # Errors
/// [`Error::Read`], [`Error::LabelCount`].
pub fn read(path: &Path, classes: usize) -> Result<Vec<String>, Error> {
    let text = fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.into(),
        source,
    })?;
    let names = text.trim_start_matches('\u{feff}').trim_end().lines();
    let names: Vec<String> = names.map(|name| name.trim().to_owned()).collect();
    if names.len() != classes {
        return Err(Error::LabelCount {
            path: path.into(),
            labels: names.len(),
            classes,
        });
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::Error;
    use std::fs;

    #[test]
    fn one_name_a_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("labels.txt");
        fs::write(&path, "cat \r\ndog\n\n").unwrap();
        assert_eq!(read(&path, 2).unwrap(), ["cat", "dog"]);
        let error = read(&path, 5).unwrap_err();
        assert!(matches!(
            error,
            Error::LabelCount {
                labels: 2,
                classes: 5,
                ..
            }
        ));
        assert!(read(&dir.path().join("none"), 2).is_err());
    }
}
