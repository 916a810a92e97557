//! The checksum over a blob: CRC-32/ISO-HDLC, the one of zip, PNG and Ethernet.

use crc::{CRC_32_ISO_HDLC, Crc, Table as CrcTable};

const CRC: Crc<u32, CrcTable<1>> = Crc::<u32, CrcTable<1>>::new(&CRC_32_ISO_HDLC);

/// CRC-32 of `bytes`.
pub fn checksum(bytes: &[u8]) -> u32 {
    CRC.checksum(bytes)
}

/// A CRC-32 that grows by pieces: the hash by which two targets compare their tensors.
#[derive(Clone)]
pub struct RunningChecksum(crc::Digest<'static, u32, CrcTable<1>>);

impl RunningChecksum {
    /// Of nothing yet.
    pub fn new() -> Self {
        static SHARED: Crc<u32, CrcTable<1>> = CRC;
        Self(SHARED.digest())
    }

    /// Takes more bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum of all bytes so far.
    pub fn finish(&self) -> u32 {
        self.0.clone().finalize()
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
    fn grows_by_pieces() {
        let mut running = RunningChecksum::new();
        running.update(b"1234");
        running.update(b"56789");
        assert_eq!(running.finish(), 0xcbf4_3926);
    }
}
