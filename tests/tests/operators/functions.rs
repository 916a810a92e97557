//! Cases of functions of one element: ONNX's operators, and the ways of writing them out.

use tidbit::Model;
use tidbit_tests::measure::{measure, normalization, on_disk};
use tidbit_tests::onnx::{Attr, Net};

use super::{Case, IMAGE, SINGLE, WEIGHTED, case};

/// The operator alone on the image, and behind a convolution that gives it a wider range.
fn operator(
    alone: &'static str,
    behind: &'static str,
    op: &'static str,
    attributes: &[(&str, Attr)],
) -> [Case; 2] {
    [
        case(alone, SINGLE, IMAGE, |net| {
            net.node(op, &["image"], attributes)
        }),
        written(behind, |net, x| net.node(op, &[x], attributes)),
    ]
}

/// What `build` makes of a convolution's output that ranges from about -6 to 6.
fn written(name: &'static str, build: impl FnOnce(&mut Net, &str) -> String) -> Case {
    case(name, WEIGHTED, IMAGE, |net| {
        let weights = net.weights(&[8, 3, 1, 1], 3.0, 0.0);
        let x = net.node("Conv", &["image", &weights], &[]);
        build(net, &x)
    })
}

fn with_number(net: &mut Net, op: &str, x: &str, number: f32) -> String {
    let number = net.constant(&[], &[number]);
    net.node(op, &[x, &number], &[])
}

/// Clip to 0..6.
fn clip(net: &mut Net, x: &str) -> String {
    let (lo, hi) = (net.constant(&[], &[0.0]), net.constant(&[], &[6.0]));
    net.node("Clip", &[x, &lo, &hi], &[])
}

fn operators() -> Vec<Case> {
    let number = |name, value| (name, Attr::Float(value));
    [
        operator("Sigmoid", "Sigmoid behind Conv", "Sigmoid", &[]),
        operator("Tanh", "Tanh behind Conv", "Tanh", &[]),
        operator("Softplus", "Softplus behind Conv", "Softplus", &[]),
        operator("Erf", "Erf behind Conv", "Erf", &[]),
        operator("Abs", "Abs behind Conv", "Abs", &[]),
        operator("Neg", "Neg behind Conv", "Neg", &[]),
        operator("Softsign", "Softsign behind Conv", "Softsign", &[]),
        operator("Selu", "Selu behind Conv", "Selu", &[]),
        operator("Celu", "Celu behind Conv", "Celu", &[]),
        operator("HardSwish", "HardSwish behind Conv", "HardSwish", &[]),
        operator("HardSigmoid", "HardSigmoid behind Conv", "HardSigmoid", &[]),
        operator(
            "HardSigmoid, alpha 0.5, beta 0.25",
            "HardSigmoid, alpha 0.5, beta 0.25, behind Conv",
            "HardSigmoid",
            &[number("alpha", 0.5), number("beta", 0.25)],
        ),
        operator("LeakyRelu", "LeakyRelu behind Conv", "LeakyRelu", &[]),
        operator(
            "LeakyRelu, alpha 0.3",
            "LeakyRelu, alpha 0.3, behind Conv",
            "LeakyRelu",
            &[number("alpha", 0.3)],
        ),
        operator("Elu", "Elu behind Conv", "Elu", &[]),
        operator(
            "Elu, alpha 0.5",
            "Elu, alpha 0.5, behind Conv",
            "Elu",
            &[number("alpha", 0.5)],
        ),
    ]
    .into_iter()
    .flatten()
    .chain([
        // Beyond 1, exp makes steps of its input larger than its output's own.
        case("Exp", SINGLE, IMAGE, |net| net.node("Exp", &["image"], &[])),
        written("PRelu, one slope", |net, x| {
            let slope = net.constant(&[1], &[0.2]);
            net.node("PRelu", &[x, &slope], &[])
        }),
        newer("Gelu", "Gelu", &[]),
        newer(
            "Gelu by tanh",
            "Gelu",
            &[("approximate", Attr::Text("tanh"))],
        ),
        newer("Mish", "Mish", &[]),
        written("ThresholdedRelu", |net, x| {
            net.node("ThresholdedRelu", &[x], &[number("alpha", 0.5)])
        }),
        written("Sqrt of a Relu", |net, x| {
            let y = net.node("Relu", &[x], &[]);
            net.node("Sqrt", &[&y], &[])
        }),
        // tract has none of its own: it is spelled out.
        written("Swish", |net, x| {
            net.node("Swish", &[x], &[number("alpha", 1.5)])
        }),
    ])
    .collect()
}

