//! FORMAT.md against the code: what the document says of a record, a limit, an operator or an
//! error is what the runtime has, and its example is a blob that validates.
//!
//! The document is read as it stands. A row that is missing, or too many, on either side fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use tidbit::Model;
use tidbit::blob::header::{
    MAX_CHANNELS, MAX_MACS, MAX_OPS, MAX_OUTPUTS, MAX_SCHEDULE, MAX_SIDE, VERSION,
};
use tidbit::blob::plan::MAX_SEGMENT_OPS;
use tidbit::blob::{
    AddParams, ConvParams, Header, InputRecord, OpKind, OpRecord, OutputRecord, PadParams,
    PoolParams, Record, SegmentRecord, TableParams, TensorRecord,
};
use tidbit_tests::handmade;

/// A file of the repository, by its path from the root.
fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of the first table under a heading, cells without their backticks.
fn table(document: &str, heading: &str) -> Vec<Vec<String>> {
    let mut lines = document.lines().skip_while(|line| *line != heading).skip(1);
    let inside = |line: &&str| !line.starts_with('#');
    let rows = lines
        .by_ref()
        .take_while(inside)
        .skip_while(|line| !line.starts_with('|'));
    let rows = rows.take_while(|line| line.starts_with('|')).skip(2);
    let cells = |row: &str| row.trim_matches('|').split('|').map(cell).collect();
    let rows: Vec<Vec<String>> = rows.map(cells).collect();
    assert!(!rows.is_empty(), "FORMAT.md has no table under '{heading}'");
    rows
}

fn cell(text: &str) -> String {
    text.trim().trim_matches('`').to_string()
}

/// Offset, field and type of every field of a record.
fn fields<R: Record>() -> Vec<Vec<String>> {
    let mut offset = 0;
    let rows = R::FIELDS.iter().map(|(name, ty, len)| {
        let row = vec![offset.to_string(), (*name).into(), (*ty).into()];
        offset += len;
        row
    });
    let rows = rows.collect();
    assert_eq!(offset, R::LEN);
    rows
}

fn records() -> BTreeMap<&'static str, Vec<Vec<String>>> {
    BTreeMap::from([
        ("Header", fields::<Header>()),
        ("TensorRecord", fields::<TensorRecord>()),
        ("OpRecord", fields::<OpRecord>()),
        ("SegmentRecord", fields::<SegmentRecord>()),
        ("OutputRecord", fields::<OutputRecord>()),
        ("InputRecord", fields::<InputRecord>()),
        ("ConvParams", fields::<ConvParams>()),
        ("PoolParams", fields::<PoolParams>()),
        ("AddParams", fields::<AddParams>()),
        ("TableParams", fields::<TableParams>()),
        ("PadParams", fields::<PadParams>()),
    ])
}

#[test]
fn every_record_is_the_documents() {
    let document = read("FORMAT.md");
    for (name, expected) in records() {
        let mut rows = table(&document, &format!("### `{name}`"));
        for row in &mut rows {
            let meaning = row.pop().expect("a row has four cells");
            assert!(!meaning.is_empty(), "{name}: a field without a meaning");
        }
        assert_eq!(rows, expected, "{name}");
    }
}

#[test]
fn every_record_of_the_code_is_known_here() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../runtime/src/blob");
    let mut declared = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("the runtime's sources") {
        let path = entry.expect("an entry").path();
        let source = fs::read_to_string(&path).expect("a source");
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        for body in source.split("\nrecord! {").skip(1) {
            let named = body.lines().map(str::trim).find(|line| line.ends_with('{'));
            declared.extend(named.map(|line| line.trim_end_matches(" {").to_string()));
        }
    }
    let known: BTreeSet<String> = records().into_keys().map(String::from).collect();
    assert_eq!(declared, known);
    let document = read("FORMAT.md");
    let headings = document
        .lines()
        .filter_map(|line| line.strip_prefix("### "));
    assert_eq!(headings.map(cell).collect::<BTreeSet<_>>(), known);
}

#[test]
fn limits_and_operators_are_the_documents() {
    let document = read("FORMAT.md");
    let limits = table(&document, "## Limits");
    let limits = limits.iter().map(|row| (row[0].as_str(), row[1].parse()));
    let expected = [
        ("MAX_OPS", u64::from(MAX_OPS)),
        ("MAX_OUTPUTS", u64::from(MAX_OUTPUTS)),
        ("MAX_SEGMENT_OPS", MAX_SEGMENT_OPS as u64),
        ("MAX_SIDE", u64::from(MAX_SIDE)),
        ("MAX_CHANNELS", u64::from(MAX_CHANNELS)),
        ("MAX_MACS", MAX_MACS),
        ("MAX_SCHEDULE", u64::from(MAX_SCHEDULE)),
    ];
    let expected = expected.map(|(name, value)| (name, Ok(value)));
    assert_eq!(limits.collect::<Vec<_>>(), expected);
    assert!(document.contains(&format!("of format version {VERSION}.")));

    let operators = table(&document, "## Operators");
    let operators = operators.iter().map(|row| (row[0].clone(), row[1].clone()));
    let kinds = OpKind::ALL.map(|kind| (kind.byte().to_string(), kind.name().to_string()));
    assert_eq!(operators.collect::<Vec<_>>(), kinds);
}

/// Every error of the validation pass is in the list of what it proves, and nothing else is.
#[test]
fn every_error_is_the_documents() {
    const OF_CALLS: [&str; 5] = [
        "MemoryTooSmall",
        "Length",
        "OutOfTurn",
        "NoSuchOutput",
        "Inconsistent",
    ];
    let source = read("runtime/src/error.rs");
    let body = source.split("pub enum Error {").nth(1).expect("the enum");
    let body = body.split("\n}").next().expect("its end");
    let variants = body.lines().filter_map(|line| line.strip_prefix("    "));
    let variants = variants.filter(|line| line.starts_with(char::is_uppercase));
    let variants = variants.map(|line| line.trim_end_matches([' ', '{', ',']).to_string());
    let variants: BTreeSet<String> = variants
        .filter(|name| !OF_CALLS.contains(&&**name))
        .collect();
    let rows = table(&read("FORMAT.md"), "## Validation");
    let named: BTreeSet<String> = rows.iter().map(|row| row[1].clone()).collect();
    assert_eq!(named, variants);
}

/// The bytes of all `hex` blocks, whose lines are `offset: bytes ; what they are`.
fn example(document: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for block in document.split("```hex\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        for line in block.lines() {
            let line = line.split(';').next().unwrap_or_default();
            let (offset, values) = line.split_once(':').expect("a line has an offset");
            let offset = usize::from_str_radix(offset, 16).expect("an offset is hex");
            assert_eq!(offset, bytes.len(), "{line}");
            let value = |byte| u8::from_str_radix(byte, 16).expect("two hex digits");
            bytes.extend(values.split_whitespace().map(value));
        }
    }
    bytes
}

#[test]
fn the_example_is_the_handmade_blob_and_validates() {
    let bytes = example(&read("FORMAT.md"));
    let blob = handmade::tiny();
    for (at, (found, expected)) in bytes.iter().zip(&blob).enumerate() {
        assert_eq!(found, expected, "byte {at:#06x}");
    }
    assert_eq!(bytes.len(), blob.len());
    let model = Model::new(&bytes).expect("the example validates");
    assert_eq!(model.provenance(), "made=by hand");
}
