//! The parameters of the operators, one record a kind.

use super::record::record;

record! {
    /// Of `Conv` and `Depthwise`. Weights are int8, but not -128, in the order that `packing` says.
    ConvParams {
        /// Rows of the kernel.
        kernel_h: u16,
        /// Columns of the kernel.
        kernel_w: u16,
        /// Columns by which the window moves.
        stride_w: u16,
        /// Distance of the kernel's rows.
        dilation_h: u16,
        /// Distance of the kernel's columns.
        dilation_w: u16,
        /// Columns of padding on the left.
        pad_left: u16,
        /// Groups; for `Depthwise` the channels of the input.
        groups: u16,
        /// Bits by which the accumulator is shifted left before the multiplier.
        shift: u8,
        /// Order of the weights, a [`Packing`](crate::kernels::Packing).
        packing: u8,
        /// Least output.
        lo: i16,
        /// Greatest output.
        hi: i16,
        /// Offset of the weights.
        weights: u32,
        /// Offset of the biases: an i32 for each output channel, input zero point folded in.
        bias: u32,
        /// Offset of the multipliers: an i32 for each output channel.
        multipliers: u32,
        /// Offset of the pixel that stands outside the input; 0: the input's zero point.
        pad_pixel: u32,
    }
}

record! {
    /// Of `AveragePool`, `MaxPool` and `MinPool`.
    PoolParams {
        /// Rows of the window.
        kernel_h: u16,
        /// Columns of the window.
        kernel_w: u16,
        /// Columns by which the window moves.
        stride_w: u16,
        /// Columns of padding on the left.
        pad_left: u16,
        /// Bits by which the sum is shifted left before the multiplier.
        shift: u8,
        /// 1 if there is a multiplier for each number of elements under the window, 0 if one for all.
        by_count: u8,
        /// Least output.
        lo: i16,
        /// Greatest output.
        hi: i16,
        /// Zero.
        reserved: u16,
        /// Offset of the multipliers (i32), `AveragePool` only.
        multipliers: u32,
    }
}

record! {
    /// Of `Add`: `(qa * ma + qb * mb + c) >> shift`, clamped.
    AddParams {
        /// Multiplier of the first operand.
        ma: i16,
        /// Multiplier of the second operand.
        mb: i16,
        /// Both zero points, the output's zero point, and one half.
        c: i32,
        /// Bits to shift right.
        shift: u8,
        /// Zero.
        reserved: u8,
        /// Least output.
        lo: i16,
        /// Greatest output.
        hi: i16,
    }
}

record! {
    /// Of `Mul`: the product of both operands less their zero points, requantized.
    MulParams {
        /// Multiplier.
        multiplier: i32,
        /// Bits by which the product is shifted left before the multiplier.
        shift: u8,
        /// Zero.
        reserved: u8,
        /// Least output.
        lo: i16,
        /// Greatest output.
        hi: i16,
    }
}

record! {
    /// Of `Gather`; the row that it picks is the last under the operator's window.
    GatherParams {
        /// Offset of a u16 for each output channel: the channel that it picks, those of the second
        /// input counted behind those of the first; [`NO_CHANNEL`]: the output's zero point.
        map: u32,
        /// Offset of the table (256 int8, by input + 128) that elements of the first input go
        /// through; 0: they stay as they are.
        table_a: u32,
        /// The same for the second input.
        table_b: u32,
        /// Columns from one picked pixel to the next.
        stride_w: u16,
        /// Column of the first picked pixel.
        first_column: u16,
    }
}

/// In the map of a `Gather`: the output's zero point in place of a channel.
pub const NO_CHANNEL: u16 = 0xffff;

record! {
    /// Of `Table` (256 int8, by input + 128; of an int16 257 points, an i16 each) and `Softmax` (256 u16, by distance from the maximum).
    TableParams {
        /// Offset of the table.
        table: u32,
    }
}

record! {
    /// Of `Pad`; the rows above are the operator's `pad_top`.
    PadParams {
        /// Columns on the left.
        pad_left: u16,
        /// Zero.
        reserved: u16,
    }
}

record! {
    /// Of `Resize`.
    ResizeParams {
        /// Offset of a [`Position`] for each row of the output.
        rows: u32,
        /// Offset of a [`Position`] for each column of the output.
        columns: u32,
    }
}

record! {
    /// Where a row or column of a `Resize` lies on the input: on one, or between two neighbours.
    Position {
        /// The row or column, or the first of two.
        first: u16,
        /// Share of the second in 256ths, below 256; 0: it lies on the first.
        share: u16,
    }
}

impl Position {
    /// The last row or column that it reads.
    pub fn last(&self) -> u16 {
        self.first.saturating_add(self.share.min(1))
    }
}

record! {
    /// Of `DepthToSpace`.
    DepthToSpaceParams {
        /// Rows of a block.
        block_h: u16,
        /// Columns of a block.
        block_w: u16,
        /// Order of the input's channels: 0 is block row, block column, output channel; 1 is output
        /// channel, block row, block column.
        order: u16,
        /// Zero.
        reserved: u16,
    }
}
