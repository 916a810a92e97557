//! What the micro-kernels of convolutions are asked for: everything but the rows themselves.

use super::{Packing, Requant};

/// Weights as they lie in the blob.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// The int8, each once.
    pub values: &'a [i8],
    /// Their order.
    pub packing: Packing,
}

/// A GEMM with requantization: patches of `k` elements against the weights of each output channel.
///
/// Patch `p` begins at byte `p * pitch` of the patches; its output for channel `n` is element `n`
/// from byte `p * stride` of the output on. There are as many channels as `requant` has biases.
#[derive(Clone, Copy, Debug)]
pub struct Gemm<'a> {
    /// Elements of a patch.
    pub k: usize,
    /// Bytes from one patch to the next.
    pub pitch: usize,
    /// Bytes from one output pixel to the next.
    pub stride: usize,
    /// Bytes of an element of a patch, 1 or 2.
    pub input_bytes: u8,
    /// Bytes of an element of the output, 1 or 2.
    pub output_bytes: u8,
    /// `k` for each output channel.
    pub weights: Weights<'a>,
    /// Of each output channel.
    pub requant: Requant<'a>,
}

impl Gemm<'_> {
    /// Number of output channels.
    pub fn outputs(&self) -> usize {
        self.requant.bias.len()
    }

    /// Whether `count` patches and their output lie within slices of these lengths, and all weights and
    /// multipliers are there: what a kernel that reads by address has to know first.
    pub fn fits(&self, count: usize, patches: usize, out: usize) -> bool {
        self.reads(count, patches)
            && self.writes(count, out)
            && self.outputs().checked_mul(self.k) == Some(self.weights.values.len())
            && self.requant.multipliers.len() == self.outputs()
    }

    /// Whether `count` patches, each of an element at least, lie within a slice of this length.
    pub fn reads(&self, count: usize, patches: usize) -> bool {
        self.reads_of(self.k, count, patches)
    }

    /// As [`reads`](Self::reads), of `k` elements of each patch.
    pub fn reads_of(&self, k: usize, count: usize, patches: usize) -> bool {
        let end = end_of(count, self.pitch, (k, self.input_bytes));
        k > 0 && end.is_some_and(|end| end <= patches)
    }

    /// Whether the output of `count` patches lies within a slice of this length.
    pub fn writes(&self, count: usize, out: usize) -> bool {
        let end = end_of(count, self.stride, (self.outputs(), self.output_bytes));
        end.is_some_and(|end| end <= out)
    }
}

/// One past the last byte of `count` runs of elements of 1 or 2 bytes; there is one at least.
fn end_of(count: usize, pitch: usize, (elements, bytes): (usize, u8)) -> Option<usize> {
    matches!(bytes, 1 | 2).then_some(())?;
    let last = count.checked_sub(1)?.checked_mul(pitch)?;
    last.checked_add(elements.checked_mul(usize::from(bytes))?)
}

/// Runs of bytes that lie evenly apart, and shall lie evenly apart elsewhere.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Runs {
    /// How many.
    pub count: usize,
    /// Bytes of each.
    pub len: usize,
    /// Bytes from one to the next where they lie.
    pub step: usize,
    /// Bytes from one to the next where they shall lie.
    pub pitch: usize,
}

impl Runs {
    /// Whether all that is read and written lies within slices of these lengths.
    pub fn fits(&self, from: usize, to: usize) -> bool {
        let end = |apart: usize| {
            let last = self.count.checked_sub(1)?.checked_mul(apart)?;
            last.checked_add(self.len)
        };
        end(self.step).is_some_and(|end| end <= from)
            && end(self.pitch).is_some_and(|end| end <= to)
    }
}

/// Most rows of the kernel of a depthwise convolution.
pub const MAX_TAP_ROWS: usize = 16;

/// One row of a depthwise convolution.
///
/// Output pixel `x` has tap `(i, j)` over pixel `x * stride + j * dilation - pad_left` of the `i`-th of
/// the rows that it is given; a row without a byte lies outside the image. Output channel `c` reads
/// input channel `c / multiplier`.
#[derive(Clone, Copy, Debug)]
pub struct Depthwise<'a> {
    /// Channels of the input.
    pub channels: usize,
    /// Output channels of each.
    pub multiplier: usize,
    /// Rows and columns of the kernel.
    pub kernel: [usize; 2],
    /// Pixels by which the window moves.
    pub stride: usize,
    /// Distance of the kernel's columns.
    pub dilation: usize,
    /// Pixels of padding on the left.
    pub pad_left: usize,
    /// Pixels of an input row.
    pub width: usize,
    /// Bytes of an element of the input, 1 or 2.
    pub input_bytes: u8,
    /// Bytes of an element of the output, 1 or 2.
    pub output_bytes: u8,
    /// A weight for each tap of each output channel.
    pub weights: Weights<'a>,
    /// Of each output channel.
    pub requant: Requant<'a>,
    /// What stands outside the image, where it is not the zero point: an int8 for each channel.
    pub outside: Option<&'a [i8]>,
    /// The input's zero point.
    pub zero_point: i8,
}

impl Depthwise<'_> {
    /// Number of output channels.
    pub fn outputs(&self) -> usize {
        self.requant.bias.len()
    }

    /// Number of taps.
    pub fn taps(&self) -> usize {
        let [rows, columns] = self.kernel;
        rows.wrapping_mul(columns)
    }

    /// Distance in the weights from one output channel to the next, and from one tap to the next.
    pub fn strides(&self) -> (usize, usize) {
        if self.weights.packing.depthwise_by_channel() {
            (self.taps(), 1)
        } else {
            (1, self.outputs())
        }
    }

    /// Bytes of a pixel of the input.
    pub fn pixel_bytes(&self) -> usize {
        self.channels.wrapping_mul(usize::from(self.input_bytes))
    }

    /// How many windows, `stride` rows apart, so many rows lie under.
    pub fn windows(&self, stride: usize, rows: usize) -> Option<usize> {
        let [kernel_rows, _] = self.kernel;
        let further = rows.checked_sub(kernel_rows)?.checked_div(stride)?;
        further.checked_add(1)
    }

    /// Whether all weights and multipliers are there, every row is whole or has no byte, and the window
    /// moves.
    pub fn fits(&self, rows: &[&[i8]]) -> bool {
        rows.len() == self.kernel[0] && self.fits_some(rows)
    }

    /// As [`fits`](Self::fits), for rows under any number of windows.
    pub fn fits_some(&self, rows: &[&[i8]]) -> bool {
        let outputs = self.outputs();
        let row = self.width.checked_mul(self.pixel_bytes());
        let [kernel_rows, columns] = self.kernel;
        let taps = kernel_rows.checked_mul(columns);
        let weights = taps.and_then(|taps| taps.checked_mul(outputs));
        outputs > 0
            && self.stride > 0
            && kernel_rows <= MAX_TAP_ROWS
            && weights == Some(self.weights.values.len())
            && self.channels.checked_mul(self.multiplier) == Some(outputs)
            && self.requant.multipliers.len() == outputs
            && self
                .outside
                .is_none_or(|pixel| pixel.len() == self.channels)
            && rows
                .iter()
                .all(|bytes| bytes.is_empty() || Some(bytes.len()) == row)
    }
}
