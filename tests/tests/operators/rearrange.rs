//! Cases of operators that make images larger or smaller, move elements, or choose among them.

use tidbit_tests::onnx::{Attr, Net};

use super::{Case, IMAGE, SINGLE, WEIGHTED, batch_norm, case, kernel, pads, strides};

/// Class numbers are exact, but where two classes are alike to a step or two.
const NUMBERS: f64 = 18.0;

fn text(name: &'static str, value: &'static str) -> (&'static str, Attr) {
    (name, Attr::Text(value))
}

/// How a resize says how large its output is: factors, or rows and columns.
enum To {
    Scales([f32; 2]),
    Sizes([i64; 2]),
}

fn resize(net: &mut Net, x: &str, to: &To, attributes: &[(&str, Attr)]) -> String {
    match to {
        To::Scales([rows, columns]) => {
            let scales = net.constant(&[4], &[1.0, 1.0, *rows, *columns]);
            net.node("Resize", &[x, "", &scales], attributes)
        }
        To::Sizes([rows, columns]) => {
            let sizes = net.ints(&[1, IMAGE[1], *rows, *columns]);
            net.node("Resize", &[x, "", "", &sizes], attributes)
        }
    }
}

fn resizes() -> Vec<Case> {
    let mode = |mode| text("mode", mode);
    let from = |way| text("coordinate_transformation_mode", way);
    let rounding = |way| text("nearest_mode", way);
    let alone = |name, to: To, attributes: &[(&str, Attr)]| {
        case(name, SINGLE, IMAGE, |net| {
            resize(net, "image", &to, attributes)
        })
    };
    let twice = || To::Scales([2.0, 2.0]);
    vec![
        alone(
            "Resize, nearest, asymmetric, floor",
            twice(),
            &[mode("nearest"), from("asymmetric"), rounding("floor")],
        ),
        alone("Resize as ONNX has it by default", twice(), &[]),
        alone(
            "Resize, nearest, tf_half_pixel_for_nn",
            To::Scales([3.0, 1.5]),
            &[from("tf_half_pixel_for_nn"), rounding("floor")],
        ),
        alone(
            "Resize, nearest, align_corners, ceil, smaller",
            To::Sizes([7, 5]),
            &[from("align_corners"), rounding("ceil")],
        ),
        alone(
            "Resize, nearest, round_prefer_ceil",
            To::Sizes([30, 16]),
            &[rounding("round_prefer_ceil")],
        ),
        alone("Resize, linear, half_pixel", twice(), &[mode("linear")]),
        alone(
            "Resize, linear, pytorch_half_pixel, to sizes",
            To::Sizes([19, 31]),
            &[mode("linear"), from("pytorch_half_pixel")],
        ),
        alone(
            "Resize, linear, align_corners",
            To::Sizes([23, 21]),
            &[mode("linear"), from("align_corners")],
        ),
        alone(
            "Resize, nearest, align_corners, by factors that leave a rest",
            To::Scales([1.3, 1.7]),
            &[mode("nearest"), from("align_corners")],
        ),
        alone(
            "Resize, linear, align_corners, by factors that leave a rest",
            To::Scales([1.3, 2.3]),
            &[mode("linear"), from("align_corners")],
        ),
        case("Expand of a pooled branch", WEIGHTED, IMAGE, |net| {
            let x = net.conv("image", [8, 3, 3, 3], &[]);
            let pooled = net.node("GlobalAveragePool", &[&x], &[]);
            let pooled = net.conv(&pooled, [4, 8, 1, 1], &[]);
            let shape = net.ints(&[1, 4, 10, 9]);
            let spread = net.node("Expand", &[&pooled, &shape], &[]);
            let both = net.node("Concat", &[&spread, &x], &[("axis", Attr::Int(1))]);
            net.conv(&both, [5, 12, 1, 1], &[])
        }),
        case("SpaceToDepth", WEIGHTED, [1, 3, 12, 10], |net| {
            let x = net.node("SpaceToDepth", &["image"], &[("blocksize", Attr::Int(2))]);
            net.conv(&x, [8, 12, 3, 3], &[])
        }),
        alone(
            "Resize, linear, asymmetric, a factor that leaves a rest",
            To::Scales([1.7, 2.3]),
            &[mode("linear"), from("asymmetric")],
        ),
        alone(
            "Resize, linear, smaller",
            To::Sizes([5, 6]),
            &[mode("linear")],
        ),
        case("Resize of a pixel to an image", WEIGHTED, IMAGE, |net| {
            let x = net.node("GlobalAveragePool", &["image"], &[]);
            let x = net.conv(&x, [3, 3, 1, 1], &[]);
            resize(net, &x, &To::Sizes([9, 4]), &[mode("linear")])
        }),
        case("Resize on the way", WEIGHTED, IMAGE, |net| {
            let x = net.conv("image", [3, 3, 3, 3], &[pads(1, 1, 1, 1)]);
            let x = net.node("Relu", &[&x], &[]);
            let x = resize(net, &x, &twice(), &[mode("linear")]);
            let x = net.node("Relu", &[&x], &[]);
            net.conv(&x, [4, 3, 3, 3], &[strides(2, 2)])
        }),
    ]
}

