//! Nets that are quantized already, with operators that copy elements or weigh them by gates.

use tidbit_tests::onnx::{Attr, Net};
use tidbit_tests::qdq::Weights;

use super::nets::{Case, SAME, case, signed};

const ON_CHANNELS: (&str, Attr) = ("axis", Attr::Int(1));

/// A pointwise convolution of eight channels, rounded to steps of -2..2.
fn pointwise(net: &mut Net, x: &str, scale: f32) -> String {
    let y = net.given_conv((x, scale), [8, 8, 1, 1], Weights::Channels, &[]);
    net.rounded(&y, signed(-2.0, 2.0))
}

/// Channels 2 to 6.
fn slice(net: &mut Net, x: &str) -> String {
    let (first, end, axis) = (net.ints(&[2]), net.ints(&[7]), net.ints(&[1]));
    net.node("Slice", &[x, &first, &end, &axis], &[])
}

fn doubled(net: &mut Net, x: &str, mode: &'static str) -> String {
    let scales = net.constant(&[4], &[1.0, 1.0, 2.0, 2.0]);
    net.node("Resize", &[x, "", &scales], &[("mode", Attr::Text(mode))])
}

/// One of each form.
pub fn forms() -> Vec<Case> {
    vec![
        case("Concat to other steps", |net, x, scale| {
            let y = net.given_conv((x, scale), [8, 8, 3, 3], Weights::Channels, &[SAME]);
            let y = net.rounded(&y, signed(-1.5, 2.5));
            let both = net.node("Concat", &[x, &y], &[ON_CHANNELS]);
            net.rounded(&both, signed(-1.8, 2.2))
        }),
        case("Concat of equal steps", |net, x, scale| {
            let y = pointwise(net, x, scale);
            let both = net.node("Concat", &[x, &y], &[ON_CHANNELS]);
            net.rounded(&both, signed(-2.0, 2.0))
        }),
        case("Concat of equal steps, not rounded", |net, x, scale| {
            let y = pointwise(net, x, scale);
            let both = net.node("Concat", &[x, &y], &[ON_CHANNELS]);
            let dims = [4, 16, 1, 1];
            let z = net.given_conv((&both, scale), dims, Weights::Channels, &[]);
            net.rounded(&z, signed(-2.0, 2.0))
        }),
        case("Slice", |net, x, _| {
            let y = slice(net, x);
            net.rounded(&y, signed(-2.0, 2.0))
        }),
        case("Slice to other steps", |net, x, _| {
            let y = slice(net, x);
            net.rounded(&y, signed(-1.0, 1.7))
        }),
        case("Slice before the rounding", |net, x, scale| {
            let y = net.given_conv((x, scale), [8, 8, 1, 1], Weights::Channels, &[]);
            let y = slice(net, &y);
            net.rounded(&y, signed(-1.0, 1.7))
        }),
        case("a channel shuffle, every step rounded", |net, x, _| {
            let parted = net.ints(&[1, 2, 4, 12, 10]);
            let whole = net.ints(&[1, 8, 12, 10]);
            let perm = ("perm", Attr::Ints(vec![0, 2, 1, 3, 4]));
            let y = net.node("Reshape", &[x, &parted], &[]);
            let y = net.rounded(&y, signed(-2.0, 2.0));
            let y = net.node("Transpose", &[&y], &[perm]);
            let y = net.rounded(&y, signed(-2.0, 2.0));
            let y = net.node("Reshape", &[&y, &whole], &[]);
            net.rounded(&y, signed(-2.0, 2.0))
        }),
        case("Resize, nearest", |net, x, _| {
            let y = doubled(net, x, "nearest");
            net.rounded(&y, signed(-2.0, 2.0))
        }),
        case("Resize, linear", |net, x, _| {
            let y = doubled(net, x, "linear");
            net.rounded(&y, signed(-2.0, 2.0))
        }),
        case("squeeze-excite", |net, x, scale| {
            let mean = net.node("GlobalAveragePool", &[x], &[]);
            let mean = net.rounded(&mean, signed(-2.0, 2.0));
            let gates = pointwise(net, &mean, scale);
            let gates = net.node("HardSigmoid", &[&gates], &[]);
            let gates = net.rounded(&gates, signed(0.0, 1.0));
            let y = net.node("Mul", &[x, &gates], &[]);
            net.rounded(&y, signed(-1.5, 1.5))
        }),
    ]
}
