//! Full-size nets of other families, written as PyTorch and as tf2onnx write them: each is read,
//! quantized, planned and run, and its plans compute the same bytes; so does an emulated Cortex-A53,
//! on what PyTorch writes.
//!
//! Weights are random, so there is no accuracy to keep; but activations are of the size that they
//! have in trained nets, and the answer must be that of f32.

use std::io::Write;
use std::sync::Mutex;
use std::time::Instant;

use prost::Message;
use tidbit::{Model, Session};
use tidbit_cli::board::{Board, Emulated, firmware};
use tidbit_quantize::{Network, Options, Ram, RangeMethod, Reference, Sqnr, Watch};
use tidbit_tests::full_size::{
    Style, efficientnet_b0, mobilenet_v3_large, resnet50, shufflenet_v2, squeezenet, vgg16,
};
use tidbit_tests::measure::{images, normalization, on_disk};
use tidbit_tests::trace::trace;
use tract_onnx::pb::ModelProto;
use tract_onnx::pb::tensor_proto::DataType;

/// Images of the calibration; the first of them is run.
const IMAGES: usize = 2;

/// Least output SQNR in dB. Random weights leave 25 dB and more; with wrong arithmetic in any
/// layer nothing would be left.
const TOLERANCE: f64 = 20.0;

/// An architecture.
struct Architecture {
    name: &'static str,
    build: fn(Style) -> Vec<u8>,
    /// Numbers of the net as torchvision counts them: running statistics are none.
    parameters: usize,
}

impl Architecture {
    fn check(&self) {
        for style in [Style::Torch, Style::Tf] {
            let begun = Instant::now();
            let onnx = (self.build)(style);
            if style == Style::Torch {
                assert_eq!(parameters(&onnx), self.parameters, "{}", self.name);
            }
            let file = on_disk(&onnx);
            drop(onnx);
            println!("{} {style:?}: made in {:.1?}", self.name, begun.elapsed());
            let db = quantized_and_run(file.path(), style == Style::Torch);
            assert!(db >= TOLERANCE, "{} {style:?}: {db:.1} dB", self.name);
        }
    }
}

/// Reads a net, quantizes it for the least memory and layer by layer, runs both, and the former on
/// an emulated core too, if asked for. Returns the output SQNR.
fn quantized_and_run(path: &std::path::Path, emulated: bool) -> f64 {
    let begun = Instant::now();
    let net = Network::load(path).expect("the net is understood");
    println!("  read in {:.1?}", begun.elapsed());
    let images = images(net.input_shape(), IMAGES, 3);
    let [lean, whole] = [Ram::Auto, Ram::Layerwise].map(|ram| {
        let options = Options {
            normalization: normalization(),
            labels: vec![],
            ranges: Some(RangeMethod::MinMax),
            ram,
            ptq: tidbit_quantize::Ptq::FAST,
        };
        let stages = Stages::default();
        let quantized = net.quantize(&images, &options, &stages);
        stages.report(ram);
        quantized.expect("the net is quantized").blob
    });
    drop(net);
    let blob = &lean;
    let [lean, whole] = [&lean, &whole].map(|blob| Model::new(blob).expect("it validates"));
    for (plan, model) in [("auto", &lean), ("layerwise", &whole)] {
        println!(
            "  {plan}: arena {}, scratch {} bytes",
            model.arena_bytes(),
            model.scratch_bytes()
        );
    }
    let expected = trace(&whole, &images[0], 0);
    let begun = Instant::now();
    assert_eq!(trace(&lean, &images[0], 0x5a), expected);
    println!("  run in {:.1?}", begun.elapsed());
    if emulated {
        let begun = Instant::now();
        assert_eq!(trace_on_board(blob, &images[0]), expected);
        println!("  emulated in {:.1?}", begun.elapsed());
    }
    output_sqnr(&lean, path, &images[0])
}

