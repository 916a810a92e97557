//! `tidbit verify` from the command line, on the bundled net: what it prints, and when it fails.

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use common::{NET, blob, json, text, tidbit};

/// Verifies the blob over the labelled images, against `net`.
fn verify(net: &str, options: &[&str]) -> Output {
    let blob = blob();
    let head = ["verify", blob.to_str().unwrap(), "--reference", net];
    tidbit(&[&head[..], &["--images", "test"], options].concat())
}

#[test]
fn every_share_has_its_interval_and_top_1_is_compared_image_by_image() {
    let output = verify(NET, &["--json"]);
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    let found = json(&output);
    assert_eq!(found["images"], 300);
    for share in ["reference_top1", "blob_top1", "agreement"] {
        let value = found[share].as_f64().unwrap();
        let limit = |at: usize| found[format!("{share}_interval")][at].as_f64().unwrap();
        assert!(limit(0) < value && value < limit(1), "{share}: {found}");
        assert!(
            (0.01..0.1).contains(&(limit(1) - limit(0))),
            "{share}: {found}"
        );
    }
    let paired = &found["paired"];
    let images = |key: &str| paired[key].as_f64().unwrap();
    let right = |key: &str| found[key].as_f64().unwrap() * 300.0;
    let drop = right("reference_top1") - right("blob_top1");
    let differing = images("only_reference_right") - images("only_blob_right");
    assert!((drop - differing).abs() < 1e-9, "{found}");
    assert!((images("drop_pp") - drop / 3.0).abs() < 1e-9, "{found}");
    assert!(found.get("layers").is_none());
}

#[test]
fn layers_are_those_that_inspect_shows() {
    let found = json(&verify(NET, &["--layers", "--limit", "8", "--json"]));
    let layers = found["layers"].as_array().unwrap();
    let blob = blob();
    let inspected = json(&tidbit(&["inspect", blob.to_str().unwrap(), "--json"]));
    let inspected = &inspected["layers"].as_array().unwrap()[1..];
    assert_eq!(layers.len(), inspected.len());
    for (layer, inspected) in layers.iter().zip(inspected) {
        for key in ["index", "name", "operator", "inputs", "output_shape"] {
            assert_eq!(layer[key], inspected[key]);
        }
        // Far from what rows or channels in a wrong order would give, which is 0 dB or less.
        assert!(layer["sqnr_db"].as_f64().unwrap() > 20.0, "{layer}");
    }
    let last = layers.last().unwrap();
    let apart = last["sqnr_db"].as_f64().unwrap() - found["output_sqnr_db"].as_f64().unwrap();
    assert!(apart.abs() < 0.01, "the answer is the last layer: {apart}");
    assert!(found["first_fall"].is_null());
    let lowest = found["lowest"].as_u64().unwrap();
    assert!(layers.iter().any(|layer| layer["index"] == lowest));
}

#[test]
fn people_see_tables_and_sentences() {
    let output = verify(NET, &["--layers", "--limit", "8"]);
    let shown = text(&output.stdout);
    for part in [
        "8 images, 95 % intervals",
        "only the reference is right",
        "McNemar's exact p",
        "within noise",
        "/blocks/0/project/conv/Conv",
        "No operator lets the SQNR fall by more than 6 dB.",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[test]
fn a_missed_gate_says_what_the_images_can_tell() {
    // A drop of -100 points is not to be had, so it is certain; one of less than none is noise.
    for (most, certainty) in [("-99", "more than noise"), ("-0.5", "within noise")] {
        let output = verify(NET, &["--max-drop", most, "--json"]);
        assert_eq!(output.status.code(), Some(1));
        let errors = text(&output.stderr);
        assert!(errors.contains(certainty), "{errors}");
        assert!(serde_json::from_slice::<Value>(&output.stdout).is_ok());
    }
    assert!(
        verify(NET, &["--max-drop", "3", "--min-agreement", "0.95"])
            .status
            .success()
    );
}

#[test]
fn another_file_is_noticed_and_another_net_refused() {
    let other = verify("fashion_mobilenet_v2_f16.onnx", &["--limit", "8"]);
    assert!(other.status.success());
    let notice = text(&other.stderr);
    assert!(
        notice.contains("another file") && notice.contains(NET),
        "{notice}"
    );

    // The same net by another exporter answers the same, but its operators have other names.
    let renamed = "fashion_mobilenet_v2_tf.onnx";
    assert!(verify(renamed, &["--limit", "8"]).status.success());
    let refused = verify(renamed, &["--limit", "8", "--layers"]);
    assert_eq!(refused.status.code(), Some(1));
    let errors = text(&refused.stderr);
    assert!(
        errors.contains("operator 1 is '/stem/conv/Conv' (14x14x16)"),
        "{errors}"
    );
}

#[test]
fn without_labels_there_are_layers_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/test");
    for name in ["00068.png", "02009.png"] {
        fs::copy(fixtures.join(name), folder.path().join(name)).unwrap();
    }
    let blob = blob();
    let images = folder.path().to_str().unwrap();
    let line = [
        "verify",
        blob.to_str().unwrap(),
        "--reference",
        NET,
        "--images",
        images,
    ];
    let found = json(&tidbit(&[&line[..], &["--layers", "--json"]].concat()));
    assert!(found["paired"].is_null() && found["blob_top1_interval"].is_null());
    assert_eq!(found["layers"].as_array().map(Vec::len), Some(30));
}
