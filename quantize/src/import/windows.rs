//! Operators with a window: convolution, pools, and the padding around them.

use tract_onnx::pb::NodeProto;

use super::attributes::Attributes;
use super::layout::Axis;
use super::{Importer, Map, Taken};
use crate::graph::{Clamp, Conv, Op, Padding, PoolKind, Shape, Window};

impl Importer<'_> {
    pub(super) fn conv(&mut self, node: &NodeProto, attributes: &Attributes<'_>) -> Taken<()> {
        let map = self.image(node)?;
        let shape = self.graph.shape(map.tensor);
        let weights = self.constant(node, 1)?.ok_or("it has no weights")?;
        let &[outputs, inputs, rows, columns] = weights.dims.as_slice() else {
            return Err(format!(
                "its weights have the shape {:?}; 2-D convolution is supported",
                weights.dims
            ));
        };
        let groups = usize::try_from(attributes.int("group", 1)).unwrap_or(0);
        if groups == 0 || inputs * groups != shape.channels || outputs % groups != 0 {
            return Err(format!(
                "{groups} groups do not fit {} and {outputs} channels",
                shape.channels
            ));
        }
        let output = self.output_shape(node)?;
        let window = window(attributes, [rows, columns], &shape, &output)?;
        let mut ordered = Vec::with_capacity(weights.values.len());
        for output in 0..outputs {
            for row in 0..rows {
                for column in 0..columns {
                    let at = |input| ((output * inputs + input) * rows + row) * columns + column;
                    ordered.extend((0..inputs).map(|input| weights.values[at(input)]));
                }
            }
        }
        let steps = self.steps(node, &ordered, outputs);
        let bias = match self.constant(node, 2)? {
            Some(bias) if bias.values.len() == outputs => bias.values,
            Some(bias) => return Err(format!("its bias has the shape {:?}", bias.dims)),
            None => vec![0.0; outputs],
        };
        let conv = Conv {
            weights: ordered,
            bias,
            window,
            groups,
            pad_pixel: None,
            steps,
        };
        self.push(
            node,
            Op::Conv(conv),
            Clamp::NONE,
            vec![map.tensor],
            output,
            map.layout,
        )
    }

    pub(super) fn pool(&mut self, node: &NodeProto, attributes: &Attributes<'_>) -> Taken<()> {
        let map = self.image(node)?;
        let shape = self.graph.shape(map.tensor);
        let kernel = match attributes.ints("kernel_shape") {
            Some(_) => attributes.pair("kernel_shape", 1)?,
            None => return Err("it has no kernel_shape".into()),
        };
        let output = self.output_shape(node)?;
        let window = window(attributes, kernel, &shape, &output)?;
        if window.dilation != [1, 1] {
            return Err("dilated pools are not supported".into());
        }
        if node.output.len() > 1 && node.output[1..].iter().any(|name| !name.is_empty()) {
            return Err("the indices of a MaxPool are not supported".into());
        }
        let kind = if node.op_type == "MaxPool" {
            PoolKind::Max
        } else {
            let include_pad = attributes.int("count_include_pad", 0) == 1;
            if include_pad && overhangs(&window, &shape, &output) {
                return Err("ceil_mode together with count_include_pad is not supported".into());
            }
            PoolKind::Average { include_pad }
        };
        self.push(
            node,
            Op::Pool(kind, window),
            Clamp::NONE,
            vec![map.tensor],
            output,
            map.layout,
        )
    }

    pub(super) fn global_pool(&mut self, node: &NodeProto) -> Taken<()> {
        let map = self.image(node)?;
        let kind = match node.op_type.as_str() {
            "GlobalMaxPool" => PoolKind::Max,
            _ => PoolKind::Average { include_pad: false },
        };
        let layout = map.layout.clone();
        self.whole_image(node, map, kind, layout)
    }

    pub(super) fn whole_image(
        &mut self,
        node: &NodeProto,
        map: Map,
        kind: PoolKind,
        layout: super::Layout,
    ) -> Taken<()> {
        let shape = self.graph.shape(map.tensor);
        let window = Window {
            kernel: [shape.height, shape.width],
            stride: [1, 1],
            dilation: [1, 1],
            padding: Padding::default(),
        };
        let output = Shape {
            height: 1,
            width: 1,
            ..shape
        };
        self.push(
            node,
            Op::Pool(kind, window),
            Clamp::NONE,
            vec![map.tensor],
            output,
            layout,
        )
    }

    pub(super) fn pad(&mut self, node: &NodeProto, attributes: &Attributes<'_>) -> Taken<()> {
        let map = self.image_in_any_order(node)?;
        let shape = self.graph.shape(map.tensor);
        let mode = attributes.text("mode", "constant");
        let value = match self.constant(node, 2)? {
            Some(value) => value.values.first().copied().unwrap_or(0.0),
            None => attributes.float("value", 0.0),
        };
        if mode != "constant" || value != 0.0 {
            return Err(format!(
                "padding in mode '{mode}' with {value} is not supported: only with zeros"
            ));
        }
        let pads = match self.constant(node, 1)? {
            Some(pads) => pads.ints(),
            None => attributes.ints("pads").ok_or("it has no pads")?.to_vec(),
        };
        let rank = map.layout.0.len();
        let axes: Vec<usize> = match self.constant(node, 3)? {
            Some(axes) => axes.ints().iter().map(|&axis| wrap(axis, rank)).collect(),
            None => (0..rank).collect(),
        };
        if pads.len() != axes.len() * 2 || pads.iter().any(|&pad| pad < 0) {
            return Err(format!(
                "pads {pads:?} are not supported: two numbers, not negative, for each dimension"
            ));
        }
        let mut padding = Padding::default();
        let mut channels = (0, 0);
        for (at, &dim) in axes.iter().enumerate() {
            let (before, behind) = (pads[at] as usize, pads[at + axes.len()] as usize);
            match map.layout.axis(dim, &shape) {
                Some(Axis::H) => (padding.top, padding.bottom) = (before, behind),
                Some(Axis::W) => (padding.left, padding.right) = (before, behind),
                Some(Axis::C) => channels = (before, behind),
                None if before + behind == 0 => {}
                None => return Err("only rows, columns and channels can be padded".into()),
            }
        }
        if channels != (0, 0) {
            return match padding.is_none() {
                true => self.pad_channels(node, &map, channels),
                false => Err("channels are padded, and rows or columns with them".into()),
            };
        }
        let output = Shape {
            height: shape.height + padding.top + padding.bottom,
            width: shape.width + padding.left + padding.right,
            ..shape
        };
        self.push(
            node,
            Op::Pad(padding),
            Clamp::NONE,
            vec![map.tensor],
            output,
            map.layout,
        )
    }

    /// The first input, which must be batch, channels, rows, columns.
    pub(super) fn image(&self, node: &NodeProto) -> Taken<Map> {
        let map = self.map(node, 0)?;
        let shape = self.graph.shape(map.tensor);
        if !map.layout.is_nchw(&shape) {
            return Err("its input is not [1, channels, height, width]".into());
        }
        // The same layout, with axes of extent 1 where their name puts them: outputs inherit it.
        Ok(Map {
            layout: super::Layout::nchw(),
            ..map
        })
    }

    /// The first input, which must have rows, columns and channels in dimensions of their own.
    pub(super) fn image_in_any_order(&self, node: &NodeProto) -> Taken<Map> {
        let map = self.map(node, 0)?;
        if map.layout.0.len() != 4 || map.layout.0.iter().any(|axes| axes.len() > 1) {
            return Err("its input is not an image of four dimensions".into());
        }
        Ok(map)
    }

    /// The shape of the first output of an operator on NCHW.
    pub(super) fn output_shape(&self, node: &NodeProto) -> Taken<Shape> {
        match self.output_dims(node)?.as_slice() {
            &[1, channels, height, width] => Ok(Shape {
                height,
                width,
                channels,
            }),
            dims => Err(format!(
                "its output shape {dims:?} is not [1, channels, height, width]"
            )),
        }
    }
}

