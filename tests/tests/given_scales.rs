//! Files that are quantized already, against what they mean: every operator in f32 on rounded
//! values, its result rounded by QuantizeLinear. tract runs the files so; what the blob computes
//! without any image to calibrate on must be the same int8, or one step beside it, on at least
//! 99.9 % of the elements of every kind of net.

#[path = "given_scales/copies.rs"]
mod copies;
#[path = "given_scales/fixture.rs"]
mod fixture;
#[path = "given_scales/nets.rs"]
mod nets;
#[path = "given_scales/random.rs"]
mod random;

use nets::Case;
use tidbit::{Model, Session};
use tidbit_quantize::{
    Error, LayerReference, Network, Normalization, Options, Ptq, Quantized, Ram, Reference,
};
use tidbit_tests::measure::{images, normalization, on_disk};
use tidbit_tests::onnx::{DataType, Net};
use tidbit_tests::qdq::{Steps, Weights};

/// Elements compared, and how many are equal and within one step.
#[derive(Clone, Copy, Debug, Default)]
struct Compared {
    elements: usize,
    equal: usize,
    within: usize,
}

impl Compared {
    fn record(&mut self, expected: &[i32], found: impl ExactSizeIterator<Item = i32>) {
        assert_eq!(expected.len(), found.len());
        for (expected, found) in expected.iter().zip(found) {
            let distance = expected.abs_diff(found);
            self.elements += 1;
            self.equal += usize::from(distance == 0);
            self.within += usize::from(distance <= 1);
        }
    }

    fn within_share(&self) -> f64 {
        self.within as f64 / self.elements as f64
    }

    fn equal_share(&self) -> f64 {
        self.equal as f64 / self.elements as f64
    }

    fn add(&mut self, more: Self) {
        self.elements += more.elements;
        self.equal += more.equal;
        self.within += more.within;
    }
}

fn options(normalization: &Normalization) -> Options {
    Options {
        normalization: normalization.clone(),
        labels: vec![],
        ranges: None,
        ram: Ram::Auto,
        ptq: Ptq::default(),
    }
}

fn quantized(model: &[u8], normalization: &Normalization) -> Result<Quantized, Error> {
    let file = on_disk(model);
    Network::load(file.path())?.quantize(&[], &options(normalization), &())
}

/// The blob's int8 beside the file's.
fn compare(case: &Case, count: usize) -> Result<Compared, Error> {
    let made = quantized(&case.model, &case.normalization)?;
    assert_eq!(made.ranges, None, "{}: nothing is calibrated", case.name);
    let file = on_disk(&case.model);
    let reference = Reference::load(file.path(), &case.normalization)?;
    let model = Model::new(&made.blob)?;
    let mut memory = vec![0; model.memory_bytes()];
    let mut session = Session::new(&model, &mut memory)?;
    let output = model.output_tensor(0);
    let output = output.expect("an output");
    let (scale, zero_point) = (f32::from_bits(output.scale), i32::from(output.zero_point));
    let mut compared = Compared::default();
    for image in images(reference.input_shape(), count, 11) {
        let truth = reference.run(&image)?;
        let answer = session.run(&image)?;
        let steps = |value: &f32| ((value / scale).round() as i32 + zero_point).clamp(-128, 127);
        let expected: Vec<i32> = truth.iter().map(steps).collect();
        compared.record(&expected, answer.output().iter().map(|&q| i32::from(q)));
    }
    Ok(compared)
}

