//! The bundled net on the emulated Cortex-M4: the host computes the board's bytes exactly.

use std::io::Write;
use std::path::Path;

use tidbit::{Model, Observer, RunningChecksum, Session};
use tidbit_cli::board::{Board, Emulated, firmware};
use tidbit_cli::dataset::Dataset;
use tidbit_quantize::{Network, Normalization, Options, RangeMethod};

/// A CRC-32 of every tensor.
struct Hashes(Vec<RunningChecksum>);

impl Observer for Hashes {
    fn row(&mut self, tensor: u16, _row: u16, bytes: &[u8]) {
        self.0[usize::from(tensor)].update(bytes);
    }
}

#[test]
fn twenty_images_give_the_same_bytes_in_every_tensor() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let pixels = |path: &Path| image::open(path).expect("a PNG").to_luma8().into_raw();
    let load = |folder: &str, count: usize| -> Vec<Vec<u8>> {
        let dataset = Dataset::open(&fixtures.join(folder)).expect("the fixtures are readable");
        let samples = dataset.samples.iter().take(count);
        samples.map(|sample| pixels(&sample.path)).collect()
    };
    let net = Network::load(&fixtures.join("fashion_mobilenet_v2.onnx")).expect("it is understood");
    let options = Options {
        normalization: Normalization {
            mean: vec![73.0],
            std: vec![90.0],
            bgr: false,
        },
        labels: vec![],
        ranges: Some(RangeMethod::Percentile),
        ram: tidbit_quantize::Ram::Auto,
        ptq: tidbit_quantize::Ptq::FAST,
    };
    let made = net.quantize(&load("calibration", 120), &options, &());
    let blob = made.expect("it is quantized").blob;
    let model = Model::new(&blob).expect("the blob validates");
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(&blob).expect("room for the blob");

    let board = Board::find("mps2-an386").expect("the board is known");
    let elf = firmware::build(&board.name).expect("the firmware is built");
    let mut device = Emulated::boot(&board, &elf, file.path()).expect("the board boots");
    let mut memory = vec![0; model.memory_bytes()];
    for image in load("test", 20) {
        let mut session = Session::new(&model, &mut memory).expect("the memory suffices");
        let ops = usize::from(model.tables().header.op_count);
        let mut hashes = Hashes(vec![RunningChecksum::new(); ops]);
        let answer = session
            .run_observed(&image, &mut hashes)
            .expect("the host runs");
        let found = device.infer(&image, true).expect("the board runs");
        assert_eq!(found.output, answer.output());
        let expected: Vec<u32> = hashes.0.iter().map(RunningChecksum::finish).collect();
        assert_eq!(found.tensor_hashes, expected);
        assert_eq!(found.arena_bytes as usize, model.arena_bytes());
        assert!(
            found.stack_bytes as usize <= model.stack_bytes(),
            "{}",
            found.stack_bytes
        );
    }
}
