//! An operator: what it is, what it reads, and which rows it needs for a row of its output.

#[cfg(doc)]
use super::TensorRecord;
use super::record::record;

/// Kinds of operators; the number is the one in the blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OpKind {
    /// Takes the image's rows: each pixel byte less 128.
    Input = 0,
    /// Convolution, pointwise, grouped or dense.
    Conv = 1,
    /// Convolution of each channel by itself.
    Depthwise = 2,
    /// Average over a window.
    AveragePool = 3,
    /// Maximum over a window.
    MaxPool = 4,
    /// Sum of two tensors.
    Add = 5,
    /// A function of one element, as a table of 256.
    Table = 6,
    /// Softmax over the channels of each pixel.
    Softmax = 7,
    /// A border of zeros.
    Pad = 8,
    /// Product of two tensors.
    Mul = 9,
    /// Picks rows, columns and channels of up to two tensors.
    Gather = 10,
    /// An image of another size, nearest or bilinear.
    Resize = 11,
    /// Blocks of pixels out of the channels of one.
    DepthToSpace = 12,
    /// Minimum over a window.
    MinPool = 13,
    /// The number of the greatest channel of each pixel.
    ArgMax = 14,
}

impl OpKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 15] = [
        Self::Input,
        Self::Conv,
        Self::Depthwise,
        Self::AveragePool,
        Self::MaxPool,
        Self::Add,
        Self::Table,
        Self::Softmax,
        Self::Pad,
        Self::Mul,
        Self::Gather,
        Self::Resize,
        Self::DepthToSpace,
        Self::MinPool,
        Self::ArgMax,
    ];

    /// The kind with this number.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte)).copied()
    }

    /// The number of this kind.
    pub const fn byte(self) -> u8 {
        #[allow(clippy::as_conversions, reason = "the discriminant of a repr(u8) enum")]
        {
            self as u8
        }
    }

    /// The kind's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "Input",
            Self::Conv => "Conv",
            Self::Depthwise => "Depthwise",
            Self::AveragePool => "AveragePool",
            Self::MaxPool => "MaxPool",
            Self::Add => "Add",
            Self::Table => "Table",
            Self::Softmax => "Softmax",
            Self::Pad => "Pad",
            Self::Mul => "Mul",
            Self::Gather => "Gather",
            Self::Resize => "Resize",
            Self::DepthToSpace => "DepthToSpace",
            Self::MinPool => "MinPool",
            Self::ArgMax => "ArgMax",
        }
    }
}

record! {
    /// One operator. It makes the tensor of its own index.
    OpRecord {
        /// An [`OpKind`].
        kind: u8,
        /// 1 if it takes its input's rows one after another into its only row (pools whose window
        /// is as high as the input), so that they need not be there at the same time; else 0. Its
        /// window is then one row, and its steps count rows of the input.
        accumulates: u8,
        /// Tensor that it reads.
        input_a: u16,
        /// Second tensor that it reads, [`NONE`](super::header::NONE) if there is none.
        input_b: u16,
        /// Rows of the input under the window of one output row, gaps of a dilation included.
        window_rows: u16,
        /// Rows by which the window moves for each output row, times `divide_rows`.
        stride_rows: u16,
        /// What `stride_rows` is divided by: 1, but for operators whose output has more rows than
        /// their input.
        divide_rows: u16,
        /// Rows of padding above the input.
        pad_top: u16,
        /// Rows that one step makes (or takes, where it accumulates).
        step_rows: u16,
        /// Bytes of the name.
        name_bytes: u16,
        /// Offset of the record with the kind's own parameters, 0 if it has none.
        params: u32,
        /// Offset of the name (UTF-8).
        name: u32,
    }
}

impl OpRecord {
    /// The row of the input, padding above it counted, at which the window of output row `y` begins.
    #[inline(always)]
    fn top(&self, y: u16) -> u32 {
        let top = u32::from(y).saturating_mul(u32::from(self.stride_rows));
        top.checked_div(u32::from(self.divide_rows)).unwrap_or(top)
    }

    /// The first row of an input (of `height` rows) that output row `y` needs. The last row of an
    /// input is needed to the end: where it is the only one, it may stand for all, as in an operand
    /// that [broadcasts](TensorRecord::broadcasts_to).
    pub fn first_row(&self, y: u16, height: u16) -> u16 {
        let row = self.top(y).saturating_sub(u32::from(self.pad_top));
        let row = u16::try_from(row).unwrap_or(u16::MAX);
        row.min(height.saturating_sub(1))
    }

    /// One past the last row under the window of output row `y`, were the input high enough.
    #[inline(always)]
    pub fn bottom(&self, y: u16) -> u32 {
        self.top(y)
            .saturating_add(u32::from(self.window_rows))
            .saturating_sub(u32::from(self.pad_top))
    }

    /// One past the last row of an input (of `height` rows) that the output rows before `end` need.
    #[inline(always)]
    pub fn end_row(&self, end: u16, height: u16) -> u16 {
        let Some(last) = end.checked_sub(1) else {
            return 0;
        };
        u16::try_from(self.bottom(last))
            .unwrap_or(u16::MAX)
            .min(height)
    }
}

#[cfg(test)]
mod tests {
    use super::OpKind;

    #[test]
    fn kinds_stand_at_their_numbers() {
        for (number, kind) in (0u8..).zip(OpKind::ALL) {
            assert_eq!(kind.byte(), number);
            assert_eq!(OpKind::from_byte(number), Some(kind));
        }
        assert_eq!(OpKind::from_byte(15), None);
    }
}
