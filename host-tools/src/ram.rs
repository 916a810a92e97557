//! What `--ram` takes: `auto`, `layerwise`, or a number of bytes with an optional `K` or `M`.

use std::str::FromStr;

use tidbit_quantize::Ram;

/// A goal for the planner, as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RamChoice(pub Ram);

impl FromStr for RamChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ram = match text {
            "auto" => Ram::Auto,
            "layerwise" => Ram::Layerwise,
            _ => Ram::Budget(bytes(text).ok_or_else(|| {
                "give auto, layerwise, or bytes such as 65536, 192K (of 1024) or 1M".to_owned()
            })?),
        };
        Ok(Self(ram))
    }
}

/// A number of bytes; K and M count by 1024.
fn bytes(text: &str) -> Option<usize> {
    let (digits, unit) = match text.char_indices().last()? {
        (at, 'K' | 'k') => (text.get(..at)?, 1 << 10),
        (at, 'M' | 'm') => (text.get(..at)?, 1 << 20),
        _ => (text, 1),
    };
    digits.parse::<usize>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_read() {
        let read = |text: &str| text.parse::<RamChoice>().map(|choice| choice.0);
        assert_eq!(read("auto"), Ok(Ram::Auto));
        assert_eq!(read("layerwise"), Ok(Ram::Layerwise));
        assert_eq!(read("65536"), Ok(Ram::Budget(65_536)));
        assert_eq!(read("192K"), Ok(Ram::Budget(196_608)));
        assert_eq!(read("1M"), Ok(Ram::Budget(1 << 20)));
        for wrong in ["", "K", "-1", "12.5K", "lots", "99999999999999999999"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
