//! The debug mode: what every tensor is watched for. A checksum of each tells host and board whether they
//! compute the same bytes, or where they first differ; the instructions of each tell where time goes.

use heapless::Vec;
use tidbit::blob::header::MAX_OPS;
use tidbit::{Observer, RunningChecksum};
use tidbit_link::{ToHost, TraceKind};

use crate::board::Counter;

const TENSORS: usize = MAX_OPS as usize;

/// A running checksum, or a sum of instructions, for each tensor of the net.
///
/// Tensors grow row by row, and the rows of several tensors interleave; so all of them run at once.
#[derive(Default)]
pub struct Trace {
    hashes: Vec<RunningChecksum, TENSORS>,
    instructions: Vec<u32, TENSORS>,
}

impl Trace {
    /// Of no tensor yet.
    pub const fn new() -> Self {
        Self {
            hashes: Vec::new(),
            instructions: Vec::new(),
        }
    }

    /// Starts anew for a net of so many tensors.
    pub(crate) fn restart(&mut self, trace: TraceKind, tensors: u16) {
        self.hashes.clear();
        self.instructions.clear();
        // Validation lets no more tensors through than there is room for.
        for _ in 0..tensors {
            let _ = match trace {
                TraceKind::Off => return,
                TraceKind::Hashes => self.hashes.push(RunningChecksum::new()).is_ok(),
                TraceKind::Instructions => self.instructions.push(0).is_ok(),
            };
        }
    }

    /// What there is to tell of each tensor, in order.
    pub(crate) fn messages(&self) -> impl Iterator<Item = ToHost<'static>> {
        let hashes = (0..).zip(self.hashes.iter().map(RunningChecksum::finish));
        let counts = (0..).zip(self.instructions.iter().copied());
        hashes
            .map(|(tensor, crc32)| ToHost::TensorHash { tensor, crc32 })
            .chain(counts.map(|(tensor, count)| ToHost::Instructions { tensor, count }))
    }

    /// The observer of a piece of work, from the moment that its counter began.
    pub(crate) fn over<'a, C: Counter>(&'a mut self, counter: &'a C) -> Laps<'a, C> {
        let last = counter.elapsed();
        Laps {
            tracer: self,
            counter,
            last,
        }
    }
}

/// A tracer with the counter that it reads whenever a row was made.
pub(crate) struct Laps<'a, C> {
    tracer: &'a mut Trace,
    counter: &'a C,
    last: u64,
}

impl<C: Counter> Observer for Laps<'_, C> {
    fn row(&mut self, tensor: u16, _row: u16, bytes: &[u8]) {
        let tensor = usize::from(tensor);
        if let Some(hash) = self.tracer.hashes.get_mut(tensor) {
            hash.update(bytes);
        }
        if let Some(count) = self.tracer.instructions.get_mut(tensor) {
            let now = self.counter.elapsed();
            let lap = u32::try_from(now.wrapping_sub(self.last)).unwrap_or(u32::MAX);
            *count = count.saturating_add(lap);
            self.last = now;
        }
    }
}

impl Observer for Trace {
    fn row(&mut self, tensor: u16, _row: u16, bytes: &[u8]) {
        if let Some(hash) = self.hashes.get_mut(usize::from(tensor)) {
            hash.update(bytes);
        }
    }
}
