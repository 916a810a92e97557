//! What stock architectures take: arena and scratch with rows fed by a camera, no row made twice.
//!
//! Weights are random; a plan depends on shapes alone. The limits are those that tidbit was built
//! for; the plans are better, and the table of README has their figures. Every net's answer and
//! every tensor is compared with the plan layer by layer.

use tidbit::Model;
use tidbit::blob::OpKind;
use tidbit::schedule::Schedule;
use tidbit_cli::recomputed::rows_made;
use tidbit_quantize::{Network, Options, Ram, RangeMethod};
use tidbit_tests::architectures::{efficientnet_lite0, mobilenet_v1, mobilenet_v2, resnet8};
use tidbit_tests::measure::{images, normalization, on_disk};
use tidbit_tests::trace::trace;

/// A blob of a net with random images as calibration, for a goal, and the first of the images.
fn blob(onnx: &[u8], ram: Ram) -> (Vec<u8>, Vec<u8>) {
    let file = on_disk(onnx);
    let net = Network::load(file.path()).expect("the net is understood");
    let mut images = images(net.input_shape(), 1, 3);
    let options = Options {
        normalization: normalization(),
        labels: vec![],
        ranges: Some(RangeMethod::MinMax),
        ram,
        ptq: tidbit_quantize::Ptq::FAST,
    };
    let quantized = net.quantize(&images, &options, &());
    (
        quantized.expect("the net is quantized").blob,
        images.remove(0),
    )
}

/// Quantizes a net for the least memory and layer by layer, checks both against each other, and
/// the memory against `limit` bytes.
fn check(name: &str, onnx: &[u8], limit: usize) {
    let ((lean, image), (whole, _)) = (blob(onnx, Ram::Auto), blob(onnx, Ram::Layerwise));
    let [lean, whole] = [&lean, &whole].map(|blob| Model::new(blob).expect("it validates"));
    let taken = lean.memory_bytes();
    println!(
        "{name}: {taken} bytes; layer by layer {}",
        whole.memory_bytes()
    );
    assert!(taken <= limit, "{name} takes {taken} bytes");
    assert!(rows_made(&lean).iter().all(|rows| rows.made == rows.height));
    assert_eq!(trace(&lean, &image, 0x5a), trace(&whole, &image, 0));
}

#[test]
fn mobilenet_v2_of_small_width() {
    check(
        "MobileNetV2 0.35, 224",
        &mobilenet_v2(0.35, 224, 1000),
        60_000,
    );
    check(
        "MobileNetV2 0.35, 128",
        &mobilenet_v2(0.35, 128, 1000),
        28_000,
    );
}

#[test]
fn mobilenet_v2_of_full_width() {
    check(
        "MobileNetV2 1.0, 224",
        &mobilenet_v2(1.0, 224, 1000),
        140_000,
    );
}

#[test]
fn efficientnet_lite() {
    check(
        "EfficientNet-Lite0, 224",
        &efficientnet_lite0(224, 1000),
        136_000,
    );
}

#[test]
fn small_nets() {
    check("MobileNetV1 0.25, 96", &mobilenet_v1(0.25, 96, 2), 24_000);
    check("ResNet-8", &resnet8(32), 24_000);
}

#[test]
fn late_depthwise_steps_lie_clear_of_their_input() {
    let (blob, _) = blob(&mobilenet_v1(0.25, 96, 2), Ram::Auto);
    let model = Model::new(&blob).expect("it validates");
    let flow = &model.tables().flow;
    let several = (0..)
        .zip(flow.ops.iter())
        .filter(|(_, op)| op.kind == OpKind::Depthwise.byte() && op.step_rows > 1);
    let clear = several.map(|(index, op)| !flow.shares_memory(index, op.input_a));
    let clear: Vec<bool> = clear.collect();
    let count = clear.iter().filter(|clear| **clear).count();
    assert!(2 * count > clear.len(), "{clear:?}");
}
