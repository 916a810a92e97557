//! A checksum of every tensor of an inference: what two plans, or two targets, are compared by.

use tidbit::kernels::{Kernels, kernels};
use tidbit::{Model, Observer, RunningChecksum, Session};

/// Checksums of the tensors under way.
struct Hashes {
    tensors: Vec<RunningChecksum>,
    rows: Vec<u16>,
}

impl Observer for Hashes {
    fn row(&mut self, tensor: u16, row: u16, bytes: &[u8]) {
        let at = usize::from(tensor);
        assert_eq!(row, self.rows[at], "rows of tensor {tensor} come in order");
        self.rows[at] += 1;
        self.tensors[at].update(bytes);
    }
}

/// CRC-32 of every tensor, all rows of it, for an image; memory starts out as `fill`.
///
/// # Panics
/// If the model does not run, or does not make every row of every tensor.
pub fn trace(model: &Model<'_>, image: &[u8], fill: u8) -> Vec<u32> {
    trace_by(kernels(), model, image, fill)
}

/// As [`trace`], by these micro-kernels.
///
/// # Panics
/// As [`trace`].
pub fn trace_by(kernels: &'static Kernels, model: &Model<'_>, image: &[u8], fill: u8) -> Vec<u32> {
    let mut memory = vec![fill; model.memory_bytes()];
    let session = Session::with_kernels(model, &mut memory, kernels);
    trace_of(&mut session.expect("the memory suffices"), model, image)
}

/// As [`trace`], of a session that the caller made.
///
/// # Panics
/// As [`trace`].
pub fn trace_of(session: &mut Session<'_, '_>, model: &Model<'_>, image: &[u8]) -> Vec<u32> {
    let tensors = model.tables().flow.tensors;
    let count = tensors.iter().count();
    let mut hashes = Hashes {
        tensors: vec![RunningChecksum::new(); count],
        rows: vec![0; count],
    };
    session
        .run_observed(image, &mut hashes)
        .expect("a valid blob runs");
    let heights: Vec<u16> = tensors.iter().map(|tensor| tensor.height).collect();
    assert_eq!(hashes.rows, heights, "every row is shown");
    hashes.tensors.iter().map(RunningChecksum::finish).collect()
}
