//! Whether bytes are a text.
//!
//! The library's answer is made for speed, by tables and words: more flash than the rest of the
//! validation of texts, which are short, and which a device only looks at once.

/// Whether bytes are UTF-8, by the table of RFC 3629.
pub(super) fn is_utf8(bytes: &[u8]) -> bool {
    // Bytes that are to come of a character, and the least and the greatest that the next may be.
    let mut due = 0u8;
    let (mut least, mut most) = (0x80, 0xbf);
    for byte in bytes {
        if due > 0 {
            if *byte < least || *byte > most {
                return false;
            }
            due = due.saturating_sub(1);
            (least, most) = (0x80, 0xbf);
            continue;
        }
        match byte {
            0xe0 => least = 0xa0,
            0xed => most = 0x9f,
            0xf0 => least = 0x90,
            0xf4 => most = 0x8f,
            _ => {}
        }
        due = match byte {
            0x00..0x80 => 0,
            0xc2..0xe0 => 1,
            0xe0..0xf0 => 2,
            0xf0..0xf5 => 3,
            _ => return false,
        };
    }
    due == 0
}

#[cfg(test)]
mod tests {
    use super::is_utf8;

    #[test]
    fn says_what_the_library_says() {
        let edges = [
            0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0,
            0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
        ];
        let check = |bytes: &[u8]| {
            assert_eq!(
                is_utf8(bytes),
                core::str::from_utf8(bytes).is_ok(),
                "{bytes:x?}"
            );
        };
        check(&[]);
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                check(&[first]);
                check(&[first, second]);
                for third in edges {
                    check(&[first, second, third]);
                    for fourth in edges {
                        check(&[first, second, third, fourth]);
                        check(&[first, second, third, fourth, 0x41]);
                    }
                }
            }
        }
    }
}
