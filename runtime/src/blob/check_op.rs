//! What the validation pass asks of one operator, and what the operator costs.

use super::check_inputs::{add, gather, mul};
use super::check_rows::{arg_max, depth_to_space, resize};
use super::header::NONE;
use super::{ConvParams, Data, OpKind, OpRecord, PadParams, PoolParams, TableParams, TensorRecord};
use crate::error::Error;
use crate::kernels::{MAX_TAP_ROWS, Packing, scratch};
use crate::schedule::{Flow, Records, Schedule};

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

/// Proves that an operator fits its tensors and the blob.
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
    let wrong = Error::Parameters { op: index };
    let output = flow.tensors.get(index).ok_or(wrong)?;
    let pools = matches!(
        kind,
        OpKind::AveragePool | OpKind::MaxPool | OpKind::MinPool
    );
    let accumulates = op.accumulates != 0;
    let rows = op.step_rows > 0 && op.divide_rows > 0;
    if (kind == OpKind::Input) != (index == 0) || !rows || (accumulates && !pools) {
        return Err(wrong);
    }
    let more_rows = matches!(kind, OpKind::Resize | OpKind::DepthToSpace);
    if op.divide_rows != 1 && !more_rows {
        return Err(wrong);
    }
    if kind == OpKind::Input {
        let alone = op.input_a == NONE && op.input_b == NONE;
        return (alone && op.step_rows == 1)
            .then(|| elementwise(&output))
            .ok_or(wrong);
    }
    let a = operand(flow, index, op.input_a)?;
    let b = match kind {
        OpKind::Add | OpKind::Mul => Some(operand(flow, index, op.input_b)?),
        _ if op.input_b == NONE => None,
        OpKind::Gather => Some(operand(flow, index, op.input_b)?),
        _ => return Err(wrong),
    };
    if !elements_fit(kind, &a, b.as_ref(), &output) {
        return Err(wrong);
    }
    let cost = match kind {
        OpKind::Input => None,
        OpKind::Conv => {
            conv(data, op, &a, &output).map(|cost| in_place_cost(flow, index, op, cost))
        }
        OpKind::Depthwise => depthwise(data, op, &a, &output),
        OpKind::AveragePool | OpKind::MaxPool | OpKind::MinPool => {
            pool(data, op, &a, &output, kind)
        }
        OpKind::Add => add(data, op, (&a, b), &output),
        OpKind::Mul => mul(data, op, (&a, b), &output),
        OpKind::Gather => gather(data, op, (&a, b), &output),
        OpKind::Table | OpKind::Softmax => table(data, op, &a, &output, kind),
        OpKind::Pad => pad(data, op, &a, &output),
        OpKind::Resize => resize(data, op, &a, &output),
        OpKind::DepthToSpace => depth_to_space(data, op, &a, &output),
        OpKind::ArgMax => arg_max(op, &a, &output),
    };
    cost.ok_or(wrong)
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
fn elements_fit(
    kind: OpKind,
    a: &TensorRecord,
    b: Option<&TensorRecord>,
    out: &TensorRecord,
) -> bool {
    match kind {
        OpKind::Conv | OpKind::Depthwise | OpKind::AveragePool | OpKind::Add | OpKind::Mul => true,
        OpKind::Table => a.element_bytes >= out.element_bytes,
        _ => {
            let narrow = |tensor: &TensorRecord| tensor.element_bytes == 1;
            narrow(a) && narrow(out) && b.is_none_or(narrow)
        }
    }
}

/// The tensor that an operator reads: made earlier, and aware of this reader.
fn operand(flow: &Flow<'_>, op: u16, tensor: u16) -> Result<TensorRecord, Error> {
    let record = flow.tensors.get(tensor).filter(|_| tensor < op);
    record
        .filter(|record| record.first_reader <= op && op <= record.last_reader)
        .ok_or(Error::Operand { op, tensor })
}

/// Cost of looking at each element once.
pub(super) fn elementwise(output: &TensorRecord) -> Cost {
    Cost {
        work: output.elements(),
        ..Cost::default()
    }
}

