//! Bundled nets on the emulated boards: the host computes every board's bytes exactly.

use std::io::Write;
use std::path::Path;

use tidbit::{Model, Session};
use tidbit_cli::board::{Board, Emulated, firmware};
use tidbit_cli::dataset::Dataset;
use tidbit_quantize::{Ptq, Ram, RangeMethod};
use tidbit_tests::bundled::{fixtures, quantized};
use tidbit_tests::trace::trace;

/// The first grey images of a folder of the fixtures.
fn images(folder: &str, count: usize) -> Vec<Vec<u8>> {
    let pixels = |path: &Path| image::open(path).expect("a PNG").to_luma8().into_raw();
    let dataset = Dataset::open(&fixtures().join(folder)).expect("the fixtures are readable");
    let samples = dataset.samples.iter().take(count);
    samples.map(|sample| pixels(&sample.path)).collect()
}

/// The blob of a bundled net.
fn blob(file: &str, ptq: Ptq) -> Vec<u8> {
    let how = (Some(RangeMethod::Percentile), Ram::Auto, ptq);
    quantized(&fixtures().join(file), &images("calibration", 120), how)
}

/// Holds output, arena and every tensor of a board against the host's; the most stack that an image
/// took.
fn computes_the_bytes_of_the_host(board: &Board, blob: &[u8], images: &[Vec<u8>]) -> u32 {
    let model = Model::new(blob).expect("the blob validates");
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(blob).expect("room for the blob");
    let elf = firmware::build(&board.name).expect("the firmware is built");
    let mut device = Emulated::boot(board, &elf, file.path()).expect("the board boots");
    let mut memory = vec![0; model.memory_bytes()];
    let mut stack = 0;
    for image in images {
        let mut session = Session::new(&model, &mut memory).expect("the memory suffices");
        let output = session.run(image).expect("the host runs").output().to_vec();
        let found = device.infer(image, true).expect("the board runs");
        assert_eq!(found.output, output);
        assert_eq!(found.tensor_hashes, trace(&model, image, 0));
        assert_eq!(found.arena_bytes as usize, model.arena_bytes());
        stack = stack.max(found.stack_bytes);
    }
    stack
}

#[test]
fn twenty_images_give_the_same_bytes_in_every_tensor_on_a_cortex_m4() {
    let board = Board::find("mps2-an386").expect("the board is known");
    let blob = blob("fashion_mobilenet_v2.onnx", Ptq::FAST);
    let stack = computes_the_bytes_of_the_host(&board, &blob, &images("test", 20));
    let model = Model::new(&blob).expect("the blob validates");
    assert!(stack as usize <= model.stack_bytes(), "{stack}");
}

#[test]
fn a_few_images_give_the_same_bytes_in_every_tensor_on_every_64_bit_core() {
    let board = Board::find("virt-aarch64").expect("the board is known");
    assert_eq!(board.cpus, ["cortex-a53", "neoverse-n1", "max"]);
    let blob = blob("fashion_mobilenet_v2.onnx", Ptq::FAST);
    let images = images("test", 4);
    for (cpu, count) in [("cortex-a53", 4), ("neoverse-n1", 1), ("max", 1)] {
        let board = board.clone().with_cpu(cpu).expect("the board may have it");
        computes_the_bytes_of_the_host(&board, &blob, &images[..count]);
    }
}

#[test]
fn a_few_images_give_the_same_bytes_in_every_tensor_on_every_32_bit_cortex_a() {
    let board = Board::find("virt-armv7a").expect("the board is known");
    assert_eq!(board.cpus, ["cortex-a7", "cortex-a15"]);
    let blob = blob("fashion_mobilenet_v2.onnx", Ptq::FAST);
    let images = images("test", 2);
    for cpu in board.cpus.clone() {
        let board = board.clone().with_cpu(&cpu).expect("the board may have it");
        computes_the_bytes_of_the_host(&board, &blob, &images);
    }
}

/// Squeeze-excite, hard-swish, and tensors of both sizes of elements.
#[test]
fn int16_and_squeeze_excite_give_the_same_bytes_on_every_board() {
    let ptq = Ptq {
        int16: Some(true),
        ..Ptq::FAST
    };
    let blob = blob("fashion_mobilenet_v3.onnx", ptq);
    let model = Model::new(&blob).expect("the blob validates");
    let tensors = model.tables().flow.tensors;
    let wide = tensors.iter().filter(|tensor| tensor.element_bytes == 2);
    assert!(wide.count() > 0, "some tensor is worth it in this net");
    for board in Board::all().expect("the boards can be read") {
        computes_the_bytes_of_the_host(&board, &blob, &images("test", 1));
    }
}
