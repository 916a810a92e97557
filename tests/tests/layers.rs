//! `verify --layers` names the operator that is broken: operators of a good blob are damaged one at
//! a time, and the first fall has to be at each.

use std::path::Path;

use tidbit::blob::{ConvParams, OpKind};
use tidbit::{ImageShape, Model};
use tidbit_cli::dataset::Dataset;
use tidbit_cli::layer_report::LayerReport;
use tidbit_cli::layer_sqnr;
use tidbit_cli::pixels::Loader;
use tidbit_quantize::{LayerReference, Network, Ptq, Ram, RangeMethod};
use tidbit_tests::bundled::{fixtures, normalization, quantized};
use tidbit_tests::handmade::seal;
use tidbit_tests::measure::on_disk;
use tidbit_tests::onnx::{Attr, Net};
use tidbit_tests::surgery;

/// A few images, and what makes them images of a net's shape.
fn images(shape: ImageShape) -> (Dataset, Loader) {
    let mut dataset = Dataset::open(&fixtures().join("test")).expect("the fixtures are readable");
    dataset.limit(12);
    (
        dataset,
        Loader::new(shape).expect("grey or coloured images"),
    )
}

/// A net as a blob, calibrated on the images on which it is measured.
fn blob(path: &Path) -> Vec<u8> {
    let net = Network::load(path).expect("the bundled nets are understood");
    let (dataset, loader) = images(net.input_shape());
    let samples = dataset.samples.iter();
    let calibration: Vec<Vec<u8>> = samples
        .map(|sample| loader.load(&sample.path).expect("a PNG"))
        .collect();
    let how = (Some(RangeMethod::MinMax), Ram::Auto, Ptq::FAST);
    quantized(path, &calibration, how)
}

fn measured(path: &Path, blob: &[u8]) -> LayerReport {
    let model = Model::new(blob).expect("the blob validates");
    let reference = LayerReference::load(path, &normalization(), &model);
    let reference = reference.expect("the blob is of this net");
    let (dataset, loader) = images(model.input_shape());
    layer_sqnr::measure(&model, &reference, (&dataset, &loader), &()).expect("images are readable")
}

/// Halves the multipliers of a convolution twice: its outputs are a quarter of what they should be.
fn damage(blob: &mut [u8], index: u16) {
    let mut list = 0;
    surgery::params::<ConvParams>(blob, index, |conv| list = conv.multipliers as usize);
    let model = Model::new(blob).expect("the blob validates");
    let tensor = model.tables().flow.tensors.get(index);
    let channels = usize::from(tensor.expect("a tensor").channels);
    for word in blob[list..][..channels * 4].as_chunks_mut::<4>().0 {
        *word = (i32::from_le_bytes(*word) / 4).to_le_bytes();
    }
    seal(blob);
}

#[test]
fn the_operator_that_is_damaged_is_named() {
    let path = fixtures().join("fashion_mobilenet_v2.onnx");
    let blob = blob(&path);
    assert_eq!(measured(&path, &blob).first_fall, None);
    let model = Model::new(&blob).expect("the blob validates");
    let ops = model.tables().flow.ops;
    let convolutions: Vec<u16> = (1..model.tables().header.op_count)
        .filter(|&index| {
            let kind = ops.get(index).and_then(|op| OpKind::from_byte(op.kind));
            matches!(kind, Some(OpKind::Conv | OpKind::Depthwise))
        })
        .collect();
    assert_eq!(convolutions.len(), 24);
    for index in convolutions {
        let mut damaged = blob.clone();
        damage(&mut damaged, index);
        let found = measured(&path, &damaged);
        assert_eq!(found.first_fall, Some(index), "{}", found.grid());
    }
}

#[test]
fn layers_are_in_order_whatever_the_exporter() {
    let files = [
        "fashion_mobilenet_v2.onnx",
        "fashion_mobilenet_v2_tf.onnx",
        "fashion_mobilenet_v2_f16.onnx",
        "small/ops_mix.onnx",
        "small/flatten_gemm.onnx",
        "small/nhwc_flatten.onnx",
        "small/shape_chain.onnx",
    ];
    for file in files {
        let path = fixtures().join(file);
        let found = measured(&path, &blob(&path));
        // An order that is wrong gives about 0 dB.
        for layer in &found.layers {
            assert!(
                layer.sqnr_db.is_some_and(|db| db > 20.0),
                "{file}: {layer:?}"
            );
        }
    }
}

#[test]
fn nodes_that_become_several_operators_are_matched() {
    let mut net = Net::new([1, 1, 12, 12]);
    let parts: Vec<String> = (0..4)
        .map(|_| net.conv("image", [3, 1, 1, 1], &[]))
        .collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let joined = net.node("Concat", &parts, &[("axis", Attr::Int(1))]);
    let slopes = net.weights(&[12, 1, 1], 0.5, 0.0);
    let bent = net.node("PRelu", &[&joined, &slopes], &[]);
    let weights = net.weights(&[12, 5, 2, 2], 0.3, 0.0);
    let strides = ("strides", Attr::Ints(vec![2, 2]));
    let wide = net.node("ConvTranspose", &[&bent, &weights], &[strides]);
    let answer = net.conv(&wide, [4, 5, 1, 1], &[]);
    let file = on_disk(&net.finish(&answer));
    let found = measured(file.path(), &blob(file.path()));
    let known = found.layers.iter().filter_map(|layer| layer.sqnr_db);
    let known: Vec<f64> = known.collect();
    assert!(known.iter().all(|&db| db > 25.0), "{}", found.grid());
    // Two to put four parts together, three of the PRelu, one of the transposed convolution.
    assert_eq!(
        (known.len(), found.layers.len()),
        (8, 14),
        "{}",
        found.grid()
    );
}