/// Adds the pixel that a pointwise convolution keeps aside where it may work in place.
fn in_place_cost(flow: &Flow<'_>, index: u16, op: &OpRecord, cost: Cost) -> Cost {
    let a = flow.tensor(op.input_a);
    match a.map(|a| scratch::of_patches(usize::from(a.channels), 1)) {
        Some(pixel) if flow.shares_memory(index, op.input_a) => Cost {
            scratch: cost.scratch.max(pixel),
            ..cost
        },
        _ => cost,
    }
}

/// Whether two tensors have the same shape and the operator's window is one row.
pub(super) fn same_shape(op: &OpRecord, a: &TensorRecord, b: &TensorRecord) -> bool {
    a.is_shaped_like(b) && (op.window_rows, op.stride_rows, op.pad_top) == (1, 1, 0)
}

/// Whether the last window along one axis still starts on the input.
fn reaches(output: u16, stride: u16, pad: u16, input: u16) -> Option<bool> {
    let last = u32::from(output.checked_sub(1)?).checked_mul(u32::from(stride))?;
    Some(stride > 0 && last < u32::from(input).checked_add(u32::from(pad))?)
}

/// Rows under a window of `kernel` taps.
fn extent(kernel: u16, dilation: u16) -> Option<u16> {
    kernel
        .checked_sub(1)?
        .checked_mul(dilation.max(1))?
        .checked_add(1)
}

fn window_fits(
    op: &OpRecord,
    params: &ConvParams,
    a: &TensorRecord,
    out: &TensorRecord,
) -> Option<bool> {
    Some(
        params.dilation_h > 0
            && params.dilation_w > 0
            && extent(params.kernel_h, params.dilation_h)? == op.window_rows
            && extent(params.kernel_w, params.dilation_w).is_some()
            && reaches(out.height, op.stride_rows, op.pad_top, a.height)?
            && reaches(out.width, params.stride_w, params.pad_left, a.width)?
            && params.order().is_some()
            && params.shift < 31
            && bounds(params.lo, params.hi, out),
    )
}

/// Whether `lo` and `hi` are bounds of a tensor's elements.
pub(super) fn bounds(lo: i16, hi: i16, out: &TensorRecord) -> bool {
    let elements = match out.element_bytes {
        1 => i16::from(i8::MIN)..=i16::from(i8::MAX),
        _ => i16::MIN..=i16::MAX,
    };
    lo <= hi && elements.contains(&lo) && elements.contains(&hi)
}

/// Number of taps of a kernel.
fn taps(kernel_h: u16, kernel_w: u16) -> Option<usize> {
    usize::from(kernel_h)
        .checked_mul(usize::from(kernel_w))
        .filter(|taps| *taps > 0)
}

/// What both convolutions share: `k` products for each of the outputs, scratch for a patch.
fn conv_cost(
    data: &Data<'_>,
    params: &ConvParams,
    (a, out): (&TensorRecord, &TensorRecord),
    k: usize,
    scratch: usize,
) -> Option<Cost> {
    let channels = usize::from(out.channels);
    let weights = channels.checked_mul(k)?;
    // Kernels rely on sums of two products that stay within 16 bits.
    let values = data.bytes(params.weights, weights)?;
    (!values.contains(&0x80)).then_some(())?;
    data.words(params.bias, channels)?;
    data.words(params.multipliers, channels)?;
    if params.pad_pixel != 0 {
        // A pixel of int8.
        (a.element_bytes == 1).then_some(())?;
        data.i8s(params.pad_pixel, usize::from(a.channels))?;
    }
    let macs = out.elements().checked_mul(u64::try_from(k).ok()?)?;
    Some(Cost {
        macs,
        work: macs,
        scratch,
        weights: weights.checked_add(channels.checked_mul(8)?)?,
        parameters: u64::try_from(weights.checked_add(channels)?).ok()?,
    })
}

