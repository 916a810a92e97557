//! What the validation pass asks of one operator, and what the operator costs.

use super::check_inputs::{add, gather, mul};
use super::check_rows::{arg_max, depth_to_space, resize};
use super::header::NONE;
use super::{
    ConvParams, Data, OpKind, OpRecord, PadParams, PoolParams, Record, TableParams, TensorRecord,
};
use crate::error::Error;
use crate::kernels::{MAX_TAP_ROWS, Packing, scratch};
use crate::schedule::{Flow, Schedule};

/// What an operator costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Multiply-accumulates of a convolution.
    pub macs: u64,
    /// Elements looked at: bounds the time, for operators without multiplications too.
    pub work: u64,
    /// Bytes of scratch.
    pub scratch: usize,
    /// Bytes of weights, biases, multipliers and tables.
    pub weights: usize,
    /// Learnt numbers: weights and biases.
    pub parameters: u64,
}

/// What the validation pass asks of one operator.
pub(super) struct Asked<'c> {
    pub(super) data: &'c Data<'c>,
    pub(super) kind: OpKind,
    pub(super) op: &'c OpRecord,
    /// The first input.
    pub(super) a: &'c TensorRecord,
    /// The second input.
    pub(super) b: Option<&'c TensorRecord>,
    pub(super) out: &'c TensorRecord,
    /// Whether the output may lie on the first input.
    pub(super) shares: bool,
}

impl Asked<'_> {
    /// The operator's own parameters.
    #[inline(always)]
    pub(super) fn params<R: Record>(&self) -> Option<R> {
        self.data.params(self.op)
    }

    /// Whether the operator's window is one row that moves row by row.
    pub(super) fn row_by_row(&self) -> bool {
        (self.op.window_rows, self.op.stride_rows, self.op.pad_top) == (1, 1, 0)
    }

    /// Whether input and output have the same shape and the operator's window is one row.
    pub(super) fn same_shape(&self) -> bool {
        self.a.is_shaped_like(self.out) && self.row_by_row()
    }

    /// Whether the last window along both axes still starts on the input.
    fn reaches(&self, stride_w: u16, pad_left: u16) -> bool {
        let (a, out, op) = (self.a, self.out, self.op);
        let on = |output: u16, stride: u16, pad: u16, input: u16| {
            let last = u32::from(output.saturating_sub(1)).saturating_mul(stride.into());
            stride > 0 && last < u32::from(input).saturating_add(pad.into())
        };
        on(out.height, op.stride_rows, op.pad_top, a.height)
            && on(out.width, stride_w, pad_left, a.width)
    }

    /// Whether `lo` and `hi` are bounds of the output's elements.
    #[inline(never)]
    pub(super) fn bounds(&self, lo: i16, hi: i16) -> bool {
        let elements = match self.out.element_bytes {
            1 => i16::from(i8::MIN)..=i16::from(i8::MAX),
            _ => i16::MIN..=i16::MAX,
        };
        lo <= hi && elements.contains(&lo) && elements.contains(&hi)
    }
}

/// What validation finds that an operator needs.
#[derive(Default)]
pub(super) struct Need {
    /// As in [`Cost`].
    pub(super) work: u64,
    /// As in [`Cost`].
    pub(super) scratch: usize,
    /// Bytes of tables.
    pub(super) tables: usize,
    /// Products for each output of a convolution.
    products: usize,
}

impl Need {
    /// So many times the work.
    #[inline(never)]
    pub(super) fn times(&mut self, factor: usize) -> Option<()> {
        self.work = self.work.checked_mul(u64::try_from(factor).ok()?)?;
        Some(())
    }
}

/// Proves that an operator fits its tensors and the blob, and says what it costs.
///
/// # Errors
/// [`Error::Operand`] or [`Error::Parameters`].
pub fn op_cost(
    flow: &Flow<'_>,
    data: &Data<'_>,
    index: u16,
    op: &OpRecord,
    kind: OpKind,
) -> Result<Cost, Error> {
    let need = check_op(flow, data, index, op, kind)?;
    let cost = Cost {
        work: need.work,
        scratch: need.scratch,
        weights: need.tables,
        ..Cost::default()
    };
    let channels = flow.tensors.get(index).map_or(0, |out| out.channels);
    let with = |own: usize| usize::from(channels).saturating_mul(need.products.saturating_add(own));
    Ok(match need.products {
        0 => cost,
        _ => Cost {
            macs: need.work,
            // A bias and a multiplier for each channel.
            weights: with(8),
            parameters: u64::try_from(with(1)).unwrap_or(u64::MAX),
            ..cost
        },
    })
}

