//! The bundled nets: where they are, what they are fed, and their blobs.

use std::path::{Path, PathBuf};

use tidbit_quantize::{Network, Normalization, Options, Ptq, Ram, RangeMethod};

/// The folder of the fixtures.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// What the nets are fed.
pub fn normalization() -> Normalization {
    Normalization {
        mean: vec![73.0],
        std: vec![90.0],
        bgr: false,
    }
}

/// The blob of a net that is fed so, with a method of ranges (or the best), a plan and passes.
///
/// # Panics
/// If the net cannot be read or quantized.
pub fn quantized(
    net: &Path,
    calibration: &[Vec<u8>],
    (ranges, ram, ptq): (Option<RangeMethod>, Ram, Ptq),
) -> Vec<u8> {
    let net = Network::load(net).expect("the bundled net is understood");
    let options = Options {
        normalization: normalization(),
        labels: vec![],
        ranges,
        ram,
        ptq,
    };
    let made = net.quantize(calibration, &options, &());
    made.expect("the bundled net is quantized").blob
}
