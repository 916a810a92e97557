//! Transposed convolution.
//!
//! A transposed convolution of stride *s* makes, for each place of a block of *s* × *s* pixels, a
//! small convolution of its own: of the kernel's taps, those that fall on that place. All of them
//! together are one convolution with *s* × *s* as many channels, and blocks out of them (Shi et al.,
//! "Is the deconvolution layer the same as a convolutional layer?", 2016). A stride of 1 is a
//! convolution with its kernel turned.

use tract_onnx::pb::NodeProto;

use super::attributes::Attributes;
use super::{Importer, Taken};
use crate::graph::{Blocks, Clamp, Conv, Op, Padding, Shape, Transposed, Window};

/// One axis of a transposed convolution.
#[derive(Clone, Copy, Debug)]
struct Axis {
    kernel: usize,
    dilation: usize,
    stride: usize,
    /// What the output is cut by at its start.
    pad: usize,
    input: usize,
    output: usize,
}

impl Axis {
    /// Blocks of the output.
    fn blocks(&self) -> usize {
        self.output.div_ceil(self.stride)
    }

    /// Inputs before that of the same index which some place of a block reads, at most.
    fn before(&self) -> usize {
        let reach = ((self.kernel - 1) * self.dilation).saturating_sub(self.pad) / self.stride;
        // The window begins on the input, so that it is one of the format.
        reach.max(self.blocks().saturating_sub(self.input))
    }

    /// Inputs behind it.
    fn behind(&self) -> usize {
        self.pad.div_ceil(self.stride)
    }

    /// Taps of the convolution.
    fn taps(&self) -> usize {
        self.before() + 1 + self.behind()
    }

    /// The kernel's tap that place `place` of a block reads under tap `tap`, if any.
    fn tap(&self, place: usize, tap: usize) -> Option<usize> {
        // Tap t reads input m - (before - t); input i falls on output i * stride + k - pad.
        let at = (place + self.pad + self.stride * self.before()).checked_sub(self.stride * tap)?;
        (at % self.dilation == 0)
            .then_some(at / self.dilation)
            .filter(|&tap| tap < self.kernel)
    }
}

impl Importer<'_> {
    pub(super) fn conv_transpose(
        &mut self,
        node: &NodeProto,
        attributes: &Attributes<'_>,
    ) -> Taken<()> {
        let map = self.image(node)?;
        let shape = self.graph.shape(map.tensor);
        let weights = self.constant(node, 1)?.ok_or("it has no weights")?;
        let &[inputs, per_group, rows, columns] = weights.dims.as_slice() else {
            return Err(format!(
                "its weights have the shape {:?}; a transposed 2-D convolution is supported",
                weights.dims
            ));
        };
        let groups = usize::try_from(attributes.int("group", 1)).unwrap_or(0);
        if groups == 0 || inputs != shape.channels || inputs % groups != 0 {
            return Err(format!("{groups} groups do not fit {inputs} channels"));
        }
        let output = self.output_shape(node)?;
        if output.channels != per_group * groups {
            return Err("its weights do not fit its channels".into());
        }
        let axes = axes(attributes, [rows, columns], &shape, &output)?;
        let kernel = Kernel {
            values: &weights.values,
            inputs: inputs / groups,
            outputs: per_group,
            groups,
        };
        let bias = match self.constant(node, 2)? {
            Some(bias) if bias.values.len() == output.channels => bias.values,
            Some(bias) => return Err(format!("its bias has the shape {:?}", bias.dims)),
            None => vec![0.0; output.channels],
        };
        let mut transposed = transposed(&kernel, &axes, &bias);
        // The scales of a file go along the output channels of a group.
        let places = axes.iter().map(|axis| axis.stride).product();
        let rows = (0..transposed.conv.bias.len()).map(|at| kernel.row(at, places).0 % per_group);
        let rows: Vec<usize> = rows.collect();
        transposed.conv.steps = self.steps_of_rows(node, &transposed.conv.weights, &rows);
        let op = match axes.map(|axis| axis.stride) {
            [1, 1] => Op::Conv(transposed.conv),
            _ => Op::ConvTranspose(transposed),
        };
        let inputs = vec![map.tensor];
        self.push(node, op, Clamp::NONE, inputs, output, map.layout)
    }
}

/// Weights in ONNX's order: input channel, output channel of the group, row, column.
struct Kernel<'a> {
    values: &'a [f32],
    /// Input channels of a group.
    inputs: usize,
    /// Output channels of a group.
    outputs: usize,
    groups: usize,
}

impl Kernel<'_> {
    /// The output channel and the place of a block that row `at` of the convolution's weights makes.
    /// Where there are groups, a group's channels stand together, so the channel comes before the
    /// place; else behind it, so that pixels are moved as a whole.
    fn row(&self, at: usize, places: usize) -> (usize, usize) {
        let channels = self.outputs * self.groups;
        match self.groups > 1 {
            true => (at / places, at % places),
            false => (at % channels, at / channels),
        }
    }
}

