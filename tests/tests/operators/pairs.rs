//! Sums, differences and products of two activations: of the same shape, and of gates that spread
//! over an image, in the ways in which exporters write them.

use tidbit_tests::onnx::{Attr, Net};

use crate::{Case, IMAGE, WEIGHTED, case};

fn transpose(net: &mut Net, x: &str, perm: [i64; 4]) -> String {
    net.node("Transpose", &[x], &[("perm", Attr::Ints(perm.to_vec()))])
}

/// An image of eight channels.
fn image(net: &mut Net) -> String {
    net.conv("image", [8, 3, 3, 3], &[])
}

/// Squeeze and excitation as PyTorch writes it.
fn torch_gates(net: &mut Net, x: &str) -> String {
    let pooled = net.node("GlobalAveragePool", &[x], &[]);
    let narrow = net.conv(&pooled, [4, 8, 1, 1], &[]);
    let narrow = net.node("Relu", &[&narrow], &[]);
    let wide = net.conv(&narrow, [8, 4, 1, 1], &[]);
    net.node("HardSigmoid", &[&wide], &[])
}

pub fn cases() -> Vec<Case> {
    vec![
        case("Mul by gates of channels", WEIGHTED, IMAGE, |net| {
            let x = image(net);
            let gates = torch_gates(net, &x);
            net.node("Mul", &[&x, &gates], &[])
        }),
        case(
            "Mul by gates that stand first, and Relu",
            WEIGHTED,
            IMAGE,
            |net| {
                let x = image(net);
                let gates = torch_gates(net, &x);
                let y = net.node("Mul", &[&gates, &x], &[]);
                net.node("Relu", &[&y], &[])
            },
        ),
        case(
            "NHWC: gates by ReduceMean, Reshape and MatMul",
            WEIGHTED,
            IMAGE,
            |net| {
                let x = image(net);
                let axes = ("axes", Attr::Ints(vec![2, 3]));
                let means = net.node("ReduceMean", &[&x], &[axes, ("keepdims", Attr::Int(0))]);
                let weights = net.weights(&[8, 8], 0.6, 0.0);
                let wide = net.node("MatMul", &[&means, &weights], &[]);
                let gates = net.node("Sigmoid", &[&wide], &[]);
                let shape = net.ints(&[-1, 1, 1, 8]);
                let gates = net.node("Reshape", &[&gates, &shape], &[]);
                let x = transpose(net, &x, [0, 2, 3, 1]);
                let y = net.node("Mul", &[&x, &gates], &[]);
                transpose(net, &y, [0, 3, 1, 2])
            },
        ),
        case(
            "gates with a hard-sigmoid written out",
            WEIGHTED,
            IMAGE,
            |net| {
                let x = image(net);
                let axes = ("axes", Attr::Ints(vec![2, 3]));
                let means = net.node("ReduceMean", &[&x], &[axes, ("keepdims", Attr::Int(1))]);
                let wide = net.conv(&means, [8, 8, 1, 1], &[]);
                let [three, six, zero] = [3.0, 6.0, 0.0].map(|value| net.constant(&[1], &[value]));
                let [lo, hi] = [0.0, 6.0].map(|value| net.constant(&[], &[value]));
                let sum = net.node("Add", &[&wide, &three], &[]);
                let sum = net.node("Add", &[&sum, &zero], &[]);
                let clipped = net.node("Clip", &[&sum, &lo, &hi], &[]);
                let gates = net.node("Div", &[&clipped, &six], &[]);
                net.node("Mul", &[&x, &gates], &[])
            },
        ),
        case("Mul by gates of pixels", WEIGHTED, IMAGE, |net| {
            let x = image(net);
            let gates = net.conv(&x, [1, 8, 1, 1], &[]);
            let gates = net.node("Sigmoid", &[&gates], &[]);
            net.node("Mul", &[&x, &gates], &[])
        }),
        case("Mul of two branches", WEIGHTED, IMAGE, |net| {
            let (x, y) = (image(net), image(net));
            net.node("Mul", &[&x, &y], &[])
        }),
        case(
            "Add of one number for each channel",
            WEIGHTED,
            IMAGE,
            |net| {
                let x = image(net);
                let means = net.node("GlobalAveragePool", &[&x], &[]);
                let shift = net.conv(&means, [8, 8, 1, 1], &[]);
                net.node("Add", &[&shift, &x], &[])
            },
        ),
        case("Sub of two branches", WEIGHTED, IMAGE, |net| {
            let (x, y) = (image(net), image(net));
            net.node("Sub", &[&x, &y], &[])
        }),
        case("Sub of the mean", WEIGHTED, IMAGE, |net| {
            let x = image(net);
            let means = net.node("GlobalAveragePool", &[&x], &[]);
            net.node("Sub", &[&x, &means], &[])
        }),
        case("sum of a tensor and its function", WEIGHTED, IMAGE, |net| {
            let x = image(net);
            let y = net.node("Tanh", &[&x], &[]);
            let sum = net.node("Add", &[&x, &y], &[]);
            let shifted = net.node("Sigmoid", &[&sum], &[]);
            net.node("Sub", &[&sum, &shifted], &[])
        }),
    ]
}