fn conv(data: &Data<'_>, op: &OpRecord, a: &TensorRecord, out: &TensorRecord) -> Option<Cost> {
    let params: ConvParams = data.params(op)?;
    let inputs = a.channels.checked_div(params.groups)?;
    let whole = a.channels.checked_rem(params.groups)? == 0
        && out.channels.checked_rem(params.groups)? == 0;
    if !whole || !window_fits(op, &params, a, out)? {
        return None;
    }
    let k = taps(params.kernel_h, params.kernel_w)?.checked_mul(usize::from(inputs))?;
    let in_ring = params.is_pointwise(op) || params.takes_whole(op, a, out);
    let scratch = match usize::from(out.width) {
        1 if in_ring => 0,
        width => scratch::of_patches(k, width),
    };
    conv_cost(data, &params, (a, out), k, scratch)
}

fn depthwise(data: &Data<'_>, op: &OpRecord, a: &TensorRecord, out: &TensorRecord) -> Option<Cost> {
    let params: ConvParams = data.params(op)?;
    let whole = params.groups == a.channels && out.channels.checked_rem(a.channels)? == 0;
    if !whole || !window_fits(op, &params, a, out)? {
        return None;
    }
    let taps = taps(params.kernel_h, params.kernel_w)?;
    let rows = usize::from(params.kernel_h);
    let scratch = scratch::of_depthwise(rows, a.pixel_bytes());
    (rows <= MAX_TAP_ROWS).then_some(())?;
    conv_cost(data, &params, (a, out), taps, scratch)
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
    pub fn takes_whole(&self, op: &OpRecord, input: &TensorRecord, output: &TensorRecord) -> bool {
        output.is_pixel()
            && self.groups == 1
            && (self.kernel_h, self.kernel_w) == (input.height, input.width)
            && (self.dilation_h, self.dilation_w) == (1, 1)
            && (op.pad_top, self.pad_left) == (0, 0)
            && (input.ring_rows, input.landing_rows) == (input.height, 0)
    }
}

fn pool(
    data: &Data<'_>,
    op: &OpRecord,
    a: &TensorRecord,
    out: &TensorRecord,
    kind: OpKind,
) -> Option<Cost> {
    let params: PoolParams = data.params(op)?;
    let taps = taps(params.kernel_h, params.kernel_w)?;
    let accumulates = op.accumulates != 0
        && (op.window_rows, op.stride_rows, op.pad_top, out.height) == (1, 1, 0, 1)
        && (params.kernel_h, out.ring_rows) == (a.height, 1);
    let fits = a.channels == out.channels
        && (accumulates || (op.accumulates == 0 && params.kernel_h == op.window_rows))
        && bounds(params.lo, params.hi, out)
        && params.shift < 31
        && reaches(out.height, op.stride_rows, op.pad_top, a.height)?
        && reaches(out.width, params.stride_w, params.pad_left, a.width)?;
    if !fits {
        return None;
    }
    let work = out.elements().checked_mul(u64::try_from(taps).ok()?)?;
    if kind != OpKind::AveragePool {
        return Some(Cost {
            work,
            ..Cost::default()
        });
    }
    let multipliers = if params.by_count == 1 { taps } else { 1 };
    data.words(params.multipliers, multipliers)?;
    Some(Cost {
        work,
        scratch: if accumulates {
            0
        } else {
            usize::from(out.channels).checked_mul(4)?
        },
        weights: multipliers.checked_mul(4)?,
        ..Cost::default()
    })
}

fn table(
    data: &Data<'_>,
    op: &OpRecord,
    a: &TensorRecord,
    out: &TensorRecord,
    kind: OpKind,
) -> Option<Cost> {
    let params: TableParams = data.params(op)?;
    let weights = if kind == OpKind::Table && a.element_bytes == 1 {
        data.i8_table(params.table)?.len()
    } else if kind == OpKind::Table {
        data.i16_points(params.table)?.len().checked_mul(2)?
    } else {
        data.u16_table(params.table)?.len().checked_mul(2)?
    };
    same_shape(op, a, out).then(|| Cost {
        weights,
        ..elementwise(out)
    })
}

fn pad(data: &Data<'_>, op: &OpRecord, a: &TensorRecord, out: &TensorRecord) -> Option<Cost> {
    let params: PadParams = data.params(op)?;
    let fits = a.channels == out.channels
        && (op.window_rows, op.stride_rows) == (1, 1)
        && a.height.checked_add(op.pad_top)? <= out.height
        && a.width.checked_add(params.pad_left)? <= out.width;
    fits.then(|| elementwise(out))
}
