//! An activation tensor: its shape, its scale, and the ring of rows in which it lives.

use super::record::record;

record! {
    /// One tensor of height × width × channels int8, rows one after another, channels innermost.
    TensorRecord {
        /// Rows.
        height: u16,
        /// Pixels of a row.
        width: u16,
        /// Bytes of a pixel.
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
        /// The int8 that stands for 0.
        zero_point: i8,
        /// Order of the bytes in a row: 0 is pixel after pixel.
        layout: u8,
    }
}

impl TensorRecord {
    /// Bytes of one row; saturates, since validation has seen that it fits.
    pub fn row_bytes(&self) -> usize {
        usize::from(self.width).saturating_mul(usize::from(self.channels))
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

    /// Number of elements.
    pub fn elements(&self) -> u64 {
        u64::from(self.height)
            .saturating_mul(u64::from(self.width))
            .saturating_mul(u64::from(self.channels))
    }
}
