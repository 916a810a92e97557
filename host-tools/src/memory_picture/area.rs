//! A rectangle of the picture.

use super::style::at;
use super::time::Stretch;

/// A rectangle; `y` grows downwards, as in SVG.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Area {
    /// Right edge.
    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Lower edge.
    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Where `bytes` of a scale from its lower edge up to `most` are.
    pub fn level(&self, bytes: usize, most: usize) -> f64 {
        self.bottom() - self.height * bytes as f64 / most.max(1) as f64
    }

    /// Whether they share a point inside.
    pub fn meets(&self, other: &Self) -> bool {
        self.left < other.right()
            && other.left < self.right()
            && self.top < other.bottom()
            && other.top < self.bottom()
    }

    /// The path of what is under a curve, on a scale up to `most`.
    pub fn under(&self, curve: &[Stretch], most: usize) -> String {
        let Some(first) = curve.first() else {
            return String::new();
        };
        let base = at(self.bottom());
        let mut path = format!("M{} {base}", at(first.from));
        for stretch in curve {
            let level = at(self.level(stretch.value, most));
            path += &format!("V{level}H{}", at(stretch.to));
        }
        path + &format!("V{base}Z")
    }
}
