//! The net as the runtime's schedule sees it: records of tensors and operators, not yet bytes.
//!
//! The runtime's own functions run over it ([`Records`]), so the planner proves what the board does.

use tidbit::blob::header::NONE;
use tidbit::blob::{self, Checked, InPlace, OpKind, OpRecord, TensorRecord, op_cost};
use tidbit::schedule::{Records, Schedule};

use super::Ring;
use crate::graph::Window;
use crate::lower::{IntNet, IntOp, Params};

/// Records of a plan in the making; offsets of names and parameters are still zero.
#[derive(Clone, Debug)]
pub struct Draft {
    /// For each operator the record of its tensor.
    pub tensors: Vec<TensorRecord>,
    /// The operators' records.
    pub ops: Vec<OpRecord>,
    /// How each operator may write over its inputs.
    pub in_place: Vec<InPlace>,
    /// Which operators can take their input row by row.
    pub pools: Vec<bool>,
    /// Bytes of weights that one step of each operator reads.
    pub weights: Vec<usize>,
    /// Bytes of scratch that the net takes whatever the plan.
    pub scratch: usize,
}

impl Records for Draft {
    fn tensor(&self, index: u16) -> Option<TensorRecord> {
        self.tensors.get(usize::from(index)).copied()
    }

    fn op(&self, index: u16) -> Option<OpRecord> {
        self.ops.get(usize::from(index)).copied()
    }
}

impl Draft {
    /// Of a net and the rings of a plan.
    pub fn new(net: &IntNet, rings: &[Ring]) -> Self {
        let both = || net.ops.iter().zip(rings);
        Self {
            tensors: both().map(|(op, ring)| tensor_record(op, ring)).collect(),
            ops: both().map(|(op, ring)| op_record(op, ring)).collect(),
            in_place: net.ops.iter().map(|op| in_place(net, op)).collect(),
            pools: net.ops.iter().map(|op| can_accumulate(net, op)).collect(),
            weights: net.ops.iter().map(weights).collect(),
            scratch: 0,
        }
    }

    /// Of a blob that passed validation.
    pub fn of_blob(tables: &Checked<'_>) -> Self {
        let flow = &tables.flow;
        let ops: Vec<OpRecord> = flow.ops.iter().collect();
        // What could work in place, but was put elsewhere, does not.
        let place = |op: u16, record: &OpRecord| {
            let inputs = [record.input_a, record.input_b];
            let on_input = inputs.iter().any(|&input| flow.shares_memory(op, input));
            match on_input {
                true => blob::in_place(flow, &tables.data, op, record.input_a),
                false => InPlace::Never,
            }
        };
        let weights = |op: u16, record: &OpRecord| {
            let kind = OpKind::from_byte(record.kind)?;
            let cost = op_cost(flow, &tables.data, op, record, kind);
            cost.ok().map(|cost| cost.weights)
        };
        let both = || (0u16..).zip(&ops);
        Self {
            tensors: flow.tensors.iter().collect(),
            in_place: both().map(|(op, record)| place(op, record)).collect(),
            pools: ops.iter().map(|record| record.accumulates != 0).collect(),
            weights: both()
                .map(|(op, record)| weights(op, record).unwrap_or(0))
                .collect(),
            scratch: tables.header.scratch_bytes as usize,
            ops,
        }
    }

    /// Bytes of a row of a tensor's ring; where averages accumulate, of its sums.
    pub fn ring_row_bytes(&self, tensor: usize) -> usize {
        self.row_bytes(tensor as u16).unwrap_or(0)
    }

    /// Whether a tensor is read behind operator `end`, by a later segment or by the caller.
    pub fn outlives(&self, tensor: usize, end: usize) -> bool {
        usize::from(self.tensors[tensor].last_reader) >= end
    }

    /// Bytes of the whole tensor.
    pub fn whole_bytes(&self, tensor: usize) -> usize {
        let record = &self.tensors[tensor];
        record.row_bytes() * usize::from(record.height)
    }

    /// Tensors that an operator reads.
    pub fn inputs(&self, op: usize) -> impl Iterator<Item = usize> + use<> {
        let record = self.ops[op];
        [record.input_a, record.input_b]
            .into_iter()
            .filter(|&input| input != NONE)
            .map(usize::from)
    }
}

/// Readers of every tensor: the first, and the last, or `None` if the caller reads it.
pub fn readers(net: &IntNet) -> Vec<(usize, Option<usize>)> {
    let count = net.ops.len();
    let mut readers = vec![(count, 0); count];
    for (index, op) in net.ops.iter().enumerate() {
        for &input in &op.inputs {
            let (first, last) = readers[input];
            readers[input] = (first.min(index), last.max(index));
        }
    }
    let kept = |index: usize| {
        let mut outputs = net.outputs.iter();
        outputs.any(|output| index == output.tensor || index == output.logits)
    };
    let each = readers.into_iter().enumerate();
    each.map(|(index, (first, last))| (first, (!kept(index)).then_some(last)))
        .collect()
}

