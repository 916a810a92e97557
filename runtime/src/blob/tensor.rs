//! An activation tensor: its shape, its scale, and the ring of rows in which it lives.

use super::record::record;

record! {
    /// One tensor of height × width × channels elements, rows one after another, channels innermost.
    TensorRecord {
        /// Rows.
        height: u16,
        /// Pixels of a row.
        width: u16,
        /// Elements of a pixel.
        channels: u16,
        /// Rows that the ring holds; row `y` lies in slot `y mod ring_rows`.
        ring_rows: u16,
        /// First byte of the ring in the arena.
        ring_offset: u32,
        /// First byte of the landing in the arena.
        landing_offset: u32,
        /// Rows that the landing holds; 0 if new rows are made in the ring itself.
        landing_rows: u16,
        /// No operator before this one reads the tensor.
        first_reader: u16,
        /// No operator behind this one reads the tensor.
        last_reader: u16,
        /// Bit pattern of the f32 scale: for hosts, the runtime never looks at it.
        scale: u32,
        /// The element that stands for 0.
        zero_point: i8,
        /// Order of the elements in a row: 0 is pixel after pixel.
        layout: u8,
        /// Bytes of an element: 1, int8; 2, int16, little-endian.
        element_bytes: u8,
        /// Zero.
        reserved: u8,
        /// Offset of an i8 `e` for each channel: what stands for `2^(e / 8)` times as much in the
        /// f32 net; 0 if that is all the same. For hosts, the runtime never looks at it.
        equalization: u32,
    }
}

impl TensorRecord {
    /// Bytes of one pixel.
    pub fn pixel_bytes(&self) -> usize {
        usize::from(self.channels).saturating_mul(usize::from(self.element_bytes))
    }

    /// Bytes of one row; saturates, since validation has seen that it fits.
    pub fn row_bytes(&self) -> usize {
        usize::from(self.width).saturating_mul(self.pixel_bytes())
    }

    /// Bytes of the ring.
    pub fn ring_bytes(&self) -> usize {
        self.row_bytes().saturating_mul(usize::from(self.ring_rows))
    }

    /// Bytes of the landing.
    pub fn landing_bytes(&self) -> usize {
        self.row_bytes()
            .saturating_mul(usize::from(self.landing_rows))
    }

    /// Whether it is a single pixel.
    pub fn is_pixel(&self) -> bool {
        (self.height, self.width) == (1, 1)
    }

    /// Whether height, width and channels are those of another tensor.
    pub fn is_shaped_like(&self, other: &Self) -> bool {
        let shape = |tensor: &Self| (tensor.height, tensor.width, tensor.channels);
        shape(self) == shape(other)
    }

    /// Whether the tensor can be the second operand of an operator whose first is `whole`: height,
    /// width and channels are each those of the first, or 1 and stand for all.
    pub fn broadcasts_to(&self, whole: &Self) -> bool {
        let spreads = |own: u16, whole: u16| own == whole || own == 1;
        spreads(self.height, whole.height)
            && spreads(self.width, whole.width)
            && spreads(self.channels, whole.channels)
    }

    /// Number of elements.
    pub fn elements(&self) -> u64 {
        u64::from(self.height)
            .saturating_mul(u64::from(self.width))
            .saturating_mul(u64::from(self.channels))
    }
}
