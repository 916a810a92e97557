//! How the picture looks: colours, texts, figures.

use svg::node::element::Text;

/// Of texts and axes.
pub const INK: &str = "#1a1a1a";
/// Of what is there for orientation.
pub const FAINT: &str = "#c8c8c8";
/// Of the peak.
pub const PEAK: &str = "#b00020";

/// The colours of an operator's rings. Hues are those of Okabe and Ito, which colour-blind people
/// tell apart; black texts are legible on the fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// Of an operator, by its name.
    pub fn of(operator: &str) -> Self {
        Self(match operator {
            "Input" => [0x8c, 0x8c, 0x8c],
            "Conv" => [0xcc, 0x79, 0xa7],
            "Pointwise" => [0x56, 0xb4, 0xe9],
            "Depthwise" => [0xe6, 0x9f, 0x00],
            "Add" => [0x00, 0x9e, 0x73],
            "Dense" => [0xd5, 0x5e, 0x00],
            "Table" => [0x00, 0x72, 0xb2],
            pool if pool.ends_with("Pool") => [0xd8, 0xc8, 0x10],
            _ => [0x50, 0x50, 0x50],
        })
    }

    /// Of outlines.
    pub fn line(self) -> String {
        self.mixed(0.9, 0)
    }

    /// Of rows that are needed.
    pub fn full(self) -> String {
        self.mixed(0.62, 255)
    }

    /// A share of the colour in white (255) or black (0).
    fn mixed(self, share: f64, with: u8) -> String {
        let [red, green, blue] = self
            .0
            .map(|part| (f64::from(part) * share + f64::from(with) * (1.0 - share)).round() as u8);
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

/// A coordinate, as exact as anybody can see.
pub fn at(coordinate: f64) -> f64 {
    (coordinate * 100.0).round() / 100.0
}

/// A text from `x` on, on the line `y`.
pub fn text(x: f64, y: f64, size: f64, content: &str) -> Text {
    Text::new(legal(content))
        .set("x", at(x))
        .set("y", at(y))
        .set("font-size", size)
}

/// A text without the characters that XML cannot hold, however they are escaped.
pub fn legal(content: &str) -> String {
    let illegal = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{fffe}' | '\u{ffff}');
    content.replace(illegal, "\u{fffd}")
}

/// The width of a text, at least: fonts differ, and this is a wide one.
pub fn width(content: &str, size: f64) -> f64 {
    content.chars().count() as f64 * size * 0.62
}

/// A text, cut where it is too long for a width.
pub fn cut(content: &str, size: f64, room: f64) -> String {
    let fits = (room / (size * 0.62)) as usize;
    if content.chars().count() <= fits {
        return content.to_owned();
    }
    let kept: String = content.chars().take(fits.saturating_sub(1)).collect();
    kept + "…"
}

/// Bytes, for people.
pub fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        _ => format!("{:.1} KB", bytes as f64 / 1024.0),
    }
}

/// Distance of ticks, 1, 2 or 5 of a power of ten, such that there are at most `most` up to `end`.
pub fn tick(end: f64, most: f64) -> f64 {
    let least = (end / most).max(1.0);
    let power = 10f64.powf(least.log10().floor());
    let factors = [1.0, 2.0, 5.0, 10.0].into_iter();
    factors
        .map(|factor| factor * power)
        .find(|tick| *tick >= least)
        .unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::{Colour, cut, legal, size, tick};

    #[test]
    fn ticks_are_round() {
        let ends = [1.0, 9.0, 10.0, 47.0, 1372.0, 4000.0];
        assert_eq!(
            ends.map(|end| tick(end, 8.0)),
            [1.0, 2.0, 2.0, 10.0, 200.0, 500.0]
        );
    }

    #[test]
    fn figures_and_texts() {
        assert_eq!(
            (size(1000), size(1536)),
            ("1000 bytes".into(), "1.5 KB".into())
        );
        assert_eq!(cut("features.0.conv", 10.0, 62.0), "features.…");
        assert_eq!(cut("short", 10.0, 62.0), "short");
        assert_eq!(
            legal("a\u{0}b\u{1b}c\u{ffff}d"),
            "a\u{fffd}b\u{fffd}c\u{fffd}d"
        );
    }

    #[test]
    fn an_operator_to_come_has_a_colour_too() {
        assert_eq!(Colour::of("Multiply"), Colour::of("Softmax"));
        assert_eq!(Colour::of("Input").full(), "#b8b8b8");
    }
}
