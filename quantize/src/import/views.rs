//! Reshapes that split an axis, until another reshape has put it together again.
//!
//! A channel shuffle is written as Reshape, Transpose, Reshape: channels are split into groups, the
//! two parts change places, and are merged. A view follows such parts through any number of nodes;
//! once every axis is whole again, all that happened is that channels stand in another order.

use super::layout::{Axis, Layout, extent};
use crate::graph::Shape;

/// A part of an axis: so many steps, each so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    axis: Axis,
    steps: usize,
    length: usize,
}

/// The parts merged in each ONNX dimension, slowest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View(Vec<Vec<Part>>);

impl View {
    /// Of a tensor whose axes are whole.
    pub fn of(layout: &Layout, shape: &Shape) -> Self {
        let whole = |&axis: &Axis| Part {
            axis,
            steps: extent(shape, axis),
            length: 1,
        };
        let dim = |axes: &Vec<Axis>| {
            let parts = axes.iter().map(whole);
            parts.filter(|part| part.steps > 1).collect()
        };
        Self(layout.0.iter().map(dim).collect())
    }

    /// After a reshape to `dims`; `None` if a part does not split evenly.
    pub fn reshaped(&self, dims: &[usize]) -> Option<Self> {
        let mut parts: Vec<Part> = self.0.iter().flatten().rev().copied().collect();
        let mut view = Vec::with_capacity(dims.len());
        for &dim in dims {
            let mut merged = Vec::new();
            let mut left = dim;
            while left > 1 {
                let part = parts.pop()?;
                let steps = part.steps.min(left);
                if part.steps % steps != 0 || left % steps != 0 {
                    return None;
                }
                let rest = part.steps / steps;
                if rest > 1 {
                    parts.push(Part {
                        steps: rest,
                        ..part
                    });
                }
                merged.push(Part {
                    steps,
                    length: part.length * rest,
                    ..part
                });
                left /= steps;
            }
            view.push(merged);
        }
        parts.is_empty().then_some(Self(view))
    }

    /// After a transpose.
    pub fn transposed(&self, perm: &[usize]) -> Option<Self> {
        let pick = |from: &usize| self.0.get(*from).cloned();
        perm.iter().map(pick).collect::<Option<_>>().map(Self)
    }

    /// For each element in the order of this view, its index in H × W × C order.
    pub fn to_hwc(&self, shape: &Shape) -> Vec<usize> {
        let stride = |axis| match axis {
            Axis::H => shape.width * shape.channels,
            Axis::W => shape.channels,
            Axis::C => 1,
        };
        self.0.iter().flatten().fold(vec![0], |indices, part| {
            let step = part.length * stride(part.axis);
            let steps = |index: &usize| {
                let first = *index;
                (0..part.steps).map(move |at| first + at * step)
            };
            indices.iter().flat_map(steps).collect()
        })
    }

    /// The layout, and the channel of the tensor that each channel of the view is; `None` while an
    /// axis is in parts.
    pub fn whole(&self, shape: &Shape) -> Option<(Layout, Vec<usize>)> {
        let mut channels = vec![0];
        let mut found: Vec<Axis> = Vec::new();
        let mut layout = Vec::with_capacity(self.0.len());
        for parts in &self.0 {
            let mut axes: Vec<Axis> = Vec::new();
            for part in joined(parts) {
                let again = axes.last() == Some(&part.axis);
                if part.axis == Axis::C && (again || !found.contains(&Axis::C)) {
                    let place =
                        |&at: &usize| (0..part.steps).map(move |step| at + step * part.length);
                    channels = channels.iter().flat_map(place).collect();
                } else if found.contains(&part.axis) || part.steps != extent(shape, part.axis) {
                    return None;
                }
                if !again {
                    axes.push(part.axis);
                    found.push(part.axis);
                }
            }
            layout.push(axes);
        }
        (channels.len() == shape.channels).then_some((Layout(layout), channels))
    }
}

/// Parts of one dimension, with those that follow each other along their axis made one.
fn joined(parts: &[Part]) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::new();
    for part in parts {
        match joined.last_mut() {
            Some(last) if last.axis == part.axis && last.length == part.steps * part.length => {
                last.steps *= part.steps;
                last.length = part.length;
            }
            _ => joined.push(*part),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape {
        height: 2,
        width: 3,
        channels: 6,
    };

    #[test]
    fn a_shuffle_is_another_order_of_the_channels() {
        let split = View::of(&Layout::nchw(), &SHAPE).reshaped(&[1, 2, 3, 2, 3]);
        let split = split.unwrap();
        assert!(split.whole(&SHAPE).is_none());
        let swapped = split.transposed(&[0, 2, 1, 3, 4]).unwrap();
        let (layout, order) = swapped
            .reshaped(&[1, 6, 2, 3])
            .unwrap()
            .whole(&SHAPE)
            .unwrap();
        assert!(layout.is_nchw(&SHAPE));
        assert_eq!(order, [0, 3, 1, 4, 2, 5]);
    }

    #[test]
    fn a_view_counts_elements_as_its_layout_does_while_it_is_whole() {
        let nchw = View::of(&Layout::nchw(), &SHAPE);
        assert_eq!(nchw.to_hwc(&SHAPE), Layout::nchw().to_hwc(&SHAPE));
        // Two boxes of three numbers for each pixel: box, row, column, number.
        let boxes = nchw
            .reshaped(&[2, 3, 2, 3])
            .unwrap()
            .transposed(&[0, 2, 3, 1]);
        let order = boxes.unwrap().to_hwc(&SHAPE);
        assert_eq!(order[..6], [0, 1, 2, 6, 7, 8]);
        assert_eq!(order[18..21], [3, 4, 5]);
    }

    #[test]
    fn what_is_split_and_merged_is_as_it_was() {
        let nhwc = Layout::nchw().transposed(&[0, 2, 3, 1]).unwrap();
        let view = View::of(&nhwc, &SHAPE).reshaped(&[6, 3, 2]).unwrap();
        let (layout, order) = view.reshaped(&[1, 2, 3, 6]).unwrap().whole(&SHAPE).unwrap();
        assert_eq!(layout.order(&SHAPE), nhwc.order(&SHAPE));
        assert_eq!(order, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn rows_in_parts_and_channels_in_two_places_are_not_whole() {
        let view = View::of(&Layout::nchw(), &SHAPE);
        let view = view.reshaped(&[2, 3, 6]).unwrap();
        assert!(view.transposed(&[0, 2, 1]).unwrap().whole(&SHAPE).is_none());
        assert!(
            View::of(&Layout::nchw(), &SHAPE)
                .reshaped(&[1, 4, 9])
                .is_none()
        );
    }
}
