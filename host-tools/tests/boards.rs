//! The command line and boards: from `quantize --board` to the proof of the certificate, on the
//! bundled net.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures")
}

/// Runs `tidbit` among the fixtures; `firmware` is the folder of the boards, if it is another.
fn tidbit(arguments: &[&str], firmware: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidbit"));
    command.args(arguments).current_dir(fixtures());
    command.env_remove("TIDBIT_FIRMWARE_DIR");
    if let Some(folder) = firmware {
        command.env("TIDBIT_FIRMWARE_DIR", folder);
    }
    command.output().unwrap()
}

fn quantize(blob: &str, board: &str, firmware: Option<&Path>) -> Output {
    let line = [
        "quantize",
        "fashion_mobilenet_v2.onnx",
        "--calibration",
        "calibration",
        "--mean",
        "73",
        "--std",
        "90",
        "--ranges",
        "minmax",
        "--json",
        "--board",
        board,
        "-o",
        blob,
    ];
    tidbit(&line, firmware)
}

/// What a command that has to succeed prints.
fn json(output: &Output) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What a command that has to fail says.
fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder of firmware with one board, which has little memory.
fn small_board() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let real = Path::new(env!("CARGO_MANIFEST_DIR"));
    let real = real.join("../firmware/boards/mps2-an386/board.toml");
    let text = fs::read_to_string(real).unwrap();
    let text = text.replace("name = \"mps2-an386\"", "name = \"small\"");
    let text = text.replace("arena_bytes = 0x30_0000", "arena_bytes = 1000");
    let board = folder.path().join("boards/small");
    fs::create_dir_all(&board).unwrap();
    fs::write(board.join("board.toml"), text).unwrap();
    fs::write(folder.path().join("build.sh"), "exit 1\n").unwrap();
    folder
}

#[test]
fn a_net_that_exceeds_a_board_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let blob = folder.path().join("net.tidbit");
    let path = blob.to_str().unwrap();
    let text = refused(&quantize(path, "no-such-board", None));
    assert!(text.contains("There are: mps2-an385"), "{text}");
    let small = small_board();
    let text = refused(&quantize(path, "small", Some(small.path())));
    let parts = ["does not fit small", "of memory", "more than the 1000"];
    for part in parts {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_net_that_fits_is_certified() {
    let folder = tempfile::tempdir().unwrap();
    let blob = folder.path().join("net.tidbit");
    let path = blob.to_str().unwrap();
    let made = json(&quantize(path, "mps2-an386", None));
    assert_eq!(made["board"]["fits"], true);

    let inspected = json(&tidbit(&["inspect", path, "--json"], None));
    assert_eq!(inspected["input_bytes"], 28 * 28);
    assert_eq!(inspected["recomputed_macs"], 0);
    let boards = inspected["boards"].as_array().unwrap();
    assert!(boards.contains(&made["board"]), "{boards:?}");
    let memory = inspected["arena_bytes"].as_u64().unwrap();
    let memory = memory + inspected["scratch_bytes"].as_u64().unwrap();
    assert_eq!(made["board"]["memory"]["need"], memory);

    let line = ["sim", path, "test/00068.png", "--certify", "--json"];
    let proved = json(&tidbit(&line, None));
    let image = &proved[0];
    assert_eq!(image["equals_host"], true);
    let certified = &image["certified"];
    assert_eq!(certified["arena_high_water"], inspected["arena_bytes"]);
    let stack = |key: &str| certified[key].as_u64().unwrap();
    assert_eq!(made["board"]["stack"]["need"], stack("stack_bytes"));
    let slack = stack("stack_bytes").checked_sub(stack("stack_measured"));
    assert!(slack.is_some(), "{certified}");

    let nowhere = folder.path().join("none");
    let line = ["inspect", path, "--json"];
    let apart = json(&tidbit(&line, Some(&nowhere)));
    assert_eq!(apart["boards"].as_array().map(Vec::len), Some(0));
    let shown = tidbit(&line[..2], Some(&nowhere));
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("boards: unknown"), "{shown}");
}
