//! Random nets that are quantized already, and one whose numbers are known.

use tidbit_tests::measure::normalization;
use tidbit_tests::onnx::{Attr, DataType, Net};
use tidbit_tests::qdq::Weights;

use super::nets::{Case, GRID, HALVES, SAME, group, pixels, signed, steps};

/// A net of a few layers: what each is, is drawn.
pub fn net(seed: u32) -> Case {
    let mut net = Net::new([1, 3, 14, 14]);
    let drawn: Vec<f32> = (0..seed * 31 + 16).map(|_| net.random()).collect();
    let mut drawn = drawn.into_iter().rev();
    let mut heads = move || drawn.next().is_some_and(|value| value > 0.0);
    let (normalization, image) = match heads() {
        true => (pixels(), GRID),
        false => (normalization(), HALVES),
    };
    let kind = if heads() {
        DataType::Int8
    } else {
        DataType::Uint8
    };
    let form = match (heads(), heads()) {
        (true, _) => Weights::Channels,
        (false, true) => Weights::Tensor,
        (false, false) => Weights::Unsigned,
    };
    let wide = steps(-2.5, 2.5, kind);
    let rectified = steps(0.0, 2.2, kind);
    let x = net.rounded("image", image);
    let x = net.given_conv((&x, image.scale), [8, 3, 3, 3], form, &[SAME]);
    let x = match heads() {
        true => net.node("Relu", &[&x], &[]),
        false => x,
    };
    let first = net.rounded(&x, rectified);
    let x = net.given_conv(
        (&first, rectified.scale),
        [8, 1, 3, 3],
        form,
        &[group(8), SAME],
    );
    let x = net.rounded(&x, rectified);
    let x = net.given_conv((&x, rectified.scale), [8, 8, 1, 1], form, &[]);
    let x = net.rounded(&x, wide);
    let sum = net.node("Add", &[&first, &x], &[]);
    let sum = net.rounded(&sum, wide);
    let pool = if heads() { "MaxPool" } else { "AveragePool" };
    let window = ("kernel_shape", Attr::Ints(vec![2, 2]));
    let stride = ("strides", Attr::Ints(vec![2, 2]));
    let x = net.node(pool, &[&sum], &[window, stride]);
    let x = net.rounded(&x, wide);
    if heads() {
        return Case {
            name: format!("random net {seed}, up to its pool"),
            model: net.finish(&x),
            normalization,
        };
    }
    let (x, inputs) = match heads() {
        true => {
            let x = net.node("GlobalAveragePool", &[&x], &[]);
            (net.rounded(&x, wide), 8)
        }
        false => (x, 8 * 49),
    };
    let x = net.node("Flatten", &[&x], &[]);
    let size = 1.7 / (inputs as f32).sqrt();
    let (weights, scales) = net.given_weights(&[10, inputs], 0, size, form);
    let bias = net.given_bias(wide.scale, &scales, 0.3);
    let x = net.node("Gemm", &[&x, &weights, &bias], &[("transB", Attr::Int(1))]);
    let x = net.rounded(&x, steps(-4.0, 4.0, kind));
    Case {
        name: format!("random net {seed}"),
        model: net.finish(&x),
        normalization,
    }
}

/// One pointwise convolution of pixels, with its weights and biases in integers.
pub fn known() -> (Vec<u8>, Vec<i8>, Vec<i32>) {
    let weights: Vec<i8> = vec![1, -128, 127, 0, 3, -5];
    let biases = vec![12_345, -123_456];
    let mut net = Net::new([1, 3, 4, 4]);
    let x = net.rounded("image", GRID);
    let values: Vec<i32> = weights.iter().map(|&weight| i32::from(weight)).collect();
    let integers = net.integers(&[2, 3, 1, 1], DataType::Int8, &values);
    let scales = [0.011, 0.000_3];
    let scale = net.constant(&[2], &scales);
    let axis = || ("axis", Attr::Int(0));
    let given = net.node("DequantizeLinear", &[&integers, &scale], &[axis()]);
    let integers = net.integers(&[2], DataType::Int32, &biases);
    let products = scales.map(|scale| scale * GRID.scale);
    let scale = net.constant(&[2], &products);
    let bias = net.node("DequantizeLinear", &[&integers, &scale], &[axis()]);
    let y = net.node("Conv", &[&x, &given, &bias], &[]);
    let y = net.rounded(&y, signed(-4.0, 4.0));
    (net.finish(&y), weights, biases)
}
