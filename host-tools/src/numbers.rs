//! Lists of numbers on the command line: `127.5`, or `123.675,116.28,103.53`.

use std::str::FromStr;

/// One number, or several with commas between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers(pub Vec<f32>);

impl FromStr for Numbers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |piece: &str| match piece.trim().parse::<f32>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(format!(
                "'{piece}' is no number: give one for all channels, or one for each with commas \
                 between them, as in 127.5 or 123.675,116.28,103.53"
            )),
        };
        text.split(',')
            .map(number)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::Numbers;

    #[test]
    fn one_or_several() {
        assert_eq!("127.5".parse(), Ok(Numbers(vec![127.5])));
        assert_eq!("-1, 2,3e1".parse(), Ok(Numbers(vec![-1.0, 2.0, 30.0])));
    }

    #[test]
    fn the_offending_piece_is_named() {
        for (text, piece) in [
            ("", "''"),
            ("1,,2", "''"),
            ("1,x", "'x'"),
            ("nan", "'nan'"),
            ("inf", "'inf'"),
        ] {
            let error = text.parse::<Numbers>().unwrap_err();
            assert!(error.starts_with(piece), "{error}");
        }
    }
}
