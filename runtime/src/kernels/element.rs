//! An element of an activation: an int8, or an int16 as two little-endian bytes.
//!
//! Most activations are int8. The few that need more precision are int16; rows of them need no
//! alignment, so an element is the bytes as they lie.

use super::bytes::{as_u8, as_u8_mut};

/// One element of a row.
pub trait Element: Copy {
    /// The least element.
    const MIN: Self;
    /// Its value.
    fn value(self) -> i32;
    /// The element of this value, of which bits that do not fit are cut off.
    fn of(value: i32) -> Self;
    /// The elements in these bytes; bytes that are too few for one more are left out.
    fn view(bytes: &[i8]) -> &[Self];
    /// As [`view`](Self::view), to write to.
    fn view_mut(bytes: &mut [i8]) -> &mut [Self];
}

impl Element for i8 {
    const MIN: Self = Self::MIN;

    #[inline(always)]
    fn value(self) -> i32 {
        i32::from(self)
    }

    #[inline(always)]
    fn of(value: i32) -> Self {
        value as Self
    }

    #[inline(always)]
    fn view(bytes: &[i8]) -> &[Self] {
        bytes
    }

    #[inline(always)]
    fn view_mut(bytes: &mut [i8]) -> &mut [Self] {
        bytes
    }
}

impl Element for [u8; 2] {
    const MIN: Self = i16::MIN.to_le_bytes();

    #[inline(always)]
    fn value(self) -> i32 {
        i32::from(i16::from_le_bytes(self))
    }

    #[inline(always)]
    fn of(value: i32) -> Self {
        (value as i16).to_le_bytes()
    }

    #[inline(always)]
    fn view(bytes: &[i8]) -> &[Self] {
        as_u8(bytes).as_chunks().0
    }

    #[inline(always)]
    fn view_mut(bytes: &mut [i8]) -> &mut [Self] {
        as_u8_mut(bytes).as_chunks_mut().0
    }
}

#[cfg(test)]
mod tests {
    use super::Element;

    #[test]
    fn every_value_comes_back() {
        for value in -128..128 {
            assert_eq!(i8::of(value).value(), value);
        }
        for value in -32768..32768 {
            assert_eq!(<[u8; 2]>::of(value).value(), value);
        }
        assert_eq!(<[u8; 2]>::MIN.value(), -32768);
        assert_eq!(i8::of(300), 44);
    }

    #[test]
    fn an_int16_is_two_bytes_low_first() {
        let mut bytes = [-1, 1, 7];
        assert_eq!(<[u8; 2]>::view(&bytes)[0].value(), 511);
        <[u8; 2]>::view_mut(&mut bytes)[0] = <[u8; 2]>::of(-2);
        assert_eq!(bytes, [-2, -1, 7]);
        assert_eq!(<[u8; 2]>::view(&bytes).len(), 1);
    }
}
