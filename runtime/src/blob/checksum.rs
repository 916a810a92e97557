//! The checksum over a blob: CRC-32/ISO-HDLC, the one of zip, PNG and Ethernet.
//!
//! It takes four bits at a time: the table for eight would be a kilobyte of a board's flash.

/// What four bits leave as they are shifted out, by their value.
static LEFT: [u32; 16] = [
    0x0000_0000,
    0x1db7_1064,
    0x3b6e_20c8,
    0x26d9_30ac,
    0x76dc_4190,
    0x6b6b_51f4,
    0x4db2_6158,
    0x5005_713c,
    0xedb8_8320,
    0xf00f_9344,
    0xd6d6_a3e8,
    0xcb61_b38c,
    0x9b64_c2b0,
    0x86d3_d2d4,
    0xa00a_e278,
    0xbdbd_f21c,
];

/// CRC-32 of `bytes`.
pub fn checksum(bytes: &[u8]) -> u32 {
    let mut running = RunningChecksum::new();
    running.update(bytes);
    running.finish()
}

/// A CRC-32 that grows by pieces: the hash by which two targets compare their tensors.
#[derive(Clone)]
pub struct RunningChecksum(u32);

impl RunningChecksum {
    /// Of nothing yet.
    pub fn new() -> Self {
        Self(u32::MAX)
    }

    /// Takes more bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let mut rest = self.0 ^ u32::from(*byte);
            for _ in 0..2 {
                let [low, ..] = rest.to_le_bytes();
                let left = LEFT.get(usize::from(low & 15)).copied();
                rest = (rest >> 4) ^ left.unwrap_or_default();
            }
            self.0 = rest;
        }
    }

    /// The checksum of all bytes so far.
    pub fn finish(&self) -> u32 {
        !self.0
    }
}

impl Default for RunningChecksum {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_crc_of_the_catalogue() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn every_byte_counts() {
        // Of all bytes, by another program.
        let all: [u8; 256] = core::array::from_fn(|at| u8::try_from(at).unwrap());
        assert_eq!(checksum(&all), 0x2905_8c73);
    }

    #[test]
    fn grows_by_pieces() {
        let mut running = RunningChecksum::new();
        running.update(b"1234");
        running.update(b"56789");
        assert_eq!(running.finish(), 0xcbf4_3926);
    }
}
