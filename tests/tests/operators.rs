//! Every operator that the import knows, against f32 through tract, within a stated tolerance.
//!
//! Each case is a small net around one operator. The tolerance is an SQNR: one int8 tensor of
//! well-spread values has some 40 dB, and every further quantized tensor or weight in the net
//! costs a little. A case that fell below would mean wrong arithmetic, not rounding.

#[path = "operators/functions.rs"]
mod functions;
#[path = "operators/pairs.rs"]
mod pairs;
#[path = "operators/picks.rs"]
mod picks;
#[path = "operators/rearrange.rs"]
mod rearrange;

use std::collections::BTreeSet;

use tidbit_quantize::import::SUPPORTED;
use tidbit_tests::measure::{measure, normalization, on_disk};
use tidbit_tests::onnx::{Attr, DataType, Net};
use tidbit_tests::qdq::Steps;

/// One operator on one tensor: two roundings.
const SINGLE: f64 = 34.0;
/// An operator behind a convolution, or with quantized weights.
const WEIGHTED: f64 = 32.0;
/// Softmax ends on the coarse grid of 1/256.
const SHARES: f64 = 30.0;

struct Case {
    name: &'static str,
    tolerance: f64,
    operators: Vec<String>,
    model: Vec<u8>,
}

/// A case whose net is `build`'s.
fn case(
    name: &'static str,
    tolerance: f64,
    dims: [i64; 4],
    build: impl FnOnce(&mut Net) -> String,
) -> Case {
    let mut net = Net::new(dims);
    let output = build(&mut net);
    Case {
        name,
        tolerance,
        operators: net.operators(),
        model: net.finish(&output),
    }
}

fn pads(top: i64, left: i64, bottom: i64, right: i64) -> (&'static str, Attr) {
    ("pads", Attr::Ints(vec![top, left, bottom, right]))
}

fn strides(rows: i64, columns: i64) -> (&'static str, Attr) {
    ("strides", Attr::Ints(vec![rows, columns]))
}

fn kernel(rows: i64, columns: i64) -> (&'static str, Attr) {
    ("kernel_shape", Attr::Ints(vec![rows, columns]))
}

const IMAGE: [i64; 4] = [1, 3, 12, 11];

fn convolutions() -> Vec<Case> {
    let group = |groups| ("group", Attr::Int(groups));
    vec![
        case("pointwise", WEIGHTED, IMAGE, |net| {
            net.conv("image", [8, 3, 1, 1], &[])
        }),
        case("pointwise, stride 2", WEIGHTED, IMAGE, |net| {
            net.conv("image", [8, 3, 1, 1], &[strides(2, 2)])
        }),
        case(
            "3x3, asymmetric padding, stride 2",
            WEIGHTED,
            IMAGE,
            |net| net.conv("image", [5, 3, 3, 3], &[strides(2, 2), pads(0, 0, 1, 1)]),
        ),
        case("5x3, stride 3x1", WEIGHTED, IMAGE, |net| {
            net.conv("image", [4, 3, 5, 3], &[strides(3, 1), pads(2, 1, 2, 1)])
        }),
        case(
            "7x7, padding wider than the image's half",
            WEIGHTED,
            [1, 3, 5, 5],
            |net| net.conv("image", [4, 3, 7, 7], &[pads(3, 3, 3, 3)]),
        ),
        case("dilated", WEIGHTED, IMAGE, |net| {
            let dilations = ("dilations", Attr::Ints(vec![2, 3]));
            net.conv("image", [4, 3, 3, 3], &[dilations, pads(2, 3, 2, 3)])
        }),
        case("SAME_UPPER", WEIGHTED, IMAGE, |net| {
            let same = ("auto_pad", Attr::Text("SAME_UPPER"));
            net.conv("image", [4, 3, 3, 3], &[same, strides(2, 2)])
        }),
        case("SAME_LOWER", WEIGHTED, IMAGE, |net| {
            let same = ("auto_pad", Attr::Text("SAME_LOWER"));
            net.conv("image", [4, 3, 4, 4], &[same, strides(2, 2)])
        }),
        case("groups", WEIGHTED, IMAGE, |net| {
            let x = net.conv("image", [8, 3, 1, 1], &[]);
            net.conv(&x, [6, 4, 3, 3], &[group(2), pads(1, 1, 1, 1)])
        }),
        case("depthwise", WEIGHTED, IMAGE, |net| {
            let x = net.conv("image", [20, 3, 1, 1], &[]);
            net.conv(&x, [20, 1, 3, 3], &[group(20), pads(1, 1, 1, 1)])
        }),
        case(
            "depthwise, multiplier 3, stride 2",
            WEIGHTED,
            IMAGE,
            |net| {
                let x = net.conv("image", [7, 3, 1, 1], &[]);
                let attributes = [group(7), pads(1, 0, 1, 2), strides(2, 2)];
                net.conv(&x, [21, 1, 3, 5], &attributes)
            },
        ),
        case("depthwise on the image itself", WEIGHTED, IMAGE, |net| {
            net.conv("image", [3, 1, 3, 3], &[group(3), pads(1, 1, 1, 1)])
        }),
        case("pointwise, padded", WEIGHTED, IMAGE, |net| {
            let x = net.conv("image", [8, 3, 3, 3], &[]);
            net.conv(&x, [6, 8, 1, 1], &[pads(1, 2, 1, 1)])
        }),
        case(
            "padding of a whole kernel, on the image",
            WEIGHTED,
            IMAGE,
            |net| net.conv("image", [4, 3, 3, 3], &[pads(3, 3, 4, 3), strides(2, 1)]),
        ),
        case(
            "depthwise behind Pad, more than its kernel",
            WEIGHTED,
            IMAGE,
            |net| {
                let x = net.conv("image", [8, 3, 1, 1], &[]);
                let amounts = net.ints(&[0, 0, 2, 2, 0, 0, 2, 2]);
                let x = net.node("Pad", &[&x, &amounts], &[]);
                net.conv(&x, [8, 1, 3, 3], &[group(8), pads(1, 1, 1, 1)])
            },
        ),
        case("one channel", WEIGHTED, [1, 1, 9, 9], |net| {
            net.conv("image", [4, 1, 3, 3], &[pads(1, 1, 1, 1)])
        }),
    ]
}

