//! Which ONNX dimension holds which axis of an H × W × C tensor.
//!
//! A layout lists, for each ONNX dimension, the axes that are merged in it, slowest first. NCHW is
//! `[[], [C], [H], [W]]`; after a Transpose to NHWC it is `[[], [H], [W], [C]]`; after Flatten
//! `[[], [H, W, C]]`. No data moves: only a dense layer, and the reference's output, look at it.

use crate::graph::Shape;

/// An axis of an activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Rows.
    H,
    /// Columns.
    W,
    /// Channels.
    C,
}

/// The axes merged in each ONNX dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout(pub Vec<Vec<Axis>>);

/// Extent of an axis.
pub fn extent(shape: &Shape, axis: Axis) -> usize {
    match axis {
        Axis::H => shape.height,
        Axis::W => shape.width,
        Axis::C => shape.channels,
    }
}

impl Layout {
    /// `[[], [C], [H], [W]]`.
    pub fn nchw() -> Self {
        Self(vec![vec![], vec![Axis::C], vec![Axis::H], vec![Axis::W]])
    }

    /// The layout of an input of these dimensions: NCHW if the second is 1, 3 or 4 channels,
    /// NHWC if the last is.
    pub fn of_image(dims: &[usize]) -> Option<Self> {
        let channels = |count: usize| matches!(count, 1 | 3 | 4);
        match *dims {
            [1, c, _, _] if channels(c) => Some(Self::nchw()),
            [1, _, _, c] if channels(c) => Some(Self(vec![
                vec![],
                vec![Axis::H],
                vec![Axis::W],
                vec![Axis::C],
            ])),
            _ => None,
        }
    }

    /// The shape of a tensor of these ONNX dimensions, if no two axes share one.
    pub fn shape_of(&self, dims: &[usize]) -> Shape {
        let find = |axis| {
            let at = self.0.iter().position(|axes| axes.contains(&axis));
            at.and_then(|at| dims.get(at)).copied().unwrap_or(1)
        };
        Shape {
            height: find(Axis::H),
            width: find(Axis::W),
            channels: find(Axis::C),
        }
    }

    /// The axes in order, those of extent 1 left out.
    pub fn order(&self, shape: &Shape) -> Vec<Axis> {
        let axes = self.0.iter().flatten().copied();
        axes.filter(|axis| extent(shape, *axis) > 1).collect()
    }

    /// Whether ONNX dimension `dim` holds just `axis` (or nothing, where its extent is 1).
    pub fn holds(&self, dim: usize, axis: Axis, shape: &Shape) -> bool {
        let Some(axes) = self.0.get(dim) else {
            return false;
        };
        let mut real = axes.iter().filter(|axis| extent(shape, **axis) > 1);
        match (extent(shape, axis) > 1, real.next(), real.next()) {
            (true, Some(only), None) => *only == axis,
            (false, None, None) => true,
            _ => false,
        }
    }

    /// Whether the dimensions are batch, channels, rows, columns.
    pub fn is_nchw(&self, shape: &Shape) -> bool {
        self.0.len() == 4
            && self.0[0].iter().all(|axis| extent(shape, *axis) == 1)
            && self.holds(1, Axis::C, shape)
            && self.holds(2, Axis::H, shape)
            && self.holds(3, Axis::W, shape)
    }

    /// The layout after a reshape to `dims`; `None` if an axis would be split.
    pub fn reshaped(&self, shape: &Shape, dims: &[usize]) -> Option<Self> {
        let mut axes = self.order(shape).into_iter();
        let mut layout = Vec::with_capacity(dims.len());
        for &dim in dims {
            let mut merged = Vec::new();
            let mut size = 1;
            while size < dim {
                let axis = axes.next()?;
                size *= extent(shape, axis);
                merged.push(axis);
            }
            if size != dim {
                return None;
            }
            layout.push(merged);
        }
        axes.next().is_none().then_some(Self(layout))
    }

    /// The layout after a transpose.
    pub fn transposed(&self, perm: &[usize]) -> Option<Self> {
        let pick = |from: &usize| self.0.get(*from).cloned();
        perm.iter().map(pick).collect::<Option<_>>().map(Self)
    }

    /// How far neighbouring rows, columns and channels lie apart in the order of this layout.
    pub fn strides(&self, shape: &Shape) -> [usize; 3] {
        let order = self.order(shape);
        [Axis::H, Axis::W, Axis::C].map(|axis| {
            let behind = order.iter().skip_while(|other| **other != axis).skip(1);
            behind.map(|&axis| extent(shape, axis)).product()
        })
    }

    /// For each element in the order of this layout, its index in H × W × C order.
    pub fn to_hwc(&self, shape: &Shape) -> Vec<usize> {
        let stride = |axis| match axis {
            Axis::H => shape.width * shape.channels,
            Axis::W => shape.channels,
            Axis::C => 1,
        };
        self.order(shape)
            .into_iter()
            .fold(vec![0], |indices, axis| {
                let steps = 0..extent(shape, axis);
                indices
                    .iter()
                    .flat_map(|index| steps.clone().map(move |step| index + step * stride(axis)))
                    .collect()
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape {
        height: 2,
        width: 3,
        channels: 4,
    };

    #[test]
    fn flatten_of_nchw_goes_channel_by_channel() {
        let flat = Layout::nchw().reshaped(&SHAPE, &[1, 24]).unwrap();
        let order = flat.to_hwc(&SHAPE);
        assert_eq!(order[..4], [0, 4, 8, 12]);
        assert_eq!(order[6], 1);
    }

    #[test]
    fn a_transpose_to_nhwc_flattens_in_order() {
        let nhwc = Layout::nchw().transposed(&[0, 2, 3, 1]).unwrap();
        let flat = nhwc.reshaped(&SHAPE, &[24]).unwrap();
        assert_eq!(flat.to_hwc(&SHAPE), (0..24).collect::<Vec<_>>());
    }

    #[test]
    fn strides_lead_to_the_same_elements() {
        let nchw = Layout::nchw();
        let nhwc = nchw.transposed(&[0, 2, 3, 1]).unwrap();
        for layout in [nchw.reshaped(&SHAPE, &[24]).unwrap(), nchw, nhwc] {
            let [down, right, deep] = layout.strides(&SHAPE);
            for (place, hwc) in layout.to_hwc(&SHAPE).into_iter().enumerate() {
                let (pixel, channel) = (hwc / 4, hwc % 4);
                let found = pixel / 3 * down + pixel % 3 * right + channel * deep;
                assert_eq!(found, place, "{layout:?}");
            }
        }
    }

    #[test]
    fn a_split_axis_is_refused() {
        assert!(Layout::nchw().reshaped(&SHAPE, &[1, 2, 2, 2, 3]).is_none());
        assert!(Layout::nchw().reshaped(&SHAPE, &[1, 4, 2]).is_none());
    }

    #[test]
    fn unit_axes_may_stand_anywhere() {
        let pixel = Shape {
            height: 1,
            width: 1,
            channels: 5,
        };
        let squeezed = Layout::nchw().reshaped(&pixel, &[1, 5]).unwrap();
        let back = squeezed.reshaped(&pixel, &[1, 5, 1, 1]).unwrap();
        assert!(back.is_nchw(&pixel));
        assert!(!back.is_nchw(&SHAPE));
    }
}