/// How an operator may write over its inputs, as the runtime has it ([`tidbit::blob::in_place`]).
fn in_place(net: &IntNet, op: &IntOp) -> InPlace {
    match &op.params {
        _ if op.inputs.len() > 1 && op.inputs[0] == op.inputs[1] => InPlace::Never,
        Params::Table(_) => InPlace::Exactly,
        Params::Add(_) => {
            let mut inputs = op.inputs.iter().map(|&input| net.ops[input].scale.element);
            if inputs.all(|element| element == op.scale.element) {
                InPlace::Exactly
            } else {
                InPlace::Never
            }
        }
        Params::Conv(conv) => {
            let Window {
                kernel,
                stride,
                padding,
                ..
            } = &conv.window;
            let pointwise = op.kind == OpKind::Conv && *kernel == [1, 1] && conv.groups == 1;
            let pointwise = pointwise && (padding.top, padding.left) == (0, 0);
            let step = pixel_bytes(&net.ops[op.inputs[0]]) * stride[1];
            if pointwise && pixel_bytes(op) <= step {
                InPlace::Behind
            } else {
                InPlace::Never
            }
        }
        _ => InPlace::Never,
    }
}

/// Bytes of a pixel of an operator's tensor.
fn pixel_bytes(op: &IntOp) -> usize {
    op.shape.channels * op.scale.element.bytes()
}

/// Whether an operator is a pool whose window is as high as its input.
pub fn can_accumulate(net: &IntNet, op: &IntOp) -> bool {
    let Params::Pool(pool) = &op.params else {
        return false;
    };
    let input = net.ops[op.inputs[0]].shape;
    op.shape.height == 1 && pool.window.kernel[0] == input.height && pool.window.padding.top == 0
}

/// Bytes of weights, biases, multipliers and tables of an operator.
fn weights(op: &IntOp) -> usize {
    match &op.params {
        Params::Conv(conv) => conv.weights.len() + 8 * conv.bias.len(),
        Params::Pool(pool) => 4 * pool.multipliers.len(),
        Params::Table(_) => 256,
        Params::Points(_) => 514,
        Params::Softmax(_) => 512,
        Params::Input | Params::Add(_) | Params::Pad(..) => 0,
    }
}

/// Rows of the input under a window, its stride, and the rows of padding above.
fn window_rows(op: &IntOp) -> (u16, u16, u16) {
    let of_window = |window: &Window| {
        (
            ((window.kernel[0] - 1) * window.dilation[0] + 1) as u16,
            window.stride[0] as u16,
            window.padding.top as u16,
        )
    };
    match &op.params {
        Params::Conv(conv) => of_window(&conv.window),
        Params::Pool(pool) => of_window(&pool.window),
        Params::Pad(top, _) => (1, 1, *top as u16),
        Params::Input
        | Params::Add(_)
        | Params::Table(_)
        | Params::Points(_)
        | Params::Softmax(_) => (1, 1, 0),
    }
}

fn tensor_record(op: &IntOp, ring: &Ring) -> TensorRecord {
    TensorRecord {
        height: op.shape.height as u16,
        width: op.shape.width as u16,
        channels: op.shape.channels as u16,
        ring_rows: ring.rows as u16,
        ring_offset: ring.offset as u32,
        landing_offset: ring.landing_offset as u32,
        landing_rows: ring.landing_rows as u16,
        first_reader: ring.readers.0 as u16,
        last_reader: ring.readers.1.map_or(NONE, |reader| reader as u16),
        scale: op.scale.scale.to_bits(),
        zero_point: op.scale.zero_point,
        layout: 0,
        element_bytes: op.scale.element.bytes() as u8,
        reserved: 0,
        equalization: 0,
    }
}

fn op_record(op: &IntOp, ring: &Ring) -> OpRecord {
    let (window_rows, stride_rows, pad_top) = if ring.accumulates {
        (1, 1, 0)
    } else {
        window_rows(op)
    };
    let input = |at: usize| op.inputs.get(at).map_or(NONE, |&input| input as u16);
    OpRecord {
        kind: op.kind.byte(),
        accumulates: u8::from(ring.accumulates),
        input_a: input(0),
        input_b: input(1),
        window_rows,
        stride_rows,
        divide_rows: 1,
        pad_top,
        step_rows: ring.step_rows as u16,
        name_bytes: 0,
        params: 0,
        name: 0,
    }
}