fn pools() -> Vec<Case> {
    let include = ("count_include_pad", Attr::Int(1));
    vec![
        case("MaxPool 3x3, stride 2, padding", SINGLE, IMAGE, |net| {
            net.node(
                "MaxPool",
                &["image"],
                &[kernel(3, 3), strides(2, 2), pads(1, 1, 1, 1)],
            )
        }),
        case("MaxPool, ceil_mode", SINGLE, IMAGE, |net| {
            let ceil = ("ceil_mode", Attr::Int(1));
            net.node("MaxPool", &["image"], &[kernel(2, 2), strides(2, 2), ceil])
        }),
        case("AveragePool without padding", SINGLE, IMAGE, |net| {
            net.node("AveragePool", &["image"], &[kernel(2, 3), strides(2, 1)])
        }),
        case("AveragePool, padding not counted", SINGLE, IMAGE, |net| {
            net.node("AveragePool", &["image"], &[kernel(3, 3), pads(1, 1, 1, 1)])
        }),
        case("AveragePool, padding counted", SINGLE, IMAGE, |net| {
            net.node(
                "AveragePool",
                &["image"],
                &[kernel(3, 3), pads(1, 1, 1, 1), include],
            )
        }),
        case("GlobalAveragePool", SINGLE, IMAGE, |net| {
            net.node("GlobalAveragePool", &["image"], &[])
        }),
        case("GlobalMaxPool", SINGLE, IMAGE, |net| {
            net.node("GlobalMaxPool", &["image"], &[])
        }),
        case(
            "ReduceMean without kept dimensions",
            WEIGHTED,
            IMAGE,
            |net| {
                let x = net.conv("image", [9, 3, 1, 1], &[]);
                let axes = ("axes", Attr::Ints(vec![2, -1]));
                net.node("ReduceMean", &[&x], &[axes, ("keepdims", Attr::Int(0))])
            },
        ),
        case("ReduceSum over rows and columns", WEIGHTED, IMAGE, |net| {
            let x = net.conv("image", [9, 3, 1, 1], &[]);
            let axes = net.ints(&[2, 3]);
            net.node("ReduceSum", &[&x, &axes], &[])
        }),
        case("a mean of channels as a gate", WEIGHTED, IMAGE, |net| {
            let x = net.conv("image", [9, 3, 1, 1], &[]);
            let axes = ("axes", Attr::Ints(vec![1]));
            let mean = net.node("ReduceMean", &[&x], &[axes]);
            net.node("Mul", &[&x, &mean], &[])
        }),
        case("Pad before MaxPool", SINGLE, IMAGE, |net| {
            let amounts = net.ints(&[0, 0, 1, 2, 0, 0, 0, 1]);
            let x = net.node("Pad", &["image", &amounts], &[]);
            net.node("MaxPool", &[&x], &[kernel(2, 2)])
        }),
        case("Pad before Conv", WEIGHTED, IMAGE, |net| {
            let amounts = net.ints(&[0, 0, 0, 1, 0, 0, 1, 2]);
            let x = net.node("Pad", &["image", &amounts], &[]);
            net.conv(&x, [4, 3, 3, 3], &[strides(2, 2)])
        }),
    ]
}