/// Proves that an operator fits its tensors and the blob.
pub(super) fn check_op(
    flow: &Flow<'_>,
    data: &Data<'_>,
    index: u16,
    op: &OpRecord,
    kind: OpKind,
) -> Result<Need, Error> {
    let wrong = Error::Parameters { op: index };
    let Some(out) = &flow.tensors.whole(index) else {
        return Err(wrong);
    };
    let pools = matches!(
        kind,
        OpKind::AveragePool | OpKind::MaxPool | OpKind::MinPool
    );
    let rows = op.step_rows > 0 && op.divide_rows > 0;
    if (kind == OpKind::Input) != (index == 0) || !rows || (op.accumulates != 0 && !pools) {
        return Err(wrong);
    }
    let more_rows = matches!(kind, OpKind::Resize | OpKind::DepthToSpace);
    if op.divide_rows != 1 && !more_rows {
        return Err(wrong);
    }
    let mut need = Need {
        work: out.elements(),
        ..Need::default()
    };
    if kind == OpKind::Input {
        let alone = op.input_a == NONE && op.input_b == NONE;
        return (alone && op.step_rows == 1).then_some(need).ok_or(wrong);
    }
    let a = &operand(flow, index, op.input_a)?;
    let two = match (kind, op.input_b) {
        (OpKind::Add | OpKind::Mul, _) => true,
        (_, NONE) => false,
        (OpKind::Gather, _) => true,
        _ => return Err(wrong),
    };
    // Of an operator with one input, the same again.
    let b = operand(flow, index, if two { op.input_b } else { op.input_a })?;
    let asked = Asked {
        data,
        kind,
        op,
        a,
        b: if two { Some(&b) } else { None },
        out,
        shares: flow.shares_memory(index, op.input_a),
    };
    let fits = match kind {
        _ if !elements_fit(&asked) => None,
        OpKind::Input => None,
        OpKind::Conv => conv(&asked, &mut need),
        OpKind::Depthwise => depthwise(&asked, &mut need),
        OpKind::AveragePool | OpKind::MaxPool | OpKind::MinPool => pool(&asked, &mut need),
        OpKind::Add => add(&asked),
        OpKind::Mul => mul(&asked),
        OpKind::Gather => gather(&asked, &mut need),
        OpKind::Table | OpKind::Softmax => table(&asked, &mut need),
        OpKind::Pad => pad(&asked),
        OpKind::Resize => resize(&asked, &mut need),
        OpKind::DepthToSpace => depth_to_space(&asked),
        OpKind::ArgMax => arg_max(&asked, &mut need),
    };
    fits.map(|()| need).ok_or(wrong)
}

/// Proves that the first and the last reader that a tensor states do read it, or that it states none
/// (the first behind the last). Keeps a hostile blob from having all operators looked at for nothing.
///
/// # Errors
/// [`Error::Operand`] with the reader that is none.
pub(super) fn check_readers(
    flow: &Flow<'_>,
    tensor: u16,
    record: &TensorRecord,
) -> Result<(), Error> {
    let (first, last) = (record.first_reader, record.last_reader);
    if first > last {
        return Ok(());
    }
    for reader in [first, last] {
        let by_caller = reader == NONE || (last == NONE && flow.ops.get(reader).is_none());
        let op = flow.ops.get(reader);
        let reads = op.is_some_and(|op| op.input_a == tensor || op.input_b == tensor);
        if !by_caller && !reads {
            let op = reader;
            return Err(Error::Operand { op, tensor });
        }
    }
    Ok(())
}

/// Whether an operator takes and makes elements of these sizes: int16 is for those whose
/// precision it serves.
fn elements_fit(asked: &Asked<'_>) -> bool {
    let (a, out) = (asked.a.element_bytes, asked.out.element_bytes);
    match asked.kind {
        OpKind::Conv | OpKind::Depthwise | OpKind::AveragePool | OpKind::Add | OpKind::Mul => true,
        OpKind::Table => a >= out,
        _ => (a, out) == (1, 1) && asked.b.is_none_or(|b| b.element_bytes == 1),
    }
}

/// The tensor that an operator reads: made earlier, and aware of this reader.
#[inline(never)]
fn operand(flow: &Flow<'_>, op: u16, tensor: u16) -> Result<TensorRecord, Error> {
    let record = flow.tensors.get(tensor).filter(|_| tensor < op);
    record
        .filter(|record| record.first_reader <= op && op <= record.last_reader)
        .ok_or(Error::Operand { op, tensor })
}

/// Rows under a window of `kernel` taps.
fn extent(kernel: u16, dilation: u16) -> Option<u16> {
    kernel
        .checked_sub(1)?
        .checked_mul(dilation.max(1))?
        .checked_add(1)
}

/// Number of taps of a kernel.
fn taps(kernel_h: u16, kernel_w: u16) -> Option<usize> {
    usize::from(kernel_h)
        .checked_mul(usize::from(kernel_w))
        .filter(|taps| *taps > 0)
}

/// What both convolutions share: a window, and `k` products for each of the outputs.
fn convolves(asked: &Asked<'_>, params: &ConvParams, k: usize, need: &mut Need) -> Option<()> {
    let Asked { data, op, out, .. } = asked;
    let fits = params.dilation_h > 0
        && params.dilation_w > 0
        && extent(params.kernel_h, params.dilation_h)? == op.window_rows
        && extent(params.kernel_w, params.dilation_w).is_some()
        && asked.reaches(params.stride_w, params.pad_left)
        && params.order().is_some()
        && params.shift < 31
        && asked.bounds(params.lo, params.hi);
    fits.then_some(())?;
    let channels = usize::from(out.channels);
    // Kernels rely on sums of two products that stay within 16 bits.
    let values = data.bytes(params.weights, channels.checked_mul(k)?)?;
    (!values.contains(&0x80)).then_some(())?;
    for list in [params.bias, params.multipliers] {
        data.words(list, channels)?;
    }
    if params.pad_pixel != 0 {
        // A pixel of int8.
        (asked.a.element_bytes == 1).then_some(())?;
        data.i8s(params.pad_pixel, usize::from(asked.a.channels))?;
    }
    need.products = k;
    need.times(k)
}