/// Compares all cases; each must be within one step on 99.9 % of its elements.
fn check(cases: Vec<Case>, images: usize) -> Compared {
    let mut all = Compared::default();
    let mut failures = Vec::new();
    for case in cases {
        match compare(&case, images) {
            Ok(found) => {
                let (within, equal) = (found.within_share(), found.equal_share());
                println!("{:44} {within:.5} {equal:.5}", case.name);
                all.add(found);
                if within < 0.999 {
                    failures.push(format!("{}: {within:.5} within one step", case.name));
                }
            }
            Err(error) => failures.push(format!("{}: {error}", case.name)),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    println!("{all:?}");
    all
}

#[test]
fn every_form_is_within_one_step() {
    let all = check(nets::forms(), 8);
    // What is not equal: averages halfway between two steps, which ONNX rounds to even and the
    // runtime up, and images whose steps differ by channel.
    assert!(all.equal_share() > 0.99, "{all:?}");
}

#[test]
fn copies_and_gates_are_within_one_step() {
    let all = check(copies::forms(), 8);
    // Interpolated values lie halfway between two steps now and then.
    assert!(all.equal_share() > 0.9, "{all:?}");
}

#[test]
fn the_truth_of_a_table_on_a_blue_first_image_is_red_first() {
    let mut net = Net::new([1, 3, 12, 10]);
    let x = net.rounded("image", nets::HALVES);
    let y = net.given_conv(
        (&x, nets::HALVES.scale),
        [4, 3, 3, 3],
        Weights::Channels,
        &[],
    );
    let y = net.rounded(&y, nets::signed(-2.0, 2.0));
    let model = net.finish(&y);
    let normalization = Normalization {
        bgr: true,
        ..normalization()
    };
    let made = quantized(&model, &normalization).expect("it is quantized");
    let file = on_disk(&model);
    let blob = Model::new(&made.blob).expect("the blob validates");
    let reference = LayerReference::load(file.path(), &normalization, &blob);
    let reference = reference.expect("it is of this file");
    let image = images(blob.input_shape(), 1, 5).remove(0);
    let values = reference.run(&image).expect("tract runs it");
    let row = values.row(1, 0).expect("a row");
    for (value, &pixel) in row.iter().zip(&image) {
        let expected = (f32::from(pixel) - 127.5) / 127.5;
        assert!(
            (value - expected).abs() <= nets::HALVES.scale,
            "{value} {expected}"
        );
    }
}

#[test]
fn random_nets_are_within_one_step() {
    let all = check((0..32).map(random::net).collect(), 8);
    // Most of them hold an average of four.
    assert!(all.equal_share() > 0.9, "{all:?}");
}

#[test]
fn given_weights_and_biases_are_taken_as_they_are() {
    let model = random::known();
    let made = quantized(&model.0, &nets::pixels()).expect("it is quantized");
    assert_eq!(made.given_scales, 2);
    // Kernels take no -128.
    let kept = model.1.iter().map(|&weight| weight.max(-127));
    let (weights, biases) = (kept.collect::<Vec<i8>>(), &model.2);
    let tables = Model::new(&made.blob).expect("the blob validates");
    let tables = tables.tables();
    let conv: tidbit::blob::ConvParams = tidbit::blob::Record::parse(
        &made.blob[tables.flow.ops.get(1).expect("a convolution").params as usize..],
    )
    .expect("its parameters");
    let found = tables.data.i8s(conv.weights, weights.len());
    assert_eq!(found.expect("weights"), weights.as_slice());
    for (channel, bias) in biases.iter().enumerate() {
        let sum: i32 = weights[channel * 3..][..3]
            .iter()
            .map(|&w| i32::from(w))
            .sum();
        // The image's zero point is -128.
        let at = conv.bias as usize + 4 * channel;
        let found = i32::from_le_bytes(made.blob[at..at + 4].try_into().expect("four bytes"));
        assert_eq!(found, bias + 128 * sum, "channel {channel}");
    }
}

#[test]
fn a_scale_that_is_missing_is_named() {
    let mut net = Net::new([1, 3, 8, 8]);
    let x = net.rounded("image", nets::GRID);
    let x = net.conv(&x, [4, 3, 3, 3], &[]);
    let x = net.node("Relu", &[&x], &[]);
    let model = net.finish(&x);
    let error = quantized(&model, &nets::pixels()).expect_err("its output has no scale");
    assert!(
        matches!(&error, Error::NoScale { tensor, count: 1 } if *tensor == x),
        "{error}"
    );
    // With images it is calibrated, and the file's scale is kept and told of.
    let file = on_disk(&model);
    let network = Network::load(file.path()).expect("it is understood");
    let images = images(network.input_shape(), 40, 3);
    let made = network.quantize(&images, &options(&nets::pixels()), &());
    let made = made.expect("it is quantized");
    assert!(made.ranges.is_some() && made.given_scales == 1);
    let notices = made.notices.join("\n");
    assert!(
        notices.contains("1 tensor keeps")
            && notices.contains("no symmetric int8 weights for 1 layer "),
        "{notices}"
    );
}

#[test]
fn weights_beyond_int8_are_rounded_and_told() {
    let mut net = Net::new([1, 3, 8, 8]);
    let x = net.rounded("image", nets::GRID);
    let integers = net.integers(&[1, 3, 1, 1], DataType::Uint8, &[0, 20, 255]);
    let scale = net.constant(&[], &[0.01]);
    let zero_point = net.integers(&[], DataType::Uint8, &[20]);
    let weights = net.node("DequantizeLinear", &[&integers, &scale, &zero_point], &[]);
    let y = net.node("Conv", &[&x, &weights], &[]);
    let y = net.rounded(&y, nets::GRID);
    let made = quantized(&net.finish(&y), &nets::pixels()).expect("it is quantized");
    let notices = made.notices.join("\n");
    assert!(
        notices.contains("no symmetric int8 weights for 1 layer ('Conv_3' first)"),
        "{notices}"
    );
}

#[test]
fn the_weights_of_a_transposed_convolution_are_kept() {
    let case = nets::case("", |net, x, scale| {
        nets::transposed_conv(net, x, scale, (8, 5, 1))
    });
    let made = quantized(&case.model, &case.normalization).expect("it is quantized");
    let notices = made.notices.join("\n");
    assert!(!notices.contains("no symmetric int8 weights"), "{notices}");
}

#[test]
fn what_eight_bits_do_not_hold_is_refused() {
    let steps = |kind, scale| Steps {
        scale,
        zero_point: 0,
        kind,
    };
    for (reason, steps) in [
        ("only 8 bits", steps(DataType::Int32, 0.1)),
        ("a positive number", steps(DataType::Int8, -0.5)),
    ] {
        let mut net = Net::new([1, 3, 8, 8]);
        let x = net.rounded("image", steps);
        let x = net.node("GlobalAveragePool", &[&x], &[]);
        let error = quantized(&net.finish(&x), &normalization()).err();
        let error = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(reason), "{error}");
    }
    let mut net = Net::new([1, 3, 8, 8]);
    let scales = net.constant(&[3], &[0.1, 0.2, 0.3]);
    let zeros = net.integers(&[3], DataType::Int8, &[0, 0, 0]);
    let integers = net.node("QuantizeLinear", &["image", &scales, &zeros], &[]);
    let x = net.node("DequantizeLinear", &[&integers, &scales, &zeros], &[]);
    let x = net.node("GlobalAveragePool", &[&x], &[]);
    let error = quantized(&net.finish(&x), &normalization()).err();
    let error = error.map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("a scale for each channel"), "{error}");
}