fn elementwise() -> Vec<Case> {
    vec![
        case("Relu behind Conv", WEIGHTED, IMAGE, |net| {
            let x = net.conv("image", [8, 3, 3, 3], &[]);
            net.node("Relu", &[&x], &[])
        }),
        case("Relu that stands alone", WEIGHTED, IMAGE, |net| {
            let x = net.conv("image", [8, 3, 3, 3], &[]);
            let y = net.node("Relu", &[&x], &[]);
            let z = net.conv(&x, [8, 8, 1, 1], &[]);
            net.node("Add", &[&z, &y], &[])
        }),
        case("Clip to 0..0.5", WEIGHTED, IMAGE, |net| {
            let x = net.conv("image", [8, 3, 3, 3], &[]);
            let (lo, hi) = (net.constant(&[], &[0.0]), net.constant(&[], &[0.5]));
            net.node("Clip", &[&x, &lo, &hi], &[])
        }),
        case("Clip of the image", SINGLE, IMAGE, |net| {
            let (lo, hi) = (net.constant(&[], &[-0.75]), net.constant(&[], &[0.5]));
            net.node("Clip", &["image", &lo, &hi], &[])
        }),
        case(
            "QuantizeLinear and DequantizeLinear",
            WEIGHTED,
            IMAGE,
            |net| {
                let x = net.conv("image", [8, 3, 3, 3], &[]);
                let steps = Steps {
                    scale: 1.0 / 32.0,
                    zero_point: 3,
                    kind: DataType::Int8,
                };
                net.rounded(&x, steps)
            },
        ),
        case("BatchNormalization behind Conv", WEIGHTED, IMAGE, |net| {
            let x = net.conv("image", [6, 3, 3, 3], &[]);
            batch_norm(net, &x, 6)
        }),
        case("BatchNormalization of the image", WEIGHTED, IMAGE, |net| {
            batch_norm(net, "image", 3)
        }),
        case("Add of two branches", WEIGHTED, IMAGE, |net| {
            let x = net.conv("image", [8, 3, 3, 3], &[]);
            let y = net.conv("image", [8, 3, 3, 3], &[]);
            let sum = net.node("Add", &[&x, &y], &[]);
            net.node("Relu", &[&sum], &[])
        }),
        case("Add of a tensor to itself", WEIGHTED, IMAGE, |net| {
            let x = net.conv("image", [8, 3, 3, 3], &[]);
            net.node("Add", &[&x, &x], &[])
        }),
        case("constants for each channel", WEIGHTED, IMAGE, |net| {
            let x = net.conv("image", [5, 3, 3, 3], &[]);
            let names = ["Mul", "Add", "Div", "Sub"];
            names.iter().fold(x, |x, op| {
                let constant = net.weights(&[1, 5, 1, 1], 0.3, 1.0);
                net.node(op, &[&x, &constant], &[])
            })
        }),
        case("a constant less the image", SINGLE, IMAGE, |net| {
            let constant = net.constant(&[], &[1.0]);
            net.node("Sub", &[&constant, "image"], &[])
        }),
        case(
            "Softmax over the channels of each pixel",
            SHARES,
            IMAGE,
            |net| {
                let x = net.conv("image", [6, 3, 3, 3], &[]);
                net.node("Softmax", &[&x], &[("axis", Attr::Int(1))])
            },
        ),
        case("Identity, Dropout and Cast", SINGLE, IMAGE, |net| {
            let x = net.node("Identity", &["image"], &[]);
            let y = net.node("Dropout", &[&x], &[]);
            let z = net.node("Cast", &[&y], &[("to", Attr::Int(1))]);
            net.node("GlobalAveragePool", &[&z], &[])
        }),
    ]
}

