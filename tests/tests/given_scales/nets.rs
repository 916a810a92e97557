//! Small nets that are quantized already, one of each form.

use tidbit_quantize::Normalization;
use tidbit_tests::measure::normalization;
use tidbit_tests::onnx::{Attr, DataType, Net};
use tidbit_tests::qdq::{Steps, Weights};

/// A net, and what it is fed.
pub struct Case {
    pub name: String,
    pub model: Vec<u8>,
    pub normalization: Normalization,
}

/// Pixels to 0..1.
pub fn pixels() -> Normalization {
    Normalization {
        mean: vec![0.0],
        std: vec![255.0],
        bgr: false,
    }
}

/// torchvision's, blue first.
fn by_channel() -> Normalization {
    Normalization {
        mean: vec![123.675, 116.28, 103.53],
        std: vec![58.395, 57.12, 57.375],
        bgr: true,
    }
}

/// The pixels themselves, of what [`pixels`] feeds.
pub const GRID: Steps = Steps {
    scale: 1.0 / 255.0,
    zero_point: -128,
    kind: DataType::Int8,
};
/// Pixels to -1..1 lie halfway between these.
pub const HALVES: Steps = Steps {
    scale: 1.0 / 127.5,
    zero_point: 0,
    kind: DataType::Int8,
};

/// The steps of a range in signed or unsigned bytes.
pub fn steps(lo: f32, hi: f32, kind: DataType) -> Steps {
    let scale = (hi - lo) / 255.0;
    let least = if kind == DataType::Uint8 { 0 } else { -128 };
    Steps {
        scale,
        zero_point: least + (-lo / scale).round() as i32,
        kind,
    }
}

pub fn signed(lo: f32, hi: f32) -> Steps {
    steps(lo, hi, DataType::Int8)
}

pub const SAME: (&str, Attr) = ("auto_pad", Attr::Text("SAME_UPPER"));

pub fn group(groups: i64) -> (&'static str, Attr) {
    ("group", Attr::Int(groups))
}

/// A net on pixels in 0..1, behind a convolution to eight channels in steps of -2..2.
pub fn case(name: &str, build: impl FnOnce(&mut Net, &str, f32) -> String) -> Case {
    let between = signed(-2.0, 2.0);
    from_image(name, pixels(), GRID, |net, image| {
        let dims = [8, 3, 3, 3];
        let x = net.given_conv((image, GRID.scale), dims, Weights::Channels, &[SAME]);
        let x = net.rounded(&x, between);
        build(net, &x, between.scale)
    })
}

fn from_image(
    name: &str,
    normalization: Normalization,
    image: Steps,
    build: impl FnOnce(&mut Net, &str) -> String,
) -> Case {
    let mut net = Net::new([1, 3, 12, 10]);
    let x = net.rounded("image", image);
    let output = build(&mut net, &x);
    Case {
        name: name.into(),
        model: net.finish(&output),
        normalization,
    }
}

/// One of each form that a file may have.
pub fn forms() -> Vec<Case> {
    [images(), convolutions(), activations(), joins()]
        .into_iter()
        .flatten()
        .collect()
}

/// Images whose steps are the pixels, lie between them, or differ by channel.
fn images() -> Vec<Case> {
    let conv = |steps: Steps| {
        move |net: &mut Net, image: &str| {
            let dims = [6, 3, 3, 3];
            let x = net.given_conv((image, steps.scale), dims, Weights::Channels, &[SAME]);
            net.rounded(&x, signed(-2.0, 2.0))
        }
    };
    let unsigned = Steps {
        zero_point: 0,
        kind: DataType::Uint8,
        ..GRID
    };
    let blue_first = Normalization {
        bgr: true,
        ..normalization()
    };
    let torch = signed(-2.2, 2.7);
    let average = |net: &mut Net, image: &str| {
        let x = net.node("GlobalAveragePool", &[image], &[]);
        net.rounded(&x, HALVES)
    };
    vec![
        from_image("pixels, i8", pixels(), GRID, conv(GRID)),
        from_image("pixels, u8", pixels(), unsigned, conv(unsigned)),
        from_image("between pixels", normalization(), HALVES, conv(HALVES)),
        from_image(
            "between pixels, BGR",
            blue_first.clone(),
            HALVES,
            conv(HALVES),
        ),
        from_image("BGR into a pool", blue_first, HALVES, average),
        from_image("by channel, BGR", by_channel(), torch, conv(torch)),
    ]
}

