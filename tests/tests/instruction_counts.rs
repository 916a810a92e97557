//! Executed instructions of whole nets on every emulated core, against a stored table: a kernel that got
//! slower is seen in the diff.
//!
//! Nets have random weights: instructions do not depend on them. `TIDBIT_BLESS=1` writes the table anew.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use tidbit_cli::board::{Board, Emulated, firmware};
use tidbit_cli::target::packing;
use tidbit_quantize::repack::repack;
use tidbit_quantize::{Network, Options, Ptq, Ram, RangeMethod};
use tidbit_tests::architectures::{mobilenet_v1, mobilenet_v2, resnet8};
use tidbit_tests::measure::{images, normalization, on_disk};

/// By how much a count may differ from the table's.
const TOLERANCE: f64 = 0.005;

/// Boards that the large net runs on, one for each instruction set: it takes the emulator a while.
const OF_LARGE: [&str; 4] = ["mps2-an386", "mps3-an547", "virt-aarch64", "virt-armv7a"];

fn table() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/instruction_counts.csv")
}

/// A net, planned for least memory or layer by layer.
struct Planned {
    name: &'static str,
    plan: &'static str,
    blob: Vec<u8>,
}

fn planned(name: &'static str, model: &[u8], ram: Ram) -> Planned {
    let file = on_disk(model);
    let network = Network::load(file.path()).expect("it is understood");
    let calibration = images(network.input_shape(), 2, 7);
    let options = Options {
        normalization: normalization(),
        labels: vec![],
        ranges: Some(RangeMethod::MinMax),
        ram,
        ptq: Ptq::FAST,
    };
    let made = network.quantize(&calibration, &options, &());
    Planned {
        name,
        plan: if ram == Ram::Auto {
            "auto"
        } else {
            "layerwise"
        },
        blob: made.expect("it is quantized").blob,
    }
}

/// Instructions of an inference on a core.
fn count(board: &Board, net: &Planned) -> u64 {
    let blob = repack(&net.blob, packing(None, Some(board))).expect("a valid blob");
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(&blob).expect("room for the blob");
    let elf = firmware::build(&board.name).expect("the firmware is built");
    let mut device = Emulated::boot(board, &elf, file.path()).expect("the board boots");
    let model = tidbit::Model::new(&blob).expect("a valid blob");
    let image = images(model.input_shape(), 1, 3).remove(0);
    // The emulator has not translated the code before the first.
    device.infer(&image, false).expect("the board runs");
    device
        .infer(&image, false)
        .expect("the board runs")
        .instructions
}

#[test]
fn instructions_are_those_of_the_table() {
    let small = [
        ("mobilenet_v1 0.25 at 96", mobilenet_v1(0.25, 96, 2)),
        ("resnet8 at 32", resnet8(32)),
    ];
    let mut nets = Vec::new();
    for (name, model) in &small {
        for ram in [Ram::Auto, Ram::Layerwise] {
            nets.push(planned(name, model, ram));
        }
    }
    let large = planned(
        "mobilenet_v2 1.0 at 224",
        &mobilenet_v2(1.0, 224, 1000),
        Ram::Auto,
    );
    let mut work = Vec::new();
    for board in Board::all().expect("the boards can be read") {
        for cpu in board.cpus.clone() {
            let board = board.clone().with_cpu(&cpu).expect("it is the board's");
            work.extend(nets.iter().map(|net| (board.clone(), net)));
            if OF_LARGE.contains(&board.name.as_str()) {
                work.push((board.clone(), &large));
            }
        }
    }
    let counted: BTreeMap<String, u64> = work
        .par_iter()
        .map(|(board, net)| {
            let key = format!("{},{},{},{}", net.name, net.plan, board.name, board.cpu());
            (key, count(board, net))
        })
        .collect();
    if std::env::var_os("TIDBIT_BLESS").is_some() {
        let rows = counted
            .iter()
            .map(|(key, count)| format!("{key},{count}\n"));
        let text = "net,plan,board,cpu,instructions\n".to_owned() + &rows.collect::<String>();
        fs::write(table(), text).expect("the table can be written");
        return;
    }
    let stored = fs::read_to_string(table()).expect("the table is there");
    let stored: BTreeMap<String, u64> = stored
        .lines()
        .skip(1)
        .filter_map(|line| line.rsplit_once(','))
        .map(|(key, count)| (key.to_owned(), count.parse().expect("a number")))
        .collect();
    assert_eq!(
        stored.keys().collect::<Vec<_>>(),
        counted.keys().collect::<Vec<_>>()
    );
    let wrong: Vec<String> = counted
        .iter()
        .filter_map(|(key, &found)| {
            let expected = stored[key];
            let off = found.abs_diff(expected) as f64 / expected as f64;
            (off > TOLERANCE).then(|| format!("{key}: {found} instead of {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