/// The axis that a possibly negative number means.
pub(super) fn wrap(axis: i64, rank: usize) -> usize {
    let axis = if axis < 0 { axis + rank as i64 } else { axis };
    usize::try_from(axis).unwrap_or(usize::MAX)
}

/// Input rows (or columns) that `output` windows of this kind cover.
fn covered(kernel: usize, stride: usize, dilation: usize, output: usize) -> usize {
    (output - 1) * stride + (kernel - 1) * dilation + 1
}

/// The window of a node whose input and output shapes are known.
fn window(
    attributes: &Attributes<'_>,
    kernel: [usize; 2],
    input: &Shape,
    output: &Shape,
) -> Taken<Window> {
    let stride = attributes.pair("strides", 1)?;
    let dilation = attributes.pair("dilations", 1)?;
    let sizes = [kernel, stride, dilation].concat();
    if sizes.contains(&0) {
        return Err("kernel, strides and dilations must not be 0".into());
    }
    let total = |axis: usize, input: usize, output: usize| {
        covered(kernel[axis], stride[axis], dilation[axis], output).saturating_sub(input)
    };
    let rows = total(0, input.height, output.height);
    let columns = total(1, input.width, output.width);
    let padding = match attributes.text("auto_pad", "NOTSET").as_str() {
        "SAME_UPPER" => split(rows, columns, false),
        "SAME_LOWER" => split(rows, columns, true),
        "VALID" => Padding::default(),
        "NOTSET" => explicit(attributes)?,
        other => return Err(format!("auto_pad {other} is not supported")),
    };
    Ok(Window {
        kernel,
        stride,
        dilation,
        padding,
    })
}

/// Splits padding evenly; the odd one goes below and to the right, or above and to the left.
fn split(rows: usize, columns: usize, lower: bool) -> Padding {
    let before = |total: usize| if lower { total.div_ceil(2) } else { total / 2 };
    Padding {
        top: before(rows),
        left: before(columns),
        bottom: rows - before(rows),
        right: columns - before(columns),
    }
}

pub(super) fn explicit(attributes: &Attributes<'_>) -> Taken<Padding> {
    let Some(pads) = attributes.ints("pads") else {
        return Ok(Padding::default());
    };
    let sizes: Option<Vec<usize>> = pads.iter().map(|&pad| usize::try_from(pad).ok()).collect();
    match sizes.as_deref() {
        Some(&[top, left, bottom, right]) => Ok(Padding {
            top,
            left,
            bottom,
            right,
        }),
        _ => Err(format!(
            "its pads are {pads:?}; four numbers, not negative, are expected"
        )),
    }
}

/// Whether the last window reaches beyond the padding, as ceil_mode makes it.
fn overhangs(window: &Window, input: &Shape, output: &Shape) -> bool {
    let Padding {
        top,
        left,
        bottom,
        right,
    } = window.padding;
    let reach =
        |axis: usize, output: usize| covered(window.kernel[axis], window.stride[axis], 1, output);
    reach(0, output.height) > input.height + top + bottom
        || reach(1, output.width) > input.width + left + right
}
