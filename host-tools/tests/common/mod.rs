//! `tidbit` from the command line, on the bundled net.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// The bundled net.
pub const NET: &str = "fashion_mobilenet_v2.onnx";

/// Runs `tidbit` among the fixtures.
pub fn tidbit(arguments: &[&str]) -> Output {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidbit"));
    command.args(arguments).current_dir(fixtures);
    command.output().unwrap()
}

/// The bundled net as a blob, made once.
pub fn blob() -> PathBuf {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let folder = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let blob = folder.path().join("net.tidbit");
        let head = [
            "quantize",
            NET,
            "--calibration",
            "calibration",
            "--ranges",
            "minmax",
        ];
        let tail = ["--mean", "73", "--std", "90", "-o", blob.to_str().unwrap()];
        let made = tidbit(&[&head[..], &tail[..]].concat());
        assert!(made.status.success(), "{}", text(&made.stderr));
        folder
    });
    folder.path().join("net.tidbit")
}

/// What was printed.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a command that has to succeed printed.
pub fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
