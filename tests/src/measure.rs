//! A net, from ONNX bytes to the SQNR of its blob.

use std::io::Write;
use std::path::Path;

use tidbit::{Model, Session};
use tidbit_quantize::{Error, Network, Normalization, Options, RangeMethod, Reference, Sqnr};

/// A net on disk, quantized on pseudo-random images.
pub struct Measured {
    /// The blob.
    pub blob: Vec<u8>,
    /// Output SQNR, in dB.
    pub sqnr_db: f64,
    /// Greatest difference of an output from the reference, in steps of the output's scale.
    pub worst_steps: f32,
}

/// The normalization of the tests: pixels to -1..1.
pub fn normalization() -> Normalization {
    Normalization {
        mean: vec![127.5],
        std: vec![127.5],
        bgr: false,
    }
}

/// `count` images of pseudo-random blobs of colour: neighbouring pixels are alike, as in photos.
pub fn images(shape: tidbit::ImageShape, count: usize, seed: u64) -> Vec<Vec<u8>> {
    let mut state = seed | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let image = |_| {
        let mut pixels = vec![0u8; shape.bytes()];
        let mut level = [128i32; 4];
        for pixel in pixels.chunks_exact_mut(usize::from(shape.channels)) {
            for (value, level) in pixel.iter_mut().zip(&mut level) {
                *level = (*level + (next() % 81) as i32 - 40).clamp(0, 255);
                *value = *level as u8;
            }
        }
        pixels
    };
    (0..count).map(image).collect()
}

/// Writes a model to a temporary file.
///
/// # Panics
/// If there is no room for temporary files.
pub fn on_disk(model: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new()
        .suffix(".onnx")
        .tempfile()
        .expect("a temporary file");
    file.write_all(model).expect("room for a small model");
    file
}

/// Quantizes a model on pseudo-random images and measures the blob on some of them.
///
/// # Errors
/// The quantizer's.
///
/// # Panics
/// If the blob that was made does not run.
pub fn measure(path: &Path, normalization: &Normalization) -> Result<Measured, Error> {
    let net = Network::load(path)?;
    let shape = net.input_shape();
    let options = Options {
        normalization: normalization.clone(),
        labels: vec![],
        ranges: Some(RangeMethod::MinMax),
        ram: tidbit_quantize::Ram::Auto,
        ptq: tidbit_quantize::Ptq::FAST,
    };
    // The images that are measured are among those of the calibration: this measures arithmetic,
    // not how well 64 images stand for all others.
    let measured = images(shape, 16, 77);
    let calibration = [images(shape, 48, 1), measured.clone()].concat();
    let blob = net.quantize(&calibration, &options, &())?.blob;
    let reference = Reference::load(path, normalization)?;
    let model = Model::new(&blob)?;
    let mut memory = vec![0; model.memory_bytes()];
    let mut session = Session::new(&model, &mut memory)?;
    let output = model.output_tensor(0).expect("an output");
    let scale = f32::from_bits(output.scale);
    let mut sqnr = Sqnr::default();
    let mut worst_steps = 0.0f32;
    for image in measured {
        let truth = reference.run(&image)?;
        let answer = session.run(&image)?;
        let found: Vec<f32> = answer
            .output()
            .iter()
            .map(|&q| f32::from(i16::from(q) - i16::from(output.zero_point)) * scale)
            .collect();
        assert_eq!(truth.len(), found.len());
        for (truth, found) in truth.iter().zip(&found) {
            worst_steps = worst_steps.max((truth - found).abs() / scale);
        }
        sqnr.add(&truth, found);
    }
    Ok(Measured {
        sqnr_db: sqnr.db(),
        worst_steps,
        blob,
    })
}
