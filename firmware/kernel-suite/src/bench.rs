//! Buffers of a job, and the comparison of all of their bytes.

/// Bytes of patches, of weights, of the output and of scratch; each with a margin around what a job uses.
const INPUT: usize = 8192;
const WEIGHTS: usize = 8192;
const OUTPUT: usize = 2048;
const SCRATCH: usize = 4096;
/// Most output channels of a job.
pub const CHANNELS: usize = 144;
/// Bytes that no job may touch, on either side of its output and scratch.
pub const MARGIN: usize = 32;

/// What a job reads and writes; 40 KB.
pub struct Bench {
    pub(crate) input: [i8; INPUT],
    pub(crate) weights: [i8; WEIGHTS],
    pub(crate) bias: [[u8; 4]; CHANNELS],
    pub(crate) multipliers: [[u8; 4]; CHANNELS],
    pub(crate) expected: [i8; OUTPUT],
    pub(crate) found: [i8; OUTPUT],
    pub(crate) scratch: [i8; SCRATCH],
}

impl Bench {
    /// Buffers for any job, all zeros.
    pub const fn new() -> Self {
        Self {
            input: [0; INPUT],
            weights: [0; WEIGHTS],
            bias: [[0; 4]; CHANNELS],
            multipliers: [[0; 4]; CHANNELS],
            expected: [0; OUTPUT],
            found: [0; OUTPUT],
            scratch: [0; SCRATCH],
        }
    }

    /// Fills both outputs and the scratch with a pattern.
    pub(crate) fn clear(&mut self) {
        let pattern = |(at, byte): (usize, &mut i8)| *byte = (at as i8).wrapping_mul(29) ^ 0x5a;
        self.expected.iter_mut().enumerate().for_each(pattern);
        self.found.iter_mut().enumerate().for_each(pattern);
        self.scratch.iter_mut().enumerate().for_each(pattern);
    }

    /// Compares both outputs, and the scratch outside `used` with the pattern.
    pub(crate) fn check(
        &self,
        kernel: &'static str,
        job: u32,
        used: core::ops::Range<usize>,
        detail: [usize; 8],
    ) -> Result<(), Failure> {
        let pairs = self.expected.iter().zip(&self.found);
        let differing = pairs.into_iter().position(|(a, b)| a != b);
        let pattern = |at: usize| (at as i8).wrapping_mul(29) ^ 0x5a;
        let mut outside = (0..self.scratch.len()).filter(|at| !used.contains(at));
        let touched = outside.find(|&at| self.scratch[at] != pattern(at));
        match (differing, touched) {
            (None, None) => Ok(()),
            (Some(byte), _) => Err(Failure {
                kernel,
                job,
                place: "output",
                byte,
                expected: self.expected[byte],
                found: self.found[byte],
                detail,
            }),
            (None, Some(byte)) => Err(Failure {
                kernel,
                job,
                place: "scratch",
                byte,
                expected: pattern(byte),
                found: self.scratch[byte],
                detail,
            }),
        }
    }
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

/// A job whose bytes differ from those of the scalar kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kernel.
    pub kernel: &'static str,
    /// Number of the job among those of the kernel.
    pub job: u32,
    /// The buffer.
    pub place: &'static str,
    /// The first byte that differs.
    pub byte: usize,
    /// Of the scalar kernel, or of the pattern.
    pub expected: i8,
    /// Of the backend.
    pub found: i8,
    /// Sizes of the job, as its file lists them.
    pub detail: [usize; 8],
}
