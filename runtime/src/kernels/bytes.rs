//! Reading bytes as int8 and back: the arena and the blob are bytes, activations are int8.

/// The same bytes, as int8.
pub fn as_i8(bytes: &[u8]) -> &[i8] {
    // SAFETY: u8 and i8 have the same size and alignment, every bit pattern is a value of both,
    // and the result borrows `bytes` for the same lifetime with the same length.
    unsafe { core::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len()) }
}

/// The same bytes, as int8, to write to.
pub fn as_i8_mut(bytes: &mut [u8]) -> &mut [i8] {
    // SAFETY: as in `as_i8`; the result holds the exclusive borrow of `bytes`.
    unsafe { core::slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), bytes.len()) }
}

/// The same int8, as bytes, to write to.
pub fn as_u8_mut(values: &mut [i8]) -> &mut [u8] {
    // SAFETY: as in `as_i8_mut`, the other way round.
    unsafe { core::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), values.len()) }
}

/// The same int8, as bytes.
pub fn as_u8(values: &[i8]) -> &[u8] {
    // SAFETY: as in `as_i8`, the other way round.
    unsafe { core::slice::from_raw_parts(values.as_ptr().cast(), values.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_every_bit() {
        let mut bytes = [0x00, 0x7f, 0x80, 0xff];
        assert_eq!(as_i8(&bytes), [0, 127, -128, -1]);
        as_i8_mut(&mut bytes)[3] = -2;
        assert_eq!(bytes[3], 0xfe);
        as_u8_mut(as_i8_mut(&mut bytes))[0] = 0x81;
        assert_eq!(as_i8(&bytes)[0], -127);
        assert_eq!(as_u8(as_i8(&bytes)), bytes);
    }
}