/// Upsample takes its scales as an input, or before operator set 9 as an attribute.
fn upsamples() -> Vec<Case> {
    let before = |name, opset, mode, as_input: bool| {
        let mut net = Net::new(IMAGE).opset(opset);
        let scales = [1.0, 1.0, 2.0, 3.0];
        let mode = text("mode", mode);
        let output = if as_input {
            let scales = net.constant(&[4], &scales);
            net.node("Upsample", &["image", &scales], &[mode])
        } else {
            let scales = ("scales", Attr::Floats(scales.to_vec()));
            net.node("Upsample", &["image"], &[mode, scales])
        };
        Case {
            name,
            tolerance: SINGLE,
            operators: net.operators(),
            model: net.finish(&output),
        }
    };
    vec![
        before("Upsample, nearest", 9, "nearest", true),
        before("Upsample, linear", 9, "linear", true),
        before("Upsample, nearest, operator set 8", 8, "nearest", false),
    ]
}

fn conv_transpose(
    net: &mut Net,
    x: &str,
    weights: [i64; 4],
    groups: i64,
    attributes: &[(&str, Attr)],
) -> String {
    let outputs = weights[1] * groups;
    let taps = (weights[0] / groups * weights[2] * weights[3]) as f32;
    let bias = net.weights(&[outputs], 0.2, 0.0);
    let weights = net.weights(&weights, 2.5 / taps.sqrt(), 0.0);
    let group = [("group", Attr::Int(groups))];
    let attributes = [attributes, &group].concat();
    net.node("ConvTranspose", &[x, &weights, &bias], &attributes)
}

fn transposed() -> Vec<Case> {
    let alone = |name, weights: [i64; 2], attributes: &[(&str, Attr)]| {
        case(name, WEIGHTED, IMAGE, |net| {
            let weights = [3, 5, weights[0], weights[1]];
            conv_transpose(net, "image", weights, 1, attributes)
        })
    };
    let padded = pads(1, 1, 1, 1);
    let more = |rows, columns| ("output_padding", Attr::Ints(vec![rows, columns]));
    vec![
        alone("ConvTranspose 2x2, stride 2", [2, 2], &[strides(2, 2)]),
        alone(
            "ConvTranspose 3x3, stride 2, padding, output padding",
            [3, 3],
            &[strides(2, 2), padded.clone(), more(1, 1)],
        ),
        alone(
            "ConvTranspose 3x3, stride 2, an odd output",
            [3, 3],
            &[strides(2, 2), padded.clone()],
        ),
        alone(
            "ConvTranspose 4x4, stride 2",
            [4, 4],
            &[strides(2, 2), padded.clone()],
        ),
        alone(
            "ConvTranspose 5x3, stride 3x2, padding on one side",
            [5, 3],
            &[strides(3, 2), pads(0, 1, 2, 0)],
        ),
        alone(
            "ConvTranspose 1x1, stride 2: zeros between",
            [1, 1],
            &[strides(2, 2), more(1, 1)],
        ),
        alone("ConvTranspose 3x3, stride 1", [3, 3], &[padded]),
        alone(
            "ConvTranspose, dilated",
            [3, 3],
            &[strides(2, 2), ("dilations", Attr::Ints(vec![2, 1]))],
        ),
        alone(
            "ConvTranspose, SAME_UPPER",
            [3, 3],
            &[strides(2, 2), text("auto_pad", "SAME_UPPER")],
        ),
        case("ConvTranspose in groups", WEIGHTED, IMAGE, |net| {
            let x = net.conv("image", [6, 3, 1, 1], &[]);
            conv_transpose(net, &x, [6, 2, 3, 3], 2, &[strides(2, 2)])
        }),
        case("ConvTranspose, depthwise", WEIGHTED, IMAGE, |net| {
            let x = net.conv("image", [6, 3, 1, 1], &[]);
            conv_transpose(net, &x, [6, 1, 4, 4], 6, &[strides(2, 2), pads(1, 1, 1, 1)])
        }),
        case(
            "ConvTranspose, BatchNormalization, Relu",
            WEIGHTED,
            IMAGE,
            |net| {
                let x = conv_transpose(net, "image", [3, 4, 2, 2], 1, &[strides(2, 2)]);
                let x = batch_norm(net, &x, 4);
                net.node("Relu", &[&x], &[])
            },
        ),
        case(
            "ConvTranspose in groups, BatchNormalization",
            WEIGHTED,
            IMAGE,
            |net| {
                let x = net.conv("image", [6, 3, 1, 1], &[]);
                let x = conv_transpose(net, &x, [6, 2, 2, 2], 3, &[strides(2, 2)]);
                batch_norm(net, &x, 6)
            },
        ),
    ]
}

