//! Files that are odd, but meant: dead layers, nodes in any order, names twice, weights of f16 in a file
//! of their own. And files that nobody can mean, which are refused in words.

use std::path::Path;

use prost::Message;
use tidbit_quantize::{Error, Network, Reference};
use tidbit_tests::measure::{Measured, images, measure, normalization, on_disk};
use tidbit_tests::onnx::{Attr, DataType, Net};
use tract_onnx::pb::{GraphProto, ModelProto, StringStringEntryProto};

const IMAGE: [i64; 4] = [1, 3, 12, 11];

fn measured(model: &[u8]) -> Result<Measured, Error> {
    measure(on_disk(model).path(), &normalization())
}

/// What a model that cannot be taken is told.
fn refusal(model: &[u8]) -> String {
    let error = measured(model).err();
    error.map_or_else(|| "it was taken".into(), |error| error.to_string())
}

fn changed(model: &[u8], change: impl FnOnce(&mut GraphProto)) -> Vec<u8> {
    let mut model = ModelProto::decode(model).expect("it was encoded");
    change(model.graph.as_mut().expect("a graph"));
    model.encode_to_vec()
}

/// Three convolutions in a row.
fn plain() -> Vec<u8> {
    let mut net = Net::new(IMAGE);
    let x = net.conv("image", [6, 3, 3, 3], &[]);
    let x = net.node("Relu", &[&x], &[]);
    let x = net.conv(&x, [6, 6, 1, 1], &[]);
    let x = net.conv(&x, [5, 6, 1, 1], &[]);
    net.finish(&x)
}

fn channels_first(net: &mut Net, weights: [i64; 4], input: &str, bias: f32) -> String {
    let count = usize::try_from(weights[0]).expect("a few");
    let bias = net.constant(&weights[..1], &vec![bias; count]);
    let weights = net.weights(&weights, 0.3, 0.0);
    net.node("Conv", &[input, &weights, &bias], &[])
}

#[test]
fn a_dead_layer_is_no_obstacle() {
    let mut net = Net::new(IMAGE);
    let x = net.conv("image", [6, 3, 3, 3], &[]);
    let pooled = net.node("GlobalAveragePool", &[&x], &[]);
    let dead = channels_first(&mut net, [4, 6, 1, 1], &pooled, -1000.0);
    let dead = net.node("Relu", &[&dead], &[]);
    let gates = net.conv(&dead, [6, 4, 1, 1], &[]);
    let gates = net.node("Sigmoid", &[&gates], &[]);
    let x = net.node("Mul", &[&x, &gates], &[]);
    let found = measured(&net.finish(&x)).expect("it is quantized");
    assert!(found.sqnr_db > 30.0, "{}", found.sqnr_db);
}

#[test]
fn nodes_may_stand_in_any_order_and_share_a_name() {
    let expected = measured(&plain()).expect("it is quantized").sqnr_db;
    let odd = changed(&plain(), |graph| {
        graph.node.reverse();
        for node in &mut graph.node {
            node.name = "node".into();
        }
    });
    assert_eq!(measured(&odd).expect("it is quantized").sqnr_db, expected);
}

#[test]
fn what_leads_nowhere_is_not_looked_at() {
    let mut net = Net::new(IMAGE);
    let x = net.conv("image", [6, 3, 3, 3], &[]);
    net.node("Sin", &[&x], &[]);
    assert!(measured(&net.finish(&x)).is_ok());
}

#[test]
fn halves_may_lie_in_a_file_of_their_own() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut halves = Vec::new();
    let within = changed(&plain(), |graph| {
        for tensor in &mut graph.initializer {
            // 0.25 and -0.125.
            let bits = |at: usize| {
                if at.is_multiple_of(3) {
                    0x3400u16
                } else {
                    0xb000
                }
            };
            let count = tensor.raw_data.len() / 4;
            tensor.raw_data = (0..count).flat_map(|at| bits(at).to_le_bytes()).collect();
            tensor.data_type = DataType::Float16 as i32;
        }
    });
    let beside = changed(&within, |graph| {
        for tensor in &mut graph.initializer {
            let entry = |key: &str, value: String| StringStringEntryProto {
                key: key.into(),
                value,
            };
            tensor.external_data = vec![
                entry("location", "halves".into()),
                entry("offset", halves.len().to_string()),
                entry("length", tensor.raw_data.len().to_string()),
            ];
            tensor.data_location = Some(1);
            halves.extend(std::mem::take(&mut tensor.raw_data));
        }
    });
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("room for a small file");
        path
    };
    write("halves", &halves);
    let answer = |path: &Path| {
        let shape = Network::load(path).expect("it is read").input_shape();
        let reference = Reference::load(path, &normalization()).expect("it is read");
        reference
            .run(&images(shape, 1, 3)[0])
            .expect("tract runs it")
    };
    let paths = [write("within.onnx", &within), write("beside.onnx", &beside)];
    let [within, beside] = paths.map(|path| answer(&path));
    assert_eq!(within, beside);
    assert!(within.iter().any(|&value| value != 0.0));
}

#[test]
fn what_nothing_makes_is_named() {
    let lost = changed(&plain(), |graph| graph.node[1].input[0] = "lost".into());
    assert!(refusal(&lost).contains("reads 'lost', which nothing makes"));
    let empty = changed(&plain(), |graph| graph.node.clear());
    assert!(refusal(&empty).contains("nothing makes its output"));
}

#[test]
fn a_batch_of_several_is_named() {
    let mut net = Net::new([4, 3, 8, 8]);
    let x = net.conv("image", [6, 3, 3, 3], &[]);
    assert!(refusal(&net.finish(&x)).contains("the batch must be 1"));
}

#[test]
fn more_operators_than_a_blob_has_are_counted() {
    let mut net = Net::new([1, 1, 4, 4]);
    let kernel = ("kernel_shape", Attr::Ints(vec![1, 1]));
    let x = (0..1024).fold("image".to_owned(), |x, _| {
        net.node("MaxPool", &[&x], std::slice::from_ref(&kernel))
    });
    let text = refusal(&net.finish(&x));
    assert!(
        text.contains("operators") && text.contains("1024"),
        "{text}"
    );
}
