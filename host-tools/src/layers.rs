//! The operators of a blob, as `inspect` shows them.
//!
//! The blob knows one convolution; people know several. A kernel of one pixel is shown as
//! `Pointwise`, one that covers the whole input as `Dense`, a pool over the whole image as
//! `GlobalAveragePool` or `GlobalMaxPool`.

use serde::Serialize;
use tidbit::blob::{AddParams, ConvParams, OpKind, OpRecord, PoolParams, TensorRecord};
use tidbit::{Error, Model};

use crate::facts::cost;
use crate::grid::{Grid, grouped};

/// One operator and the tensor that it makes. Shapes are rows, columns, channels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Layer {
    /// Its place, which is also that of its tensor.
    pub index: u16,
    /// Its name in the ONNX file.
    pub name: String,
    /// What it is.
    pub operator: &'static str,
    /// Tensors that it reads.
    pub inputs: Vec<u16>,
    /// Shape of the first of them.
    pub input_shape: Option<[u16; 3]>,
    /// Shape of its tensor.
    pub output_shape: [u16; 3],
    /// Rows and columns of its window, if it has one.
    pub kernel: Option<[u16; 2]>,
    /// Rows and columns by which the window moves.
    pub stride: Option<[u16; 2]>,
    /// Multiply-accumulates.
    pub macs: u64,
    /// Weights and biases.
    pub parameters: u64,
    /// Bytes of weights, biases, multipliers and tables.
    pub bytes: usize,
    /// Real value of one step of its int8.
    pub scale: f32,
    /// The int8 that stands for 0.
    pub zero_point: i8,
    /// Rows that its ring holds.
    pub ring_rows: u16,
    /// First byte of its ring in the arena.
    pub ring_offset: u32,
    /// Rows that its landing holds, 0 if it has none.
    pub landing_rows: u16,
    /// First byte of its landing in the arena.
    pub landing_offset: u32,
    /// Rows that its operator makes in one step; of its input, if it takes that row by row.
    pub step_rows: u16,
    /// Least and greatest int8 that it lets through, if it clamps.
    pub clamp: Option<[i16; 2]>,
}

/// The operators of a model, in order.
///
/// # Errors
/// None that validation has not ruled out.
pub fn layers(model: &Model<'_>) -> Result<Vec<Layer>, Error> {
    (0..model.tables().header.op_count)
        .map(|index| layer(model, index))
        .collect()
}

fn layer(model: &Model<'_>, index: u16) -> Result<Layer, Error> {
    let tables = model.tables();
    let wrong = Error::Inconsistent { op: index };
    let op = tables.flow.ops.get(index).ok_or(wrong)?;
    let output = tables.flow.tensors.get(index).ok_or(wrong)?;
    let kind = OpKind::from_byte(op.kind).ok_or(wrong)?;
    let cost = cost(model, index)?;
    let input = tables.flow.tensors.get(op.input_a);
    let form = Form::of(model, &op, kind);
    let inputs = [op.input_a, op.input_b].into_iter();
    Ok(Layer {
        index,
        name: tables
            .data
            .text(op.name, op.name_bytes.into())
            .ok_or(wrong)?
            .to_owned(),
        operator: form.name(kind, input.as_ref(), &output),
        inputs: inputs
            .filter(|&tensor| tables.flow.tensors.get(tensor).is_some())
            .collect(),
        input_shape: input.as_ref().map(shape),
        output_shape: shape(&output),
        kernel: form.kernel,
        stride: form.stride_w.map(|stride_w| [op.stride_rows, stride_w]),
        macs: cost.macs,
        parameters: cost.parameters,
        bytes: cost.weights,
        scale: f32::from_bits(output.scale),
        zero_point: output.zero_point,
        ring_rows: output.ring_rows,
        ring_offset: output.ring_offset,
        landing_rows: output.landing_rows,
        landing_offset: output.landing_offset,
        step_rows: op.step_rows,
        clamp: form.clamp,
    })
}

