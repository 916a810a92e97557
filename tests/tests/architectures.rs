//! Whole architectures: their size is the published one, and the quantizer takes them as they are.

use std::path::Path;

use tidbit_quantize::Network;
use tidbit_quantize::graph::Op;
use tidbit_quantize::import::{import, source::Source};
use tidbit_tests::architectures::{efficientnet_lite0, mobilenet_v1, mobilenet_v2, resnet8};
use tidbit_tests::measure::{measure, normalization, on_disk};

/// Least output SQNR in dB: less would mean that activations vanish or explode on the way.
const TOLERANCE: f64 = 20.0;

/// What a paper or a library says of a net.
struct Published {
    name: &'static str,
    model: Vec<u8>,
    /// Numbers of the net, those of batch normalizations included.
    parameters: usize,
    /// How many of them folding makes one bias, for each channel of a convolution.
    folded: usize,
    /// Multiply-accumulates.
    macs: usize,
}

fn published() -> Vec<Published> {
    vec![
        Published {
            name: "mobilenet_v2 1.0 at 224",
            model: mobilenet_v2(1.0, 224, 1000),
            parameters: 3_504_872,
            folded: 2,
            macs: 300_774_272,
        },
        Published {
            name: "mobilenet_v2 0.35 at 224",
            model: mobilenet_v2(0.35, 224, 1000),
            parameters: 1_677_128,
            folded: 2,
            macs: 59_285_808,
        },
        Published {
            name: "mobilenet_v1 1.0 at 224",
            model: mobilenet_v1(1.0, 224, 1000),
            parameters: 4_231_976,
            folded: 2,
            macs: 568_740_352,
        },
        Published {
            name: "mobilenet_v1 0.25 at 96, visual wake words",
            model: mobilenet_v1(0.25, 96, 2),
            parameters: 221_794,
            folded: 5,
            macs: 7_489_664,
        },
        Published {
            name: "efficientnet_lite0 at 224",
            model: efficientnet_lite0(224, 1000),
            parameters: 4_652_008,
            folded: 2,
            macs: 385_187_552,
        },
        Published {
            name: "resnet8 at 32",
            model: resnet8(32),
            // 78,666 less the normalizations, which the shortcuts do not have.
            parameters: 77_706,
            folded: 1,
            macs: 12_501_632,
        },
    ]
}

/// Weights, biases and multiply-accumulates of each convolution and dense layer of a file.
fn layers(path: &Path) -> Vec<[usize; 3]> {
    let graph = import(&Source::load(path).unwrap()).unwrap().graph;
    let layer = |node: &tidbit_quantize::graph::Node| match &node.op {
        Op::Conv(conv) => {
            let (weights, bias) = (conv.weights.len(), conv.bias.len());
            let pixels = graph.shape(node.output).elements() / bias;
            Some([weights, bias, weights * pixels])
        }
        _ => None,
    };
    graph.nodes.iter().filter_map(layer).collect()
}

#[test]
fn sizes_are_the_published_ones() {
    for net in published() {
        let file = on_disk(&net.model);
        Network::load(file.path()).unwrap_or_else(|error| panic!("{}: {error}", net.name));
        let layers = layers(file.path());
        let sum = |what: usize| layers.iter().map(|layer| layer[what]).sum::<usize>();
        let dense_bias = layers.last().unwrap()[1];
        let parameters = sum(0) + net.folded * (sum(1) - dense_bias) + dense_bias;
        assert_eq!(parameters, net.parameters, "parameters of {}", net.name);
        assert_eq!(sum(2), net.macs, "multiply-accumulates of {}", net.name);
    }
}

#[test]
fn each_quantizes_and_runs() {
    let nets = [
        ("mobilenet_v2", mobilenet_v2(0.35, 32, 10)),
        ("mobilenet_v1", mobilenet_v1(0.25, 32, 10)),
        ("efficientnet_lite0", efficientnet_lite0(32, 10)),
        ("resnet8", resnet8(32)),
    ];
    for (name, model) in nets {
        let file = on_disk(&model);
        let found = measure(file.path(), &normalization())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let db = found.sqnr_db;
        assert!(db >= TOLERANCE, "{name}: {db:.1} dB");
    }
}