/// An operator that came with a later version of the operator set.
fn newer(name: &'static str, op: &str, attributes: &[(&str, Attr)]) -> Case {
    let mut net = Net::new(IMAGE).opset(20);
    let weights = net.weights(&[8, 3, 1, 1], 3.0, 0.0);
    let x = net.node("Conv", &["image", &weights], &[]);
    let output = net.node(op, &[&x], attributes);
    Case {
        name,
        tolerance: WEIGHTED,
        operators: net.operators(),
        model: net.finish(&output),
    }
}

/// x / 10 or x, by how it compares with 0.
fn choice(net: &mut Net, compare: &str, x: &str) -> String {
    let chosen = with_number(net, compare, x, 0.0);
    let y = with_number(net, "Mul", x, 0.1);
    net.node("Where", &[&chosen, x, &y], &[])
}

fn written_out() -> Vec<Case> {
    vec![
        written("swish: x * sigmoid(x)", |net, x| {
            let gate = net.node("Sigmoid", &[x], &[]);
            net.node("Mul", &[x, &gate], &[])
        }),
        written("swish whose sigmoid is read again", |net, x| {
            let gate = net.node("Sigmoid", &[x], &[]);
            let swish = net.node("Mul", &[&gate, x], &[]);
            let other = net.conv(&gate, [8, 8, 1, 1], &[]);
            net.node("Add", &[&other, &swish], &[])
        }),
        written("hard-swish: Add, Clip, Mul, Div", |net, x| {
            let y = with_number(net, "Add", x, 3.0);
            let y = clip(net, &y);
            let y = net.node("Mul", &[x, &y], &[]);
            with_number(net, "Div", &y, 6.0)
        }),
        written("hard-swish: Add, Clip, Div, Mul", |net, x| {
            let y = with_number(net, "Add", x, 3.0);
            let y = clip(net, &y);
            let y = with_number(net, "Div", &y, 6.0);
            net.node("Mul", &[&y, x], &[])
        }),
        written("hard-swish: Add, Max, Min, Mul by 1/6, Mul", |net, x| {
            let y = with_number(net, "Add", x, 3.0);
            let y = with_number(net, "Max", &y, 0.0);
            let y = with_number(net, "Min", &y, 6.0);
            let y = with_number(net, "Mul", &y, 1.0 / 6.0);
            net.node("Mul", &[x, &y], &[])
        }),
        written("hard-swish: Add, Relu, Min, Mul, Mul by 1/6", |net, x| {
            let y = with_number(net, "Add", x, 3.0);
            let y = net.node("Relu", &[&y], &[]);
            let y = with_number(net, "Min", &y, 6.0);
            let y = net.node("Mul", &[x, &y], &[]);
            with_number(net, "Mul", &y, 1.0 / 6.0)
        }),
        written("hard-swish: x * HardSigmoid(x)", |net, x| {
            let alpha = ("alpha", Attr::Float(1.0 / 6.0));
            let y = net.node("HardSigmoid", &[x], &[alpha]);
            net.node("Mul", &[x, &y], &[])
        }),
        written("hard-sigmoid: Add, Clip, Div behind Conv", |net, x| {
            let y = with_number(net, "Add", x, 3.0);
            let y = clip(net, &y);
            with_number(net, "Div", &y, 6.0)
        }),
        written("hard-sigmoid: Add, Clip, Div behind a sum", |net, x| {
            let y = net.conv(x, [8, 8, 1, 1], &[]);
            let y = net.node("Add", &[x, &y], &[]);
            let y = with_number(net, "Add", &y, 3.0);
            let y = clip(net, &y);
            with_number(net, "Div", &y, 6.0)
        }),
        written("mish: x * tanh(softplus(x))", |net, x| {
            let y = net.node("Softplus", &[x], &[]);
            let y = net.node("Tanh", &[&y], &[]);
            net.node("Mul", &[x, &y], &[])
        }),
        written("gelu: Div, Erf, Add, Mul, Mul", |net, x| {
            let y = with_number(net, "Div", x, std::f32::consts::SQRT_2);
            let y = net.node("Erf", &[&y], &[]);
            let y = with_number(net, "Add", &y, 1.0);
            let y = net.node("Mul", &[x, &y], &[]);
            with_number(net, "Mul", &y, 0.5)
        }),
        written(
            "gelu by tanh: Pow, Mul, Add, Mul, Tanh, Add, Mul, Mul",
            |net, x| {
                let y = with_number(net, "Pow", x, 3.0);
                let y = with_number(net, "Mul", &y, 0.044_715);
                let y = net.node("Add", &[x, &y], &[]);
                let y = with_number(net, "Mul", &y, 0.797_884_6);
                let y = net.node("Tanh", &[&y], &[]);
                let y = with_number(net, "Add", &y, 1.0);
                let y = net.node("Mul", &[x, &y], &[]);
                with_number(net, "Mul", &y, 0.5)
            },
        ),
        written("mish: x * tanh(log(1 + exp(x)))", |net, x| {
            let y = net.node("Exp", &[x], &[]);
            let y = with_number(net, "Add", &y, 1.0);
            let y = net.node("Log", &[&y], &[]);
            let y = net.node("Tanh", &[&y], &[]);
            net.node("Mul", &[x, &y], &[])
        }),
        written("swish: x / (1 + exp(-x))", |net, x| {
            let y = net.node("Neg", &[x], &[]);
            let y = net.node("Exp", &[&y], &[]);
            let y = with_number(net, "Add", &y, 1.0);
            net.node("Div", &[x, &y], &[])
        }),
        written("sigmoid: 1 / (1 + exp(-x))", |net, x| {
            let y = net.node("Neg", &[x], &[]);
            let y = net.node("Exp", &[&y], &[]);
            let y = with_number(net, "Add", &y, 1.0);
            let one = net.constant(&[], &[1.0]);
            net.node("Div", &[&one, &y], &[])
        }),
        written("sigmoid by Reciprocal", |net, x| {
            let y = net.node("Neg", &[x], &[]);
            let y = net.node("Exp", &[&y], &[]);
            let y = with_number(net, "Add", &y, 1.0);
            net.node("Reciprocal", &[&y], &[])
        }),
        written("LeakyRelu: max(x, x / 10)", |net, x| {
            let y = with_number(net, "Mul", x, 0.1);
            net.node("Max", &[x, &y], &[])
        }),
        written("min(x, x * x)", |net, x| {
            let y = net.node("Mul", &[x, x], &[]);
            net.node("Min", &[x, &y], &[])
        }),
        written("LeakyRelu by Greater and Where", |net, x| {
            choice(net, "Greater", x)
        }),
        written("Where by GreaterOrEqual", |net, x| {
            choice(net, "GreaterOrEqual", x)
        }),
        written("Where by Less", |net, x| choice(net, "Less", x)),
        written("Where by LessOrEqual", |net, x| {
            choice(net, "LessOrEqual", x)
        }),
        written("a Sum of three", |net, x| {
            let y = net.node("Sigmoid", &[x], &[]);
            net.node("Sum", &[x, &y, x], &[])
        }),
        written("Clip of a Tanh", |net, x| {
            let y = net.node("Tanh", &[x], &[]);
            clip(net, &y)
        }),
    ]
}

pub fn cases() -> Vec<Case> {
    [operators(), written_out()].into_iter().flatten().collect()
}

#[test]
fn what_is_written_out_is_one_table_or_none() {
    for case in written_out() {
        // The image, the convolution and the table; a convolution takes a hard-sigmoid in.
        let expected = match case.name {
            "swish whose sigmoid is read again" => 6,
            "hard-sigmoid: Add, Clip, Div behind a sum" => 5,
            "hard-sigmoid: Add, Clip, Div behind Conv" => 2,
            _ => 3,
        };
        let file = on_disk(&case.model);
        let measured = measure(file.path(), &normalization()).expect(case.name);
        let model = Model::new(&measured.blob).expect("a valid blob");
        let found = model.tables().flow.ops.iter().count();
        assert_eq!(found, expected, "{}", case.name);
    }
}