/// What the parameters of an operator say, as far as it has any.
#[derive(Default)]
struct Form {
    kernel: Option<[u16; 2]>,
    stride_w: Option<u16>,
    groups: u16,
    clamp: Option<[i16; 2]>,
}

impl Form {
    fn of(model: &Model<'_>, op: &OpRecord, kind: OpKind) -> Self {
        let data = model.tables().data;
        let form = match kind {
            OpKind::Conv | OpKind::Depthwise => data.params(op).map(|conv: ConvParams| Self {
                kernel: Some([conv.kernel_h, conv.kernel_w]),
                stride_w: Some(conv.stride_w),
                groups: conv.groups,
                clamp: Some([conv.lo, conv.hi]),
            }),
            OpKind::AveragePool | OpKind::MaxPool => data.params(op).map(|pool: PoolParams| Self {
                kernel: Some([pool.kernel_h, pool.kernel_w]),
                stride_w: Some(pool.stride_w),
                groups: 0,
                clamp: Some([pool.lo, pool.hi]),
            }),
            OpKind::Add => data.params(op).map(|add: AddParams| Self {
                clamp: Some([add.lo, add.hi]),
                ..Self::default()
            }),
            OpKind::Input | OpKind::Table | OpKind::Softmax | OpKind::Pad => None,
        };
        form.unwrap_or_default()
    }

    /// The name by which people know the operator.
    fn name(
        &self,
        kind: OpKind,
        input: Option<&TensorRecord>,
        output: &TensorRecord,
    ) -> &'static str {
        let single = (output.height, output.width) == (1, 1);
        let whole = single && input.map(|input| [input.height, input.width]) == self.kernel;
        match kind {
            OpKind::Conv if self.groups == 1 && whole => "Dense",
            OpKind::Conv if self.groups == 1 && self.kernel == Some([1, 1]) => "Pointwise",
            OpKind::AveragePool if whole => "GlobalAveragePool",
            OpKind::MaxPool if whole => "GlobalMaxPool",
            _ => kind.name(),
        }
    }
}

fn shape(tensor: &TensorRecord) -> [u16; 3] {
    [tensor.height, tensor.width, tensor.channels]
}

