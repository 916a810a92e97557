//! `tidbit run` and `tidbit bench` from the command line, on the bundled net: every backend of this machine, and
//! its threads.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use tidbit::kernels::backends;

/// Runs `tidbit` among the fixtures.
fn tidbit(arguments: &[&str]) -> Output {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidbit"));
    command.args(arguments).current_dir(fixtures);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The bundled net as a blob, and some of its images.
fn blob_and_images(folder: &TempDir) -> Vec<String> {
    let blob = folder.path().join("net.tidbit").display().to_string();
    let net = "fashion_mobilenet_v2.onnx";
    let made = tidbit(&[
        "quantize",
        net,
        "--calibration",
        "calibration",
        "--effort",
        "fast",
        "--mean",
        "73",
        "--std",
        "90",
        "-o",
        &blob,
    ]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let classes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/calibration");
    let entries = |folder: &Path| {
        std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
    };
    let images = entries(&classes).flat_map(|class| entries(&class).next());
    let images = images.take(3).map(|path| path.display().to_string());
    [blob].into_iter().chain(images).collect()
}

#[test]
fn every_backend_of_this_machine_answers_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let files = blob_and_images(&folder);
    let run = |options: &[&str]| {
        let files = files.iter().map(String::as_str);
        let words: Vec<&str> = ["run"]
            .into_iter()
            .chain(files)
            .chain(options.iter().copied())
            .collect();
        let output = tidbit(&words);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let names: Vec<&str> = backends().map(|backend| backend.name).collect();
    let checked: Value = serde_json::from_str(&run(&["--check", "--trace", "--json"])).unwrap();
    assert_eq!(checked.as_array().unwrap().len(), files.len() - 1);
    for image in checked.as_array().unwrap() {
        assert_eq!(image["equal_on"], serde_json::json!(names));
    }
    for name in &names {
        let mut alone: Value =
            serde_json::from_str(&run(&["--trace", "--json", "--backend", name])).unwrap();
        for (alone, checked) in alone
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .zip(checked.as_array().unwrap())
        {
            assert_eq!(alone.get("equal_on"), None);
            alone["equal_on"] = serde_json::json!(names);
            assert_eq!(alone, checked, "{name}");
        }
    }
    let shown = run(&["--check"]);
    let expected = format!(
        "every output byte is equal on {}, on 3 images",
        names.join(", ")
    );
    assert!(shown.contains(&expected), "{shown}");
}

#[test]
fn an_unknown_backend_is_answered_with_those_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let files = blob_and_images(&folder);
    let output = tidbit(&["run", &files[0], &files[1], "--backend", "sse9"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("there are: scalar"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn one_image_is_timed_on_as_many_threads_as_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let files = blob_and_images(&folder);
    let bench = |options: &[&str]| {
        let words = ["bench", &files[0], &files[1], "--rounds", "2"];
        tidbit(&[&words, options].concat())
    };
    let timed = |options: &[&str]| {
        let output = bench(options);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let found: Value = serde_json::from_str(&timed(&["--threads", "2", "--json"])).unwrap();
    assert_eq!(found["one_image"]["threads"], 2);
    assert!(found["one_image"]["wall_ns"]["p50"].as_u64() > Some(0));
    assert!(found["one_image"]["speed_up"].as_f64() > Some(0.0));
    let alone: Value = serde_json::from_str(&timed(&["--json"])).unwrap();
    assert_eq!(alone.get("one_image"), None);
    assert!(timed(&["--threads", "3"]).contains("one image on 3 threads: "));
    for wrong in [["--threads", "0"], ["--threads", "17"]] {
        assert_eq!(bench(&wrong).status.code(), Some(2));
    }
}