fn convolutions() -> Vec<Case> {
    let strided = [("strides", Attr::Ints(vec![2, 2])), SAME];
    let conv = |form, dims, attributes: Vec<(&'static str, Attr)>| {
        move |net: &mut Net, x: &str, scale: f32| {
            let y = net.given_conv((x, scale), dims, form, &attributes);
            net.rounded(&y, signed(-3.0, 2.5))
        }
    };
    let depthwise = vec![group(8), SAME];
    vec![
        case(
            "a scale for each channel",
            conv(Weights::Channels, [12, 8, 3, 3], strided.into()),
        ),
        case("one scale", conv(Weights::Tensor, [12, 8, 1, 1], vec![])),
        case(
            "u8 weights",
            conv(Weights::Unsigned, [12, 8, 3, 3], vec![SAME]),
        ),
        case(
            "depthwise",
            conv(Weights::Channels, [8, 1, 3, 3], depthwise.clone()),
        ),
        case(
            "depthwise, u8 weights",
            conv(Weights::Unsigned, [16, 1, 3, 3], depthwise),
        ),
        case("weights transposed", |net, x, scale| {
            // As from Keras: rows, columns, inputs, outputs.
            let (weights, scales) = net.given_weights(&[3, 3, 8, 6], 3, 0.2, Weights::Channels);
            let perm = ("perm", Attr::Ints(vec![3, 2, 0, 1]));
            let weights = net.node("Transpose", &[&weights], &[perm]);
            let bias = net.given_bias(scale, &scales, 0.3);
            let y = net.node("Conv", &[x, &weights, &bias], &[SAME]);
            net.rounded(&y, signed(-3.0, 2.5))
        }),
        case("f32 weights that the file rounds", |net, x, _| {
            // As from PyTorch's quantization-aware training; its bias stays f32.
            let weights = net.weights(&[6, 8, 3, 3], 0.2, 0.0);
            let scale = net.constant(&[6], &[0.2 / 127.0; 6]);
            let zeros = net.integers(&[6], DataType::Int8, &[0; 6]);
            let axis = || [("axis", Attr::Int(0))];
            let inputs = [&*weights, &scale, &zeros];
            let integers = net.node("QuantizeLinear", &inputs, &axis());
            let inputs = [&*integers, &scale, &zeros];
            let weights = net.node("DequantizeLinear", &inputs, &axis());
            let bias = net.weights(&[6], 0.3, 0.0);
            let y = net.node("Conv", &[x, &weights, &bias], &[SAME]);
            net.rounded(&y, signed(-3.0, 2.5))
        }),
        case("weights of nearly nothing", |net, x, scale| {
            // A bias near 2^31 steps: what a quantizer makes of a dead channel.
            let (weights, _) = net.given_weights(&[4, 8, 1, 1], 0, 2e-8, Weights::Tensor);
            let step = 2e-8 / 127.0 * scale;
            let values: Vec<f32> = vec![1.3, -0.9, 0.001, 0.37];
            let counts: Vec<i32> = values.iter().map(|value| (value / step) as i32).collect();
            let integers = net.integers(&[4], DataType::Int32, &counts);
            let step = net.constant(&[], &[step]);
            let bias = net.node("DequantizeLinear", &[&integers, &step], &[]);
            let y = net.node("Conv", &[x, &weights, &bias], &[]);
            net.rounded(&y, signed(-2.0, 2.0))
        }),
        case("transposed, strided", |net, x, scale| {
            transposed_conv(net, x, scale, (8, 5, 1))
        }),
        case("transposed, in groups", |net, x, scale| {
            transposed_conv(net, x, scale, (8, 3, 2))
        }),
        case("dense", |net, x, scale| {
            let x = net.node("Flatten", &[x], &[]);
            let (weights, scales) = net.given_weights(&[10, 960], 0, 0.1, Weights::Channels);
            let bias = net.given_bias(scale, &scales, 0.3);
            let y = net.node("Gemm", &[&x, &weights, &bias], &[("transB", Attr::Int(1))]);
            net.rounded(&y, signed(-3.0, 3.0))
        }),
    ]
}

/// A transposed convolution of stride 2 of so many inputs, outputs of a group, and groups.
pub fn transposed_conv(
    net: &mut Net,
    x: &str,
    scale: f32,
    (inputs, outputs, groups): (i64, i64, i64),
) -> String {
    let form = Weights::Channels;
    let (weights, scales) = net.given_weights(&[inputs, outputs, 3, 3], 1, 0.3, form);
    let bias = net.given_bias(scale, &scales.repeat(groups as usize), 0.3);
    let strides = ("strides", Attr::Ints(vec![2, 2]));
    let attributes = [strides, group(groups)];
    let y = net.node("ConvTranspose", &[x, &weights, &bias], &attributes);
    net.rounded(&y, signed(-3.0, 2.5))
}