fn conv(asked: &Asked<'_>, need: &mut Need) -> Option<()> {
    let Asked { op, a, out, .. } = asked;
    let params: ConvParams = asked.params()?;
    let inputs = a.channels.checked_div(params.groups)?;
    let whole = a.channels.checked_rem(params.groups)? == 0
        && out.channels.checked_rem(params.groups)? == 0;
    whole.then_some(())?;
    let k = taps(params.kernel_h, params.kernel_w)?.checked_mul(usize::from(inputs))?;
    let in_ring = params.is_pointwise(op) || params.takes_whole(op, a, out);
    need.scratch = match usize::from(out.width) {
        1 if in_ring => 0,
        width => scratch::of_patches(k, width),
    };
    if asked.shares {
        // A pointwise convolution that works in place keeps a pixel aside.
        let pixel = scratch::of_patches(usize::from(a.channels), 1);
        need.scratch = need.scratch.max(pixel);
    }
    convolves(asked, &params, k, need)
}

fn depthwise(asked: &Asked<'_>, need: &mut Need) -> Option<()> {
    let Asked { a, out, .. } = asked;
    let params: ConvParams = asked.params()?;
    let rows = usize::from(params.kernel_h);
    let fits = params.groups == a.channels
        && out.channels.checked_rem(a.channels)? == 0
        && rows <= MAX_TAP_ROWS;
    fits.then_some(())?;
    need.scratch = scratch::of_depthwise(rows, a.pixel_bytes());
    let taps = taps(params.kernel_h, params.kernel_w)?;
    convolves(asked, &params, taps, need)
}

impl ConvParams {
    /// The order of the weights; `None` if there is none of this number.
    pub fn order(&self) -> Option<Packing> {
        Packing::from_byte(self.packing)
    }

    /// Whether each output pixel reads just the pixel under it, with all of its channels.
    pub fn is_pointwise(&self, op: &OpRecord) -> bool {
        (self.kernel_h, self.kernel_w, self.groups) == (1, 1, 1)
            && (op.pad_top, self.pad_left) == (0, 0)
    }

    /// Whether the one output pixel reads the whole input, all of whose rows lie one behind another
    /// in its ring: then they are the patch already. So large dense layers take no scratch.
    #[inline(never)]
    pub fn takes_whole(&self, op: &OpRecord, input: &TensorRecord, output: &TensorRecord) -> bool {
        output.is_pixel()
            && self.groups == 1
            && (self.kernel_h, self.kernel_w) == (input.height, input.width)
            && (self.dilation_h, self.dilation_w) == (1, 1)
            && (op.pad_top, self.pad_left) == (0, 0)
            && (input.ring_rows, input.landing_rows) == (input.height, 0)
    }
}

fn pool(asked: &Asked<'_>, need: &mut Need) -> Option<()> {
    let Asked { op, a, out, .. } = asked;
    let params: PoolParams = asked.params()?;
    let taps = taps(params.kernel_h, params.kernel_w)?;
    let rows = if op.accumulates == 0 {
        params.kernel_h == op.window_rows
    } else {
        asked.row_by_row() && (params.kernel_h, out.height, out.ring_rows) == (a.height, 1, 1)
    };
    let fits = a.channels == out.channels
        && rows
        && asked.bounds(params.lo, params.hi)
        && params.shift < 31
        && asked.reaches(params.stride_w, params.pad_left);
    fits.then_some(())?;
    if asked.kind == OpKind::AveragePool {
        let multipliers = if params.by_count == 1 { taps } else { 1 };
        asked.data.words(params.multipliers, multipliers)?;
        need.tables = multipliers.checked_mul(4)?;
        if op.accumulates == 0 {
            need.scratch = usize::from(out.channels).checked_mul(4)?;
        }
    }
    need.times(taps)
}

fn table(asked: &Asked<'_>, need: &mut Need) -> Option<()> {
    let params: TableParams = asked.params()?;
    need.tables = match asked.kind {
        OpKind::Table if asked.a.element_bytes == 1 => 256,
        OpKind::Table => 514,
        _ => 512,
    };
    asked.data.bytes(params.table, need.tables)?;
    asked.same_shape().then_some(())
}

fn pad(asked: &Asked<'_>) -> Option<()> {
    let Asked { op, a, out, .. } = asked;
    let params: PadParams = asked.params()?;
    let fits = a.channels == out.channels
        && (op.window_rows, op.stride_rows) == (1, 1)
        && a.height.checked_add(op.pad_top)? <= out.height
        && a.width.checked_add(params.pad_left)? <= out.width;
    fits.then_some(())
}