/// The operators as a table.
pub fn grid(layers: &[Layer]) -> Grid {
    let headings = [
        "", "operator", "reads", "output", "kernel", "MACs", "bytes", "scale", "zero", "clamp",
        "rows", "name",
    ];
    let mut grid = Grid::new(headings).right([0, 5, 6, 7, 8, 10]);
    for layer in layers {
        let reads: Vec<String> = layer.inputs.iter().map(u16::to_string).collect();
        let [height, width, channels] = layer.output_shape;
        let stride = layer.stride.unwrap_or([1, 1]);
        let kernel = layer
            .kernel
            .map_or(String::new(), |[rows, columns]| match stride {
                [1, 1] => format!("{rows} x {columns}"),
                [down, right] if down == right => format!("{rows} x {columns} /{down}"),
                [down, right] => format!("{rows} x {columns} /{down},{right}"),
            });
        grid.row([
            layer.index.to_string(),
            layer.operator.to_owned(),
            reads.join(" "),
            format!("{height} x {width} x {channels}"),
            kernel,
            grouped(layer.macs),
            grouped(layer.bytes as u64),
            format!("{:.3e}", layer.scale),
            layer.zero_point.to_string(),
            layer
                .clamp
                .map_or(String::new(), |[lo, hi]| format!("{lo} … {hi}")),
            match layer.landing_rows {
                0 => layer.ring_rows.to_string(),
                rows => format!("{} + {rows}", layer.ring_rows),
            },
            layer.name.clone(),
        ]);
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::{Form, Layer, grid};
    use anstream::adapter::strip_str;
    use tidbit::blob::{OpKind, TensorRecord};

    fn tensor(height: u16, width: u16) -> TensorRecord {
        TensorRecord {
            height,
            width,
            channels: 8,
            ring_rows: height,
            ring_offset: 0,
            first_reader: 0,
            last_reader: 0,
            scale: 0,
            zero_point: 0,
            layout: 0,
            landing_offset: 0,
            landing_rows: 0,
            element_bytes: 1,
            reserved: 0,
            equalization: 0,
        }
    }

    #[test]
    fn operators_have_the_names_that_people_use() {
        let name = |kind, kernel, groups, input: [u16; 2], output: [u16; 2]| {
            let form = Form {
                kernel: Some(kernel),
                groups,
                ..Form::default()
            };
            form.name(
                kind,
                Some(&tensor(input[0], input[1])),
                &tensor(output[0], output[1]),
            )
        };
        assert_eq!(name(OpKind::Conv, [3, 3], 1, [8, 8], [8, 8]), "Conv");
        assert_eq!(name(OpKind::Conv, [1, 1], 1, [8, 8], [8, 8]), "Pointwise");
        assert_eq!(name(OpKind::Conv, [1, 1], 1, [1, 1], [1, 1]), "Dense");
        assert_eq!(name(OpKind::Conv, [4, 4], 1, [4, 4], [1, 1]), "Dense");
        assert_eq!(name(OpKind::Conv, [4, 4], 2, [4, 4], [1, 1]), "Conv");
        assert_eq!(
            name(OpKind::Depthwise, [1, 1], 8, [8, 8], [8, 8]),
            "Depthwise"
        );
        assert_eq!(
            name(OpKind::AveragePool, [7, 7], 0, [7, 7], [1, 1]),
            "GlobalAveragePool"
        );
        assert_eq!(
            name(OpKind::AveragePool, [2, 2], 0, [4, 4], [2, 2]),
            "AveragePool"
        );
        assert_eq!(
            name(OpKind::MaxPool, [7, 7], 0, [7, 7], [1, 1]),
            "GlobalMaxPool"
        );
        assert_eq!(name(OpKind::Add, [1, 1], 0, [1, 1], [1, 1]), "Add");
    }

    #[test]
    fn a_layer_in_json_and_in_the_table() {
        let layer = Layer {
            index: 1,
            name: "features.0".into(),
            operator: "Conv",
            inputs: vec![0],
            input_shape: Some([96, 96, 3]),
            output_shape: [48, 48, 8],
            kernel: Some([3, 3]),
            stride: Some([2, 2]),
            macs: 497_664,
            parameters: 224,
            bytes: 280,
            scale: 0.023_5,
            zero_point: -128,
            ring_rows: 48,
            ring_offset: 27_648,
            landing_rows: 1,
            landing_offset: 8,
            step_rows: 1,
            clamp: Some([-128, 127]),
        };
        insta::assert_snapshot!(serde_json::to_string(&layer).unwrap(), @r##"{"index":1,"name":"features.0","operator":"Conv","inputs":[0],"input_shape":[96,96,3],"output_shape":[48,48,8],"kernel":[3,3],"stride":[2,2],"macs":497664,"parameters":224,"bytes":280,"scale":0.0235,"zero_point":-128,"ring_rows":48,"ring_offset":27648,"landing_rows":1,"landing_offset":8,"step_rows":1,"clamp":[-128,127]}"##);
        insta::assert_snapshot!(strip_str(&grid(&[layer]).to_string()), @r##"
        ╭───┬──────────┬───────┬─────────────┬──────────┬─────────┬───────┬──────────┬──────┬────────────┬────────┬────────────╮
        │   │ operator │ reads │ output      │ kernel   │    MACs │ bytes │    scale │ zero │ clamp      │   rows │ name       │
        ├───┼──────────┼───────┼─────────────┼──────────┼─────────┼───────┼──────────┼──────┼────────────┼────────┼────────────┤
        │ 1 │ Conv     │ 0     │ 48 x 48 x 8 │ 3 x 3 /2 │ 497 664 │   280 │ 2.350e-2 │ -128 │ -128 … 127 │ 48 + 1 │ features.0 │
        ╰───┴──────────┴───────┴─────────────┴──────────┴─────────┴───────┴──────────┴──────┴────────────┴────────┴────────────╯
        "##);
    }
}