fn blocks() -> Vec<Case> {
    let case_of = |name, order| {
        case(name, WEIGHTED, IMAGE, move |net| {
            let x = net.conv("image", [12, 3, 1, 1], &[]);
            let mode = text("mode", order);
            net.node("DepthToSpace", &[&x], &[("blocksize", Attr::Int(2)), mode])
        })
    };
    vec![
        case_of("DepthToSpace, places first", "DCR"),
        case_of("DepthToSpace, channel first", "CRD"),
    ]
}

fn extremes() -> Vec<Case> {
    let over = |net: &mut Net, op: &str, x: &str| {
        let axes = ("axes", Attr::Ints(vec![2, 3]));
        net.node(op, &[x], &[axes])
    };
    vec![
        case("a minimum pool: Neg, MaxPool, Neg", SINGLE, IMAGE, |net| {
            let x = net.node("Neg", &["image"], &[]);
            let window = [kernel(3, 3), strides(2, 2), pads(1, 1, 1, 1)];
            let x = net.node("MaxPool", &[&x], &window);
            net.node("Neg", &[&x], &[])
        }),
        case("ReduceMax", SINGLE, IMAGE, |net| {
            over(net, "ReduceMax", "image")
        }),
        case("ReduceMin", SINGLE, IMAGE, |net| {
            over(net, "ReduceMin", "image")
        }),
        case("ArgMax", NUMBERS, IMAGE, |net| {
            let x = net.conv("image", [9, 3, 3, 3], &[]);
            net.node("ArgMax", &[&x], &[("axis", Attr::Int(1))])
        }),
        case(
            "ArgMax without its dimension, cast",
            NUMBERS,
            IMAGE,
            |net| {
                let x = net.conv("image", [9, 3, 3, 3], &[]);
                let attributes = [("axis", Attr::Int(1)), ("keepdims", Attr::Int(0))];
                let x = net.node("ArgMax", &[&x], &attributes);
                net.node("Cast", &[&x], &[("to", Attr::Int(6))])
            },
        ),
        case(
            "BatchNormalization that stands alone",
            WEIGHTED,
            IMAGE,
            |net| {
                let x = net.conv("image", [6, 3, 3, 3], &[]);
                let x = net.node("MaxPool", &[&x], &[kernel(2, 2)]);
                batch_norm(net, &x, 6)
            },
        ),
    ]
}

fn slopes() -> Vec<Case> {
    let behind = |name, offset: f32| {
        case(name, WEIGHTED, IMAGE, move |net| {
            let x = net.conv("image", [8, 3, 3, 3], &[]);
            let slopes = net.weights(&[8, 1, 1], 0.3, offset);
            let x = net.node("PRelu", &[&x, &slopes], &[]);
            net.node("MaxPool", &[&x], &[kernel(2, 2)])
        })
    };
    vec![
        behind("PRelu, a slope for each channel", 0.31),
        behind("PRelu, slopes of both signs", 0.0),
    ]
}

pub fn cases() -> Vec<Case> {
    [
        resizes(),
        upsamples(),
        transposed(),
        blocks(),
        extremes(),
        slopes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