fn activations() -> Vec<Case> {
    let pointwise = |net: &mut Net, x: &str, scale: f32| {
        net.given_conv((x, scale), [8, 8, 1, 1], Weights::Channels, &[])
    };
    vec![
        case("a Relu before the rounding", move |net, x, scale| {
            let y = pointwise(net, x, scale);
            let y = net.node("Relu", &[&y], &[]);
            net.rounded(&y, steps(0.0, 2.0, DataType::Uint8))
        }),
        case(
            "a clamp that the range alone makes",
            move |net, x, scale| {
                let y = pointwise(net, x, scale);
                net.rounded(&y, signed(0.0, 1.0))
            },
        ),
        case(
            "a Clip between roundings, to other steps",
            move |net, x, scale| {
                let y = pointwise(net, x, scale);
                let y = net.rounded(&y, signed(-2.0, 2.0));
                let (lo, hi) = (net.constant(&[], &[0.0]), net.constant(&[], &[1.0]));
                let y = net.node("Clip", &[&y, &lo, &hi], &[]);
                net.rounded(&y, signed(0.0, 1.0))
            },
        ),
        case(
            "a Relu between roundings, to the same steps",
            move |net, x, scale| {
                let y = pointwise(net, x, scale);
                let y = net.rounded(&y, signed(-2.0, 2.0));
                let y = net.node("Relu", &[&y], &[]);
                net.rounded(&y, signed(-2.0, 2.0))
            },
        ),
        case(
            "BatchNormalization's constants behind Conv",
            move |net, x, scale| {
                let y = pointwise(net, x, scale);
                let factor = net.weights(&[8, 1, 1], 0.5, -1.0);
                let y = net.node("Mul", &[&y, &factor], &[]);
                net.rounded(&y, signed(-2.0, 2.0))
            },
        ),
        case("hard-swish, every step rounded", |net, x, _| {
            let three = net.constant(&[], &[3.0]);
            let (lo, hi) = (net.constant(&[], &[0.0]), net.constant(&[], &[6.0]));
            let y = net.node("Add", &[x, &three], &[]);
            let y = net.rounded(&y, signed(0.0, 6.0));
            let y = net.node("Clip", &[&y, &lo, &hi], &[]);
            let y = net.rounded(&y, signed(0.0, 6.0));
            let y = net.node("Mul", &[x, &y], &[]);
            let y = net.rounded(&y, signed(-3.0, 11.0));
            let six = net.constant(&[], &[6.0]);
            let y = net.node("Div", &[&y, &six], &[]);
            net.rounded(&y, signed(-0.5, 1.8))
        }),
        case("rounded twice, to other steps", |net, x, _| {
            let y = net.rounded(x, signed(-1.0, 1.5));
            net.rounded(&y, signed(-1.2, 1.2))
        }),
        case("rounded by two nodes alike", move |net, x, scale| {
            let y = pointwise(net, x, scale);
            let half = signed(-2.0, 2.0);
            let (a, b) = (net.rounded(&y, half), net.rounded(&y, half));
            let b = net.node("Relu", &[&b], &[]);
            let sum = net.node("Add", &[&a, &b], &[]);
            net.rounded(&sum, signed(-2.0, 4.0))
        }),
    ]
}

/// Sums and pools.
fn joins() -> Vec<Case> {
    let kernel = || ("kernel_shape", Attr::Ints(vec![2, 2]));
    let strides = || ("strides", Attr::Ints(vec![2, 2]));
    vec![
        case("a residual sum", |net, x, scale| {
            let y = net.given_conv((x, scale), [8, 8, 3, 3], Weights::Channels, &[SAME]);
            let y = net.rounded(&y, signed(-2.5, 2.5));
            let sum = net.node("Add", &[&y, x], &[]);
            let sum = net.node("Relu", &[&sum], &[]);
            net.rounded(&sum, signed(0.0, 3.5))
        }),
        case("MaxPool before the rounding", move |net, x, scale| {
            let y = net.given_conv((x, scale), [8, 8, 1, 1], Weights::Channels, &[]);
            let y = net.node("MaxPool", &[&y], &[kernel(), strides()]);
            net.rounded(&y, signed(-1.0, 2.5))
        }),
        case("MaxPool between equal roundings", move |net, x, _| {
            let y = net.node("MaxPool", &[x], &[kernel(), strides()]);
            net.rounded(&y, signed(-2.0, 2.0))
        }),
        case("MaxPool between other roundings", move |net, x, _| {
            let y = net.node("MaxPool", &[x], &[kernel(), strides()]);
            net.rounded(&y, signed(-1.0, 1.7))
        }),
        case("AveragePool", move |net, x, _| {
            let y = net.node("AveragePool", &[x], &[kernel(), strides()]);
            net.rounded(&y, signed(-1.5, 1.5))
        }),
        case("AveragePool, the same steps", move |net, x, _| {
            let y = net.node("AveragePool", &[x], &[kernel(), strides()]);
            net.rounded(&y, signed(-2.0, 2.0))
        }),
        case("GlobalAveragePool and a reshape", |net, x, _| {
            let y = net.node("GlobalAveragePool", &[x], &[]);
            let y = net.rounded(&y, signed(-1.0, 1.0));
            let y = net.node("Flatten", &[&y], &[]);
            net.rounded(&y, signed(-1.0, 1.0))
        }),
        case("integers at the end", |net, x, scale| {
            let y = net.given_conv((x, scale), [5, 8, 1, 1], Weights::Channels, &[]);
            let steps = steps(-2.0, 3.0, DataType::Uint8);
            let scale = net.constant(&[], &[steps.scale]);
            let zero_point = net.integers(&[], steps.kind, &[steps.zero_point]);
            net.node("QuantizeLinear", &[&y, &scale, &zero_point], &[])
        }),
        case("Softmax", |net, x, _| {
            let y = net.node("Softmax", &[x], &[("axis", Attr::Int(1))]);
            net.rounded(
                &y,
                Steps {
                    scale: 1.0 / 256.0,
                    zero_point: -128,
                    kind: DataType::Int8,
                },
            )
        }),
    ]
}
