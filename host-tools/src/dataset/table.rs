//! Images by a table: `labels.csv` with the columns `file`, `label_index` and `label_name`.
//!
//! Files are relative to the table's folder. `label_name` may be missing, further columns are
//! ignored, and images that the table does not list are none of the set.

use std::collections::BTreeMap;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::{Dataset, Sample};
use crate::Error;

/// Reads the table at `path`.
pub(super) fn read(path: &Path) -> Result<Dataset, Error> {
    let wrong = |reason: String| Error::Table {
        path: path.into(),
        reason,
    };
    let mut reader = ReaderBuilder::new()
        .trim(Trim::All)
        .from_path(path)
        .map_err(|error| wrong(error.to_string()))?;
    let headers = reader.headers().map_err(|error| wrong(error.to_string()))?;
    let find = |column: &str| headers.iter().position(|header| header == column);
    let missing = |column: &str| wrong(format!("there is no column '{column}'"));
    let columns = Columns {
        file: find("file").ok_or_else(|| missing("file"))?,
        label: find("label_index").ok_or_else(|| missing("label_index"))?,
        name: find("label_name"),
    };
    let mut dataset = Dataset::default();
    for record in reader.records() {
        let record = record.map_err(|error| Error::Row {
            path: path.into(),
            line: error.position().map_or(0, csv::Position::line),
            reason: reason(error.kind()),
        })?;
        let sample = columns.sample(path, &record, &mut dataset.class_names);
        dataset.samples.push(sample.map_err(|reason| Error::Row {
            path: path.into(),
            line: record.position().map_or(0, csv::Position::line),
            reason,
        })?);
    }
    Ok(dataset)
}

/// What is wrong with a line, without the place that the error names already.
fn reason(kind: &csv::ErrorKind) -> String {
    match kind {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            format!("it has {len} columns where the first line has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".into(),
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => "it cannot be read".into(),
    }
}

/// Which column holds what.
struct Columns {
    file: usize,
    label: usize,
    name: Option<usize>,
}

impl Columns {
    /// The image of one row, or what is wrong with it.
    fn sample(
        &self,
        table: &Path,
        record: &StringRecord,
        names: &mut BTreeMap<usize, String>,
    ) -> Result<Sample, String> {
        let file = record.get(self.file).unwrap_or("");
        let path = table.with_file_name("").join(file);
        if file.is_empty() {
            return Err("it names no file".into());
        }
        if !path.is_file() {
            return Err(format!("there is no file {}", path.display()));
        }
        let index = record.get(self.label).unwrap_or("");
        let label: usize = index
            .parse()
            .map_err(|_| format!("label_index '{index}' is not a class number (0, 1, 2 …)"))?;
        if let Some(name) = self.name.and_then(|column| record.get(column)) {
            names.entry(label).or_insert_with(|| name.to_owned());
        }
        Ok(Sample {
            path,
            name: file.to_owned(),
            label: Some(label),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::Error;
    use crate::dataset::Dataset;
    use crate::dataset::tests::touch;
    use std::fs;

    fn read_text(text: &str) -> Result<Dataset, Error> {
        let dir = tempfile::tempdir().unwrap();
        touch(dir.path(), &["a.png", "sub/b.jpg"]);
        let path = dir.path().join("labels.csv");
        fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn columns_are_found_by_name() {
        let table = "\u{feff}note,label_name,file,label_index\nx,\"cat, tabby\",a.png,3\ny,dog, sub/b.jpg ,0\n";
        let dataset = read_text(table).unwrap();
        let found: Vec<_> = dataset
            .samples
            .iter()
            .map(|sample| (sample.name.as_str(), sample.label))
            .collect();
        assert_eq!(found, [("a.png", Some(3)), ("sub/b.jpg", Some(0))]);
        assert_eq!(dataset.class_names[&3], "cat, tabby");
        assert!(dataset.samples[1].path.ends_with("sub/b.jpg"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, expected) in [
            (
                "file,label_index\na.png,0\nc.png,1\n",
                "labels.csv, line 3: there is no file",
            ),
            ("file,label_index\na.png,cat\n", "line 2: label_index 'cat'"),
            ("file,label_index\na.png,-1\n", "line 2: label_index '-1'"),
            (
                "file,label_index\na.png\n",
                "line 2: it has 1 columns where the first line has 2",
            ),
            ("file,label_index\n,1\n", "line 2: it names no file"),
            ("file,label\na.png,1\n", "there is no column 'label_index'"),
            ("", "there is no column 'file'"),
        ] {
            let error = read_text(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
