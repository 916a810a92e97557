//! What stock architectures take: arena and scratch with rows fed by a camera, no row made twice.
//!
//! Weights are random; a plan depends on shapes alone. The limits are those that tidbit was built
//! for; the plans are better, and the table of README has their figures. Every net's answer and
//! every tensor is compared with the plan layer by layer.

use tidbit::Model;
use tidbit_cli::recomputed::rows_made;
use tidbit_quantize::{Network, Options, Ram, RangeMethod};
use tidbit_tests::architectures::{efficientnet_lite0, mobilenet_v1, mobilenet_v2, resnet8};
use tidbit_tests::measure::{images, normalization, on_disk};
use tidbit_tests::trace::trace;

/// Quantizes a net for the least memory and layer by layer, checks both against each other, and
/// the memory against `limit` bytes.
fn check(name: &str, onnx: &[u8], limit: usize) {
    let file = on_disk(onnx);
    let net = Network::load(file.path()).expect("the net is understood");
    let images = images(net.input_shape(), 1, 3);
    let blob = |ram| {
        let options = Options {
            normalization: normalization(),
            labels: vec![],
            ranges: Some(RangeMethod::MinMax),
            ram,
            ptq: tidbit_quantize::Ptq::FAST,
        };
        let quantized = net.quantize(&images, &options, &());
        quantized.expect("the net is quantized").blob
    };
    let (lean, whole) = (blob(Ram::Auto), blob(Ram::Layerwise));
    let [lean, whole] = [&lean, &whole].map(|blob| Model::new(blob).expect("it validates"));
    let taken = lean.memory_bytes();
    println!(
        "{name}: {taken} bytes; layer by layer {}",
        whole.memory_bytes()
    );
    assert!(taken <= limit, "{name} takes {taken} bytes");
    assert!(rows_made(&lean).iter().all(|rows| rows.made == rows.height));
    assert_eq!(trace(&lean, &images[0], 0x5a), trace(&whole, &images[0], 0));
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
