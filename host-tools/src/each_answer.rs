//! How near each answer of a blob is to that of its f32 net, by name: nets may have several.
//!
//! The SQNR of an answer is taken over all its values of all images. An answer that is a map (it
//! has rows or columns) also has a pixel agreement: the share of pixels at which both have the same
//! greatest channel, or, of a map of class numbers as ArgMax makes it, the same number.

use serde::Serialize;
use tidbit::Model;
use tidbit::blob::TensorRecord;
use tidbit_quantize::Sqnr;

use crate::blob::scale;
use crate::grid::{Grid, percent};
use crate::inference::Inference;

/// What was counted of one answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    sqnr: Sqnr,
    pixels: usize,
    equal: usize,
}

/// The figures of one answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Its name in the ONNX file.
    pub name: String,
    /// SQNR; `null` if there is no difference at all.
    pub sqnr_db: Option<f64>,
    /// Share of pixels with equal answers; `null` for what is no map.
    pub pixel_agreement: Option<f64>,
}

/// Counts the answers to one image, `truth` being those of the f32 net.
pub fn count(model: &Model<'_>, truth: &[Vec<f32>], found: &Inference) -> Vec<Counted> {
    let each = (0..model.outputs()).zip(truth.iter().zip(&found.outputs));
    let counted = |(index, (truth, found)): (u16, (&Vec<f32>, &Vec<i8>))| {
        let tensor = model.output_tensor(index)?;
        Some(Counted::of(&tensor, truth, found))
    };
    each.filter_map(counted).collect()
}

/// The figures of all answers over all images.
pub fn figures(model: &Model<'_>, images: &[Vec<Counted>]) -> Vec<Figures> {
    let name = |index| model.output_name(index).unwrap_or_default().to_owned();
    let of = |index: u16| {
        let counted = images
            .iter()
            .filter_map(|image| image.get(usize::from(index)));
        let all = counted.fold(Counted::default(), |all, one| all.merge(*one));
        Figures {
            name: name(index),
            sqnr_db: Some(all.sqnr.db()).filter(|db| db.is_finite()),
            pixel_agreement: (all.pixels > 0).then(|| all.equal as f64 / all.pixels as f64),
        }
    };
    (0..model.outputs()).map(of).collect()
}

/// The figures as a table.
pub fn grid(figures: &[Figures]) -> Grid {
    let mut grid = Grid::new(["answer", "SQNR", "equal pixels"]).right([1, 2]);
    for answer in figures {
        grid.row([
            answer.name.clone(),
            answer
                .sqnr_db
                .map_or("exact".into(), |db| format!("{db:.2} dB")),
            answer.pixel_agreement.map_or(String::new(), percent),
        ]);
    }
    grid
}

impl Counted {
    fn of(tensor: &TensorRecord, truth: &[f32], found: &[i8]) -> Self {
        let scale = scale(tensor);
        let mut counted = Self::default();
        let real = found.iter().map(|&q| scale.dequantize(q));
        counted.sqnr.add(truth, real);
        let channels = usize::from(tensor.channels);
        let numbers = channels == 1 && (scale.scale, scale.zero_point) == (1.0, -128);
        if tensor.is_pixel() || (channels == 1 && !numbers) {
            return counted;
        }
        let pixels = truth
            .chunks_exact(channels)
            .zip(found.chunks_exact(channels));
        for (truth, found) in pixels {
            let equal = match (truth, found) {
                ([truth], [found]) => truth.round() == scale.dequantize(*found),
                _ => greatest(truth) == greatest(found),
            };
            counted.pixels += 1;
            counted.equal += usize::from(equal);
        }
        counted
    }

    fn merge(self, other: Self) -> Self {
        Self {
            sqnr: self.sqnr.merge(other.sqnr),
            pixels: self.pixels + other.pixels,
            equal: self.equal + other.equal,
        }
    }
}

/// Place of the greatest value, of equals the first.
fn greatest<T: PartialOrd>(values: &[T]) -> Option<usize> {
    let places = values.iter().enumerate();
    let best = places.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::{Counted, greatest};
    use tidbit::blob::{Record, TensorRecord};

    fn tensor(width: u16, channels: u16, scale: f32, zero_point: i8) -> TensorRecord {
        let zeros = TensorRecord::parse(&[0; TensorRecord::LEN]).expect("enough bytes");
        TensorRecord {
            height: 1,
            width,
            channels,
            scale: scale.to_bits(),
            zero_point,
            ..zeros
        }
    }

    #[test]
    fn pixels_are_equal_where_the_greatest_channel_is() {
        let map = tensor(2, 2, 0.5, 0);
        let counted = Counted::of(&map, &[1.0, 0.0, 0.0, 1.0], &[2, 1, 3, 2]);
        assert_eq!((counted.pixels, counted.equal), (2, 1));
    }

    #[test]
    fn class_numbers_are_compared_as_such() {
        let map = tensor(3, 1, 1.0, -128);
        let counted = Counted::of(&map, &[0.0, 7.0, 255.0], &[-128, -122, 127]);
        assert_eq!((counted.pixels, counted.equal), (3, 2));
    }

    #[test]
    fn a_pixel_alone_is_no_map() {
        let counted = Counted::of(&tensor(1, 2, 0.5, 0), &[1.0, 0.0], &[0, 1]);
        assert_eq!(counted.pixels, 0);
    }

    #[test]
    fn of_equals_the_first_is_the_greatest() {
        assert_eq!(greatest(&[1, 3, 3, 2]), Some(1));
    }
}