/// Rows and columns, with their padding at the start.
fn axes(
    attributes: &Attributes<'_>,
    kernel: [usize; 2],
    input: &Shape,
    output: &Shape,
) -> Taken<[Axis; 2]> {
    let stride = attributes.pair("strides", 1)?;
    let dilation = attributes.pair("dilations", 1)?;
    let extra = attributes.pair("output_padding", 0)?;
    if [kernel, stride, dilation].concat().contains(&0) {
        return Err("kernel, strides and dilations must not be 0".into());
    }
    let own = super::windows::explicit(attributes)?;
    let auto = attributes.text("auto_pad", "NOTSET");
    let axis = |at: usize, own: usize, input: usize, output: usize| {
        let whole = (input - 1) * stride[at] + (kernel[at] - 1) * dilation[at] + 1 + extra[at];
        let cut = whole.checked_sub(output);
        let cut = cut.ok_or("its output is larger than its kernel reaches")?;
        let pad = match auto.as_str() {
            "NOTSET" if attributes.ints("output_shape").is_none() => own,
            "VALID" => 0,
            "SAME_UPPER" => cut / 2,
            "NOTSET" | "SAME_LOWER" => cut - cut / 2,
            other => return Err(format!("auto_pad {other} is not supported")),
        };
        Ok(Axis {
            kernel: kernel[at],
            dilation: dilation[at],
            stride: stride[at],
            pad,
            input,
            output,
        })
    };
    Ok([
        axis(0, own.top, input.height, output.height)?,
        axis(1, own.left, input.width, output.width)?,
    ])
}

/// The convolution whose channels are the places of blocks.
fn transposed(kernel: &Kernel<'_>, [rows, columns]: &[Axis; 2], bias: &[f32]) -> Transposed {
    let sides = [rows.stride, columns.stride];
    let places = sides[0] * sides[1];
    let channel_first = kernel.groups > 1;
    let channels = kernel.outputs * kernel.groups;
    let mut weights = Vec::new();
    let mut biases = Vec::with_capacity(channels * places);
    for at in 0..channels * places {
        let (channel, place) = kernel.row(at, places);
        let [down, right] = [place / sides[1], place % sides[1]];
        for row in 0..rows.taps() {
            for column in 0..columns.taps() {
                let tap = rows.tap(down, row).zip(columns.tap(right, column));
                weights.extend((0..kernel.inputs).map(|input| {
                    tap.map_or(0.0, |(row, column)| {
                        let group = channel / kernel.outputs;
                        let from = group * kernel.inputs + input;
                        let to = channel % kernel.outputs;
                        let pixel = (from * kernel.outputs + to) * rows.kernel + row;
                        kernel.values[pixel * columns.kernel + column]
                    })
                }));
            }
        }
        biases.push(bias[channel]);
    }
    let below = |axis: &Axis| {
        let reach = axis.blocks() + axis.behind();
        reach.saturating_sub(axis.input)
    };
    let conv = Conv {
        weights,
        bias: biases,
        window: Window {
            kernel: [rows.taps(), columns.taps()],
            stride: [1, 1],
            dilation: [1, 1],
            padding: Padding {
                top: rows.before(),
                left: columns.before(),
                bottom: below(rows),
                right: below(columns),
            },
        },
        groups: kernel.groups,
        pad_pixel: None,
        steps: None,
    };
    Transposed {
        conv,
        sides: [rows.blocks(), columns.blocks()],
        blocks: Blocks {
            sides,
            channel_first,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::Axis;

    /// Every product of a transposed convolution occurs once, and at its place.
    #[test]
    fn every_tap_of_the_kernel_falls_where_it_should() {
        for (kernel, stride, pad, dilation) in [
            (3, 2, 1, 1),
            (4, 2, 1, 1),
            (2, 2, 0, 1),
            (2, 3, 0, 1),
            (5, 1, 2, 1),
            (3, 2, 0, 2),
            (7, 3, 5, 1),
        ] {
            let input = 4;
            let output = (input - 1) * stride + (kernel - 1) * dilation + 1 - 2 * pad;
            let axis = Axis {
                kernel,
                dilation,
                stride,
                pad,
                input,
                output,
            };
            let mut expected = Vec::new();
            for i in 0..input {
                for k in 0..kernel {
                    let at = (i * stride + k * dilation).checked_sub(pad);
                    expected.extend(at.filter(|at| *at < output).map(|at| (at, i, k)));
                }
            }
            let mut found = Vec::new();
            for at in 0..output {
                for tap in 0..axis.taps() {
                    let read = (at / stride + tap).checked_sub(axis.before());
                    let read = read.filter(|read| *read < input);
                    let tap = axis.tap(at % stride, tap);
                    found.extend(read.zip(tap).map(|(i, k)| (at, i, k)));
                }
            }
            expected.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, expected, "{axis:?}");
        }
    }
}
