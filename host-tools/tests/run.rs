//! `tidbit run` and `tidbit bench` from the command line, on the bundled net: every backend of this machine, and
//! its threads.

mod common;

use std::fs::read_dir;
use std::path::Path;

use tidbit::kernels::backends;

use common::{blob, json, text, tidbit};

/// The bundled net as a blob, and some of its images.
fn blob_and_images() -> Vec<String> {
    let classes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/calibration");
    let entries = |folder: &Path| {
        let entries = read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().path())
    };
    let images = entries(&classes).flat_map(|class| entries(&class).next());
    let files = [blob()].into_iter().chain(images.take(3));
    files.map(|path| path.display().to_string()).collect()
}

#[test]
fn every_backend_of_this_machine_answers_the_same() {
    let files = blob_and_images();
    let run = |options: &[&str]| {
        let files = files.iter().map(String::as_str);
        let words: Vec<&str> = ["run"]
            .into_iter()
            .chain(files)
            .chain(options.iter().copied())
            .collect();
        tidbit(&words)
    };
    let names: Vec<&str> = backends().map(|backend| backend.name).collect();
    let checked = json(&run(&["--check", "--trace", "--json"]));
    assert_eq!(checked.as_array().unwrap().len(), files.len() - 1);
    for image in checked.as_array().unwrap() {
        assert_eq!(image["equal_on"], serde_json::json!(names));
    }
    for name in &names {
        let mut alone = json(&run(&["--trace", "--json", "--backend", name]));
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
    let shown = text(&run(&["--check"]).stdout);
    let expected = format!(
        "every output byte is equal on {}, on 3 images",
        names.join(", ")
    );
    assert!(shown.contains(&expected), "{shown}");
}

#[test]
fn an_unknown_backend_is_answered_with_those_there_are() {
    let files = blob_and_images();
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
    let files = blob_and_images();
    let bench = |options: &[&str]| {
        let words = ["bench", &files[0], &files[1], "--rounds", "2"];
        tidbit(&[&words, options].concat())
    };
    let found = json(&bench(&["--threads", "2", "--json"]));
    assert_eq!(found["one_image"]["threads"], 2);
    assert!(found["one_image"]["wall_ns"]["p50"].as_u64() > Some(0));
    assert!(found["one_image"]["speed_up"].as_f64() > Some(0.0));
    let alone = json(&bench(&["--json"]));
    assert_eq!(alone.get("one_image"), None);
    for (threads, shown) in [
        ("1", "one image on 1 thread: "),
        ("3", "one image on 3 threads: "),
    ] {
        assert!(text(&bench(&["--threads", threads]).stdout).contains(shown));
    }
    for wrong in [["--threads", "0"], ["--threads", "17"]] {
        assert_eq!(bench(&wrong).status.code(), Some(2));
    }
}
