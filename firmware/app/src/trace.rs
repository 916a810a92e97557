//! The debug mode: a checksum of every tensor, by which host and board find out that they compute
//! the same bytes, or where they first differ.

use heapless::Vec;
use tidbit::blob::header::MAX_OPS;
use tidbit::{Observer, RunningChecksum};

const TENSORS: usize = MAX_OPS as usize;

/// A running checksum for each tensor of the net.
///
/// Tensors grow row by row, and the rows of several tensors interleave; so all of them run at once.
#[derive(Default)]
pub struct Trace(Vec<RunningChecksum, TENSORS>);

impl Trace {
    /// Of no tensor yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Starts anew with `tensors` empty checksums.
    pub(crate) fn restart(&mut self, tensors: u16) {
        self.0.clear();
        for _ in 0..tensors {
            // Validation lets no more tensors through than there is room for.
            let _ = self.0.push(RunningChecksum::new());
        }
    }

    /// The checksum of each tensor, in order.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = (u16, u32)> {
        (0..).zip(self.0.iter().map(RunningChecksum::finish))
    }
}

impl Observer for Trace {
    fn row(&mut self, tensor: u16, _row: u16, bytes: &[u8]) {
        if let Some(hash) = self.0.get_mut(usize::from(tensor)) {
            hash.update(bytes);
        }
    }
}