fn batch_norm(net: &mut Net, input: &str, channels: i64) -> String {
    let scale = net.weights(&[channels], 0.5, 1.0);
    let shift = net.weights(&[channels], 0.5, 0.0);
    let mean = net.weights(&[channels], 0.3, 0.0);
    let variance = net.weights(&[channels], 0.4, 1.0);
    let inputs = [input, scale.as_str(), &shift, &mean, &variance];
    net.node(
        "BatchNormalization",
        &inputs,
        &[("epsilon", Attr::Float(1e-3))],
    )
}

fn dense() -> Vec<Case> {
    let gemm = |net: &mut Net, input: &str, inputs: i64| {
        let weights = net.weights(&[10, inputs], 0.2, 0.0);
        let bias = net.weights(&[10], 0.5, 0.0);
        let transposed = ("transB", Attr::Int(1));
        net.node(
            "Gemm",
            &[input, &weights, &bias],
            &[transposed, ("alpha", Attr::Float(0.5))],
        )
    };
    vec![
        case("Flatten and Gemm", WEIGHTED, [1, 3, 4, 5], |net| {
            let x = net.node("Flatten", &["image"], &[]);
            gemm(net, &x, 60)
        }),
        case(
            "NHWC: Transpose, Reshape, MatMul, Add",
            WEIGHTED,
            [1, 3, 4, 5],
            |net| {
                let x = net.conv("image", [6, 3, 1, 1], &[]);
                let x = net.node(
                    "Transpose",
                    &[&x],
                    &[("perm", Attr::Ints(vec![0, 2, 3, 1]))],
                );
                let shape = net.ints(&[1, -1]);
                let x = net.node("Reshape", &[&x, &shape], &[]);
                let weights = net.weights(&[120, 7], 0.2, 0.0);
                let x = net.node("MatMul", &[&x, &weights], &[]);
                let bias = net.weights(&[7], 0.5, 0.0);
                net.node("Add", &[&x, &bias], &[])
            },
        ),
        case(
            "GlobalAveragePool, Squeeze, Unsqueeze, Gemm",
            WEIGHTED,
            IMAGE,
            |net| {
                let x = net.conv("image", [16, 3, 3, 3], &[]);
                let x = net.node("GlobalAveragePool", &[&x], &[]);
                let axes = net.ints(&[2, 3]);
                let x = net.node("Squeeze", &[&x, &axes], &[]);
                let x = net.node("Unsqueeze", &[&x, &axes], &[]);
                let x = net.node("Flatten", &[&x], &[]);
                let x = gemm(net, &x, 16);
                net.node("Softmax", &[&x], &[])
            },
        ),
        case("LogSoftmax at the end", WEIGHTED, IMAGE, |net| {
            let x = net.conv("image", [16, 3, 3, 3], &[]);
            let x = net.node("GlobalAveragePool", &[&x], &[]);
            let x = net.node("Flatten", &[&x], &[]);
            let x = gemm(net, &x, 16);
            net.node("LogSoftmax", &[&x], &[("axis", Attr::Int(1))])
        }),
    ]
}

