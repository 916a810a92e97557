//! The bundled net as ONNX Runtime quantized it, against ONNX Runtime's own answers.

use tidbit::{Model, Session};
use tidbit_cli::dataset::Dataset;
use tidbit_quantize::{Network, Reference};
use tidbit_tests::bundled::{fixtures, normalization};

use super::{Compared, options};

#[test]
fn the_bundled_net_answers_as_in_onnx_runtime() {
    let path = fixtures().join("fashion_mobilenet_v2_qdq.onnx");
    let normalization = normalization();
    let network = Network::load(&path).expect("it is understood");
    let made = network.quantize(&[], &options(&normalization), &());
    let made = made.expect("it is quantized");
    // 32 tensors are rounded, one of them twice, to the same steps.
    assert_eq!((made.ranges, made.given_scales), (None, 31));
    let reference = Reference::load(&path, &normalization).expect("tract runs it");
    let model = Model::new(&made.blob).expect("the blob validates");
    let mut memory = vec![0; model.memory_bytes()];
    let mut session = Session::new(&model, &mut memory).expect("the memory suffices");
    let output = model.output_tensor(0).expect("an output");
    let (scale, zero_point) = (f32::from_bits(output.scale), i32::from(output.zero_point));
    let text = std::fs::read_to_string(fixtures().join("fashion_mobilenet_v2_qdq.json"));
    let expected: serde_json::Value = serde_json::from_str(&text.expect("a file")).expect("JSON");
    let dataset = Dataset::open(&fixtures().join("test")).expect("the fixtures are readable");
    let (mut blob, mut tract) = (Compared::default(), Compared::default());
    for sample in &dataset.samples {
        let image = image::open(&sample.path)
            .expect("a PNG")
            .to_luma8()
            .into_raw();
        let name = sample
            .path
            .file_name()
            .expect("a file's name")
            .to_string_lossy();
        let row = expected[&*name].as_array().expect("ten numbers");
        let expected: Vec<i32> = row
            .iter()
            .filter_map(|value| value.as_i64()?.try_into().ok())
            .collect();
        let answer = session.run(&image).expect("the blob runs");
        blob.record(&expected, answer.output().iter().map(|&q| i32::from(q)));
        let truth = reference.run(&image).expect("tract runs");
        let steps = truth
            .iter()
            .map(|value| (value / scale).round() as i32 + zero_point);
        tract.record(&expected, steps);
    }
    println!("blob {blob:?}, tract {tract:?}");
    // Measured: 2998 of 3000 within one step, 2688 equal. The five sums, whose factors have 16
    // bits, differ by a step now and then, and 23 convolutions carry that on.
    assert_eq!(blob.elements, 3000);
    assert!(blob.within_share() >= 0.999, "{blob:?}");
    assert!(blob.equal_share() >= 0.88, "{blob:?}");
    // The reference does what the file says: all 3000 are equal.
    assert!(tract.equal_share() >= 0.999, "{tract:?}");
}