/// The hashes of all tensors as an emulated Cortex-A53 computes them.
fn trace_on_board(blob: &[u8], image: &[u8]) -> Vec<u32> {
    let board = Board::find("virt-aarch64").expect("the board is known");
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(blob).expect("room for the blob");
    let elf = firmware::build(&board.name).expect("the firmware is built");
    let mut device = Emulated::boot(&board, &elf, file.path()).expect("the board boots");
    let answer = device.infer(image, true).expect("the board runs");
    answer.tensor_hashes
}

/// Output SQNR on one image, in dB.
fn output_sqnr(model: &Model<'_>, path: &std::path::Path, image: &[u8]) -> f64 {
    let begun = Instant::now();
    let reference = Reference::load(path, &normalization()).expect("tract reads the net");
    let truth = reference.run(image).expect("tract runs it");
    println!("  f32 in {:.1?}", begun.elapsed());
    let output = model.output_tensor(0).expect("an output");
    let mut memory = vec![0; model.memory_bytes()];
    let mut session = Session::new(model, &mut memory).expect("the memory suffices");
    let answer = session.run(image).expect("the blob runs");
    let found = answer.output().iter().map(|&q| {
        f32::from(i16::from(q) - i16::from(output.zero_point)) * f32::from_bits(output.scale)
    });
    let mut sqnr = Sqnr::default();
    sqnr.add(&truth, found);
    let db = sqnr.db();
    println!("  output SQNR {db:.1} dB");
    db
}

/// How many numbers of a net are trained: all floats but scalars and running statistics.
fn parameters(onnx: &[u8]) -> usize {
    let model = ModelProto::decode(onnx).expect("an ONNX file");
    let graph = model.graph.expect("a graph");
    let nodes = graph.node.iter();
    let normalizations = nodes.filter(|node| node.op_type == "BatchNormalization");
    let statistics: Vec<&String> = normalizations.flat_map(|node| &node.input[3..]).collect();
    let trained = graph.initializer.iter().filter(|tensor| {
        let float = tensor.data_type == DataType::Float as i32;
        float && !tensor.dims.is_empty() && !statistics.contains(&&tensor.name)
    });
    trained.map(|tensor| tensor.raw_data.len() / 4).sum()
}

/// When each stage of a quantization began.
#[derive(Default)]
struct Stages(Mutex<Vec<(String, Instant)>>);

impl Watch for Stages {
    fn stage(&self, name: &str, _steps: u64) {
        let mut stages = self.0.lock().expect("no stage panics");
        // The planner begins its stage anew with every try.
        if stages.last().is_none_or(|(last, _)| last != name) {
            stages.push((name.into(), Instant::now()));
        }
    }

    fn step(&self) {}
}

impl Stages {
    fn report(&self, ram: Ram) {
        let stages = self.0.lock().expect("no stage panics");
        let ends = stages.iter().skip(1).map(|(_, begun)| *begun);
        for ((name, begun), end) in stages.iter().zip(ends.chain([Instant::now()])) {
            println!("  {ram:?}: from {name} on {:.1?}", end - *begun);
        }
    }
}

#[test]
fn vgg() {
    Architecture {
        name: "VGG16",
        build: vgg16,
        parameters: 138_357_544,
    }
    .check();
}

#[test]
fn resnet() {
    Architecture {
        name: "ResNet-50",
        build: resnet50,
        parameters: 25_557_032,
    }
    .check();
}

#[test]
fn mobilenet_v3() {
    Architecture {
        name: "MobileNetV3-Large",
        build: mobilenet_v3_large,
        parameters: 5_483_032,
    }
    .check();
}

#[test]
fn efficientnet() {
    Architecture {
        name: "EfficientNet-B0",
        build: efficientnet_b0,
        parameters: 5_288_548,
    }
    .check();
}

#[test]
fn squeeze_net() {
    Architecture {
        name: "SqueezeNet 1.1",
        build: squeezenet,
        parameters: 1_235_496,
    }
    .check();
}

#[test]
fn shuffle_net() {
    Architecture {
        name: "ShuffleNetV2 1.0",
        build: shufflenet_v2,
        parameters: 2_278_604,
    }
    .check();
}