fn cases() -> Vec<Case> {
    [
        convolutions(),
        pools(),
        elementwise(),
        functions::cases(),
        rearrange::cases(),
        pairs::cases(),
        picks::cases(),
        dense(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn every_operator_is_within_its_tolerance() {
    let mut failures = Vec::new();
    for case in cases() {
        let file = on_disk(&case.model);
        match measure(file.path(), &normalization()) {
            Ok(found) if found.sqnr_db >= case.tolerance => {}
            Ok(found) => failures.push(format!(
                "{}: {:.1} dB, worst {:.1} steps, at least {} dB expected",
                case.name, found.sqnr_db, found.worst_steps, case.tolerance
            )),
            Err(error) => failures.push(format!("{}: {error}", case.name)),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_supported_operator_has_a_case() {
    let tested: BTreeSet<String> = cases()
        .into_iter()
        .flat_map(|case| case.operators)
        .collect();
    // Constants are no operators of their own: they are inputs of the others.
    let missing: Vec<_> = SUPPORTED
        .iter()
        .filter(|op| **op != "Constant" && !tested.contains(**op))
        .collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

#[test]
fn what_would_change_the_result_is_refused() {
    let mut net = Net::new(IMAGE);
    let cast = net.node("Cast", &["image"], &[("to", Attr::Int(7))]);
    let to_integer = net.finish(&cast);
    let mut net = Net::new(IMAGE);
    let amounts = net.ints(&[0, 0, 1, 1, 0, 0, 1, 1]);
    let reflect = ("mode", Attr::Text("reflect"));
    let pad = net.node("Pad", &["image", &amounts], &[reflect]);
    let reflected = net.finish(&pad);
    let mut net = Net::new(IMAGE);
    let rows = net.node("Concat", &["image", "image"], &[("axis", Attr::Int(2))]);
    let along_rows = net.finish(&rows);
    let mut net = Net::new(IMAGE);
    let (start, end) = (net.ints(&[-1]), net.ints(&[-4]));
    let (axis, step) = (net.ints(&[1]), net.ints(&[-1]));
    let inputs = ["image", start.as_str(), &end, &axis, &step];
    let slice = net.node("Slice", &inputs, &[]);
    let backwards = net.finish(&slice);
    let mut net = Net::new(IMAGE);
    let shape = net.ints(&[1, 9, 4, 11]);
    let mixed = net.node("Reshape", &["image", &shape], &[]);
    let relu = net.node("Relu", &[&mixed], &[]);
    let of_parts = net.finish(&relu);
    let mut net = Net::new(IMAGE);
    let softmax = net.node("Softmax", &["image"], &[("axis", Attr::Int(3))]);
    let over_columns = net.finish(&softmax);
    // Over channels, rows and columns at once.
    let mut net = Net::new(IMAGE).opset(11);
    let softmax = net.node("Softmax", &["image"], &[("axis", Attr::Int(1))]);
    let flattened = net.finish(&softmax);
    let mut net = Net::new(IMAGE);
    let slopes = net.weights(&[3, 12, 11], 0.1, 0.2);
    let prelu = net.node("PRelu", &["image", &slopes], &[]);
    let slope_by_pixel = net.finish(&prelu);
    let mut net = Net::new(IMAGE);
    let scales = net.constant(&[4], &[1.0, 1.0, 2.0, 2.0]);
    let cubic = ("mode", Attr::Text("cubic"));
    let resized = net.node("Resize", &["image", "", &scales], &[cubic]);
    let cubic = net.finish(&resized);
    let mut net = Net::new(IMAGE);
    let x = net.conv("image", [257, 3, 1, 1], &[]);
    let number = net.node("ArgMax", &[&x], &[("axis", Attr::Int(1))]);
    let too_many = net.finish(&number);
    let mut net = Net::new(IMAGE);
    let x = net.conv("image", [3, 3, 1, 1], &[]);
    let quotient = net.node("Div", &["image", &x], &[]);
    let of_two_tensors = net.finish(&quotient);
    let mut net = Net::new(IMAGE);
    let x = net.conv("image", [3, 3, 1, 1], &[]);
    let greatest = net.node("Max", &["image", &x], &[]);
    let of_activations = net.finish(&greatest);
    for (node, reason, model) in [
        ("Cast_0", "floating-point", to_integer),
        ("Pad_0", "only with zeros", reflected),
        ("Concat_0", "only channels", along_rows),
        ("Slice_0", "backwards", backwards),
        ("Relu_1", "splits or mixes rows", of_parts),
        ("Softmax_0", "over the channels", over_columns),
        ("Softmax_0", "before operator set 13", flattened),
        ("PRelu_0", "one number for each channel", slope_by_pixel),
        ("Resize_0", "only nearest and linear", cubic),
        ("ArgMax_1", "leave ArgMax off", too_many),
        ("Div_1", "made of one tensor", of_two_tensors),
        ("Max_1", "made of one tensor", of_activations),
    ] {
        let file = on_disk(&model);
        let error = measure(file.path(), &normalization()).err();
        let error = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(node) && error.contains(reason), "{error}");
    }
}
