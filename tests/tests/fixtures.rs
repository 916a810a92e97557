//! The bundled net in its three forms, and the small nets: from the files, through the quantizer,
//! to answers that agree with f32; and the reference itself against ONNX Runtime.

#[path = "fixtures/families.rs"]
mod families;
#[path = "fixtures/score.rs"]
mod score;

use tidbit::{Model, Session};
use tidbit_quantize::{Error, Network, Normalization, Options, Ptq, Reference};
use tidbit_tests::bundled::fixtures;
use tidbit_tests::measure::measure;

use score::{Score, score};

#[test]
fn the_bundled_net_keeps_its_accuracy_in_every_form() {
    for file in [
        "fashion_mobilenet_v2.onnx",
        "fashion_mobilenet_v2_tf.onnx",
        "fashion_mobilenet_v2_f16.onnx",
    ] {
        let Score {
            f32_right,
            blob_right,
            agreeing,
            sqnr,
        } = score(file, Ptq::FAST);
        // tests/fixtures/README.md: 277 of 300, measured with ONNX Runtime.
        assert_eq!(f32_right, 277, "{file}");
        assert!(blob_right + 3 >= f32_right, "{file}: {blob_right} of 300");
        assert!(agreeing >= 294, "{file}: {agreeing} of 300 agree");
        assert!(sqnr > 25.0, "{file}: {sqnr:.1} dB");
    }
}

#[test]
fn passes_better_the_bundled_net_on_images_that_they_have_not_seen() {
    let file = "fashion_mobilenet_v2.onnx";
    let fast = score(file, Ptq::FAST);
    let default = score(file, Ptq::default());
    let (before, after) = (fast.sqnr, default.sqnr);
    assert!(after > before + 1.0, "{after:.2} dB after {before:.2} dB");
    assert!(default.agreeing >= fast.agreeing, "{}", default.agreeing);
}

#[test]
fn the_reference_is_that_of_onnx_runtime() {
    let text = std::fs::read_to_string(fixtures().join("small/expected.json")).expect("a file");
    let expected: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let normalization = Normalization {
        mean: vec![50.0],
        std: vec![50.0],
        bgr: false,
    };
    for name in ["ops_mix", "flatten_gemm", "nhwc_flatten", "shape_chain"] {
        let reference = Reference::load(
            &fixtures().join(format!("small/{name}.onnx")),
            &normalization,
        );
        let reference = reference.expect("the small nets are understood");
        let shape = reference.input_shape();
        let (height, width, channels) = (
            usize::from(shape.height),
            usize::from(shape.width),
            usize::from(shape.channels),
        );
        // Element i, in the file's own order, is ((37 i) mod 101) / 50 - 1; pixels are HWC.
        let nhwc = name == "nhwc_flatten";
        let image: Vec<u8> = (0..shape.bytes())
            .map(|place| {
                let (pixel, channel) = (place / channels, place % channels);
                let element = if nhwc {
                    place
                } else {
                    channel * height * width + pixel
                };
                (37 * element % 101) as u8
            })
            .collect();
        let found = reference.run(&image).expect("tract runs");
        let truth = expected[name]["output"].as_array().expect("a list");
        assert_eq!(found.len(), truth.len());
        for (found, truth) in found.iter().zip(truth) {
            let truth = truth.as_f64().expect("a number") as f32;
            assert!(
                (found - truth).abs() < 1e-4 * truth.abs().max(1.0),
                "{name}: {found} {truth}"
            );
        }
    }
}

#[test]
fn the_small_nets_are_quantized_well() {
    for name in ["ops_mix", "flatten_gemm", "nhwc_flatten", "shape_chain"] {
        let path = fixtures().join(format!("small/{name}.onnx"));
        let found =
            measure(&path, &tidbit_tests::measure::normalization()).expect("it is quantized");
        assert!(found.sqnr_db > 28.0, "{name}: {:.1} dB", found.sqnr_db);
    }
}

#[test]
fn an_unsupported_node_is_named() {
    let error = Network::load(&fixtures().join("small/unsupported_op.onnx")).err();
    let Some(Error::Unsupported {
        node, op, shapes, ..
    }) = error
    else {
        panic!("expected an unsupported node, got {error:?}");
    };
    assert_eq!((node.as_str(), op.as_str()), ("head/bad_node", "Einsum"));
    assert!(shapes.contains("[1, 8, 4, 4]"), "{shapes}");
}

#[test]
fn blue_first_is_the_same_net_on_swapped_pixels() {
    let path = fixtures().join("small/flatten_gemm.onnx");
    let shape = Network::load(&path)
        .expect("it is understood")
        .input_shape();
    let rgb = tidbit_tests::measure::images(shape, 40, 5);
    let swap = |image: &Vec<u8>| {
        image
            .chunks_exact(3)
            .flat_map(|p| [p[2], p[1], p[0]])
            .collect::<Vec<u8>>()
    };
    let bgr: Vec<_> = rgb.iter().map(swap).collect();
    let blob = |images: &[Vec<u8>], bgr: bool| {
        let normalization = Normalization {
            mean: vec![100.0, 110.0, 120.0],
            std: vec![50.0, 60.0, 70.0],
            bgr,
        };
        let options = Options {
            normalization,
            labels: vec![],
            ranges: Some(tidbit_quantize::RangeMethod::MinMax),
            ram: tidbit_quantize::Ram::Auto,
            ptq: tidbit_quantize::Ptq::FAST,
        };
        let net = Network::load(&path).expect("it is understood");
        net.quantize(images, &options, &())
            .expect("it is quantized")
            .blob
    };
    let (plain, swapped) = (blob(&rgb, false), blob(&bgr, true));
    let run = |blob: &[u8], image: &[u8]| {
        let model = Model::new(blob).expect("the blob validates");
        let mut memory = vec![0; model.memory_bytes()];
        let mut session = Session::new(&model, &mut memory).expect("the memory suffices");
        session.run(image).expect("the blob runs").output().to_vec()
    };
    for (rgb, bgr) in rgb.iter().zip(&bgr) {
        assert_eq!(run(&plain, rgb), run(&swapped, bgr));
    }
}
