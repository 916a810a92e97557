//! Large dense layers, as VGG has them: they read their input where it lies.

use tidbit::Model;
use tidbit_tests::measure::{measure, normalization, on_disk};
use tidbit_tests::onnx::{Attr, Net};

#[test]
fn a_dense_layer_over_a_whole_image_takes_no_scratch() {
    let mut net = Net::new([1, 3, 20, 18]);
    let pads = ("pads", Attr::Ints(vec![1, 1, 1, 1]));
    let x = net.conv("image", [4, 3, 3, 3], &[pads]);
    let x = net.node("Relu", &[&x], &[]);
    let x = net.node("Flatten", &[&x], &[]);
    let weights = net.weights(&[10, 20 * 18 * 4], 0.05, 0.0);
    let transposed = ("transB", Attr::Int(1));
    let x = net.node("Gemm", &[&x, &weights], &[transposed]);
    let file = on_disk(&net.finish(&x));
    let measured = measure(file.path(), &normalization()).unwrap();
    assert!(measured.sqnr_db > 32.0, "{} dB", measured.sqnr_db);
    let model = Model::new(&measured.blob).unwrap();
    // Four patches of the 3 x 3 convolution, and not the 1440 elements that the dense layer reads.
    assert_eq!(model.scratch_bytes(), 4 * 2 * 28 + 4);
}
