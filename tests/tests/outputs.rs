//! Nets with several answers: each comes out under its name, near to that of the f32 net.

use std::path::Path;

use tidbit::Model;
use tidbit_cli::each_answer::{count, figures};
use tidbit_cli::inference::Inference;
use tidbit_quantize::{Network, Reference};
use tidbit_tests::heads::three_heads;
use tidbit_tests::measure::{images, measure, normalization, on_disk};
use tidbit_tests::onnx::{Attr, Net};

/// Each answer goes through two convolutions.
const LEAST_SQNR_DB: f64 = 30.0;

fn quantized(path: &Path) -> Vec<u8> {
    measure(path, &normalization()).unwrap().blob
}

#[test]
fn every_answer_is_near_to_that_of_f32_under_its_name() {
    let file = on_disk(&three_heads(false));
    let blob = quantized(file.path());
    let model = Model::new(&blob).unwrap();
    let names: Vec<_> = (0..3).filter_map(|at| model.output_name(at)).collect();
    assert_eq!(names, ["MatMul_6", "Identity_3", "Relu_1"]);
    assert_eq!((model.outputs(), model.classes()), (3, 5));
    let reference = Reference::load(file.path(), &normalization()).unwrap();
    let mut memory = vec![0; model.memory_bytes()];
    let mut counted = Vec::new();
    // Among those of the calibration, so that nothing is clipped.
    for image in images(model.input_shape(), 16, 77) {
        let truth = reference.run_all(&image).unwrap();
        assert_eq!(truth[0], reference.run(&image).unwrap());
        let found = Inference::run(&model, &mut memory, &image, false).unwrap();
        assert_eq!(found.ranking(9).len(), 5);
        counted.push(count(&model, &truth, &found));
    }
    for (at, answer) in figures(&model, &counted).iter().enumerate() {
        let sqnr = answer.sqnr_db.expect("int8 is not exact");
        assert!(sqnr > LEAST_SQNR_DB, "{answer:?}");
        assert_eq!(answer.pixel_agreement.is_some(), at > 0, "{answer:?}");
        assert!(answer.pixel_agreement.is_none_or(|share| share > 0.9));
    }
}

#[test]
fn a_net_whose_first_answer_is_a_map_ranks_no_classes() {
    let file = on_disk(&three_heads(true));
    let blob = quantized(file.path());
    let model = Model::new(&blob).unwrap();
    assert_eq!(model.classes(), 0);
    assert_eq!(
        (model.output_len(), model.outputs_len()),
        (72, 72 + 5 + 216)
    );
    let mut memory = vec![0; model.memory_bytes()];
    let image = images(model.input_shape(), 1, 9).remove(0);
    let found = Inference::run(&model, &mut memory, &image, false).unwrap();
    let shown = found.shown(&model, "image".into(), 5);
    assert!(shown.top.is_empty());
    let shapes: Vec<_> = shown.outputs.iter().map(|answer| answer.shape).collect();
    assert_eq!(shapes, [[6, 6, 2], [1, 1, 5], [6, 6, 6]]);
}

#[test]
fn an_output_that_does_not_depend_on_the_image_is_refused() {
    let mut net = Net::new([1, 3, 8, 8]);
    let x = net.conv("image", [6, 3, 3, 3], &[]);
    let constant = net.constant(&[1], &[1.0]);
    let file = on_disk(&net.finish_with(&[&x, &constant]));
    let error = Network::load(file.path()).err().unwrap().to_string();
    assert!(error.contains(&constant), "{error}");
    assert!(error.contains("the same for every image"), "{error}");
}

/// Two boxes of four numbers for each pixel, in the orders of SSD and of YOLO.
#[test]
fn boxes_may_come_in_any_order() {
    let mut net = Net::new([1, 3, 8, 6]);
    let x = net.conv("image", [8, 3, 1, 1], &[]);
    let perm = ("perm", Attr::Ints(vec![0, 2, 3, 1]));
    let boxes = net.ints(&[1, -1, 4]);
    let ssd = net.node("Transpose", &[&x], &[perm]);
    let ssd = net.node("Reshape", &[&ssd, &boxes], &[]);
    let anchors = net.ints(&[1, 2, 4, 8, 6]);
    let perm = ("perm", Attr::Ints(vec![0, 1, 3, 4, 2]));
    let yolo = net.node("Reshape", &[&x, &anchors], &[]);
    let yolo = net.node("Transpose", &[&yolo], &[perm]);
    let model = net.finish_with(&[&ssd, &yolo]);
    let file = on_disk(&model);
    let found = measure(file.path(), &normalization()).unwrap();
    assert!(found.sqnr_db > LEAST_SQNR_DB, "{}", found.sqnr_db);
    let network = Network::load(file.path()).unwrap();
    let calibration = images(network.input_shape(), 32, 3);
    let options = tidbit_quantize::Options {
        normalization: normalization(),
        labels: vec![],
        ranges: Some(tidbit_quantize::RangeMethod::MinMax),
        ram: tidbit_quantize::Ram::Auto,
        ptq: tidbit_quantize::Ptq::FAST,
    };
    let made = network.quantize(&calibration, &options, &()).unwrap();
    let told = made.notices.iter().filter(|text| text.contains("8x6x8"));
    assert_eq!(told.count(), 2, "{:?}", made.notices);
    // Both are the same tensor.
    let reference = Reference::load(file.path(), &normalization()).unwrap();
    let image = images(reference.input_shape(), 1, 3).remove(0);
    let answers = reference.run_all(&image).unwrap();
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn a_net_that_ends_in_a_class_number_still_ranks_its_classes() {
    let mut net = Net::new([1, 3, 8, 8]);
    let x = net.conv("image", [6, 3, 3, 3], &[]);
    let x = net.node("GlobalMaxPool", &[&x], &[]);
    let number = net.node("ArgMax", &[&x], &[("axis", Attr::Int(1))]);
    let file = on_disk(&net.finish(&number));
    assert_eq!(Network::load(file.path()).unwrap().classes(), 6);
    let blob = quantized(file.path());
    let model = Model::new(&blob).unwrap();
    assert_eq!((model.output_len(), model.classes()), (1, 6));
    let mut memory = vec![0; model.memory_bytes()];
    for image in images(model.input_shape(), 8, 77) {
        let found = Inference::run(&model, &mut memory, &image, false).unwrap();
        let number = i32::from(found.output()[0]) + 128;
        assert_eq!(found.ranking(1), [number as usize]);
    }
}
