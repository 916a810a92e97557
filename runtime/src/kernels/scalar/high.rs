//! The upper half of a product of 64 bits, rounded: what every requantization needs.

/// `(a * b + 2^31) >> 32`.
#[inline(always)]
pub fn high(a: i32, b: i32) -> i32 {
    if cfg!(tidbit_armv6m) {
        by_halves(a, b)
    } else {
        let product = i64::from(a).wrapping_mul(i64::from(b));
        (product.wrapping_add(1 << 31) >> 32) as i32
    }
}

/// The same out of products of 32 bits, for cores that have no longer ones.
///
/// With `a = ah * 2^16 + al` and `b = bh * 2^16 + bl`, of which the lower halves are unsigned, no sum on the
/// way exceeds 32 bits: the greatest is `32767 * 65535 + 65534 + 2^15`, which is 2^31 less 1.
#[inline(always)]
fn by_halves(a: i32, b: i32) -> i32 {
    let (ah, al) = (a >> 16, a & 0xffff);
    let (bh, bl) = (b >> 16, b & 0xffff);
    let low = (al as u32).wrapping_mul(bl as u32) >> 16;
    // Half a unit of the result is 2^31, 2^15 of what is summed here.
    let middle = ah
        .wrapping_mul(bl)
        .wrapping_add(low as i32)
        .wrapping_add(1 << 15);
    let other = al.wrapping_mul(bh).wrapping_add(middle & 0xffff);
    ah.wrapping_mul(bh)
        .wrapping_add(middle >> 16)
        .wrapping_add(other >> 16)
}

#[cfg(test)]
mod tests {
    use super::{by_halves, high};

    #[test]
    fn halves_make_the_same_product() {
        let edges = [
            i32::MIN,
            i32::MIN + 1,
            -65537,
            -65536,
            -65535,
            -32769,
            -32768,
            -1,
            0,
            1,
            2,
            32767,
            32768,
            65535,
            65536,
            65537,
            0x7fff_0000,
            0x7fff_7fff,
            0x7fff_8000,
            i32::MAX - 1,
            i32::MAX,
        ];
        for a in edges {
            for b in edges {
                assert_eq!(by_halves(a, b), high(a, b), "{a} * {b}");
            }
        }
        let mut state = 1u64;
        for _ in 0..1_000_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let (a, b) = ((state >> 32) as i32, (state >> 7) as i32);
            assert_eq!(by_halves(a, b), high(a, b), "{a} * {b}");
        }
    }
}
